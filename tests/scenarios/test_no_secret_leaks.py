"""Every channel fails in every way, and no key, token or password is found anywhere afterwards."""

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from api.app import create_app
from api.configuration import load_configuration
from api.dependencies import Running
from engine.clock import Clock
from engine.current_agency import CurrentAgency
from engine.deliveries import State
from notifiers.message import Message, Outcome
from tests.api.office import new_token
from tests.builders import Box
from tests.scenarios.playing import Office, duty
from tests.servers.loopback import LoopbackServer, Reply, Request
from tests.servers.smtp import MailServer

CANARY = "canary"
MORNING = "2026-09-22 09:00"
KINDS = ("robot", "app", "ding", "feishu", "zzd", "hook", "mail", "broken")
FAULTS = ("", "status:500", "reset_after_accept", "html", "status:403", "deny")


class Echo(LoopbackServer):
    """A gateway that quotes whatever it was asked, its address and its head included."""

    def answer(self, request: Request) -> Reply:
        if request.path.endswith("gettoken"):
            return Reply(200, b'{"errcode":0,"access_token":"canary-token","expires_in":7200}')
        asked = f"{request.path} {request.query} {dict(request.headers)} {request.body.decode()}"
        return Reply(200, asked.encode())


class Broken(Box):
    """A channel with a fault of its own, whose words quote the secret as httpx does."""

    async def send(self, message: Message, now: datetime) -> Outcome:
        raise RuntimeError(f"https://vendor.example/send?key=canary-broken {message.id} {now}")


def settings(server: Echo, letters: MailServer) -> str:
    tables = f"""
[[channel]]
id = "robot"
kind = "wecom_robot"
key = "canary-0000-1111-2222"
api_base = "{server.base}"

[[channel]]
id = "app"
kind = "wecom_application"
corp_id = "ww0123456789abcdef"
secret = "canary-secret-of-the-application"
agent_id = 7
api_base = "{server.base}"

[[channel]]
id = "ding"
kind = "dingtalk_robot"
token = "canary3f2c9d1e7b60"
secret = "SECcanary"
api_base = "{server.base}"

[[channel]]
id = "feishu"
kind = "feishu_robot"
token = "canary-feishu-0001"
secret = "canary-sign"
api_base = "{server.base}"

[[channel]]
id = "zzd"
kind = "zhezhengding"
app_key = "key"
app_secret = "canary-app-secret"
tenant_id = "1"
api_base = "{server.base}"

[[channel]]
id = "hook"
kind = "webhook"
url = "{server.base}/hooks/canary-path?token=canary-query"
secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
allow = ["127.0.0.0/8"]
allow_http = true

[[channel]]
id = "mail"
kind = "mail"
host = "127.0.0.1"
port = {letters.port}
ca_file = "{letters.ca_file}"
sender = "qixian@agency.gov.cn"
username = "qixian"
password = "canary-password"

[[channel]]
id = "broken"
kind = "console"

[administrator]
channels = ["broken"]
"""
    for kind in KINDS:
        tables += f"""
[[unit]]
id = "unit-{kind}"
name = "{kind}"
channels = ["{kind}"]
contacts = [{{ name = "张", account = "zhang", mail = "zhang@gov.cn" }}]
"""
    return tables + duty("02", *(f"unit-{kind}" for kind in KINDS))


def answers(folder: Path, office: Office) -> str:
    """Everything that the daemon says of deliveries, by the interface and on its page."""
    configuration = load_configuration(folder / "config.toml")
    current = CurrentAgency(office.db, office.agency, configuration.files)
    clock = Clock(office.db, current, office.calendar)
    app = create_app(Running(configuration, office.db, clock, current), lambda: office.now)

    headers = {"authorization": f"Bearer {new_token(office.db, office.agency, office.now)}"}

    async def ask() -> str:
        transport = ASGITransport(app, raise_app_exceptions=False)
        base = "http://127.0.0.1"
        async with AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            found = await client.get("/api/v1/deliveries", params={"limit": 200})
            ids = [item["id"] for item in found.json()["items"]]
            paths = ["/", "/api/v1/units", *(f"/api/v1/deliveries/{id_}" for id_ in ids)]
            pages = [await client.get(path) for path in paths]
            assert {page.status_code for page in pages} == {200}
            return found.text + "".join(page.text for page in pages)

    return asyncio.run(ask())


@pytest.mark.parametrize("fault", FAULTS)
def test_no_secret_is_in_the_database_the_log_or_an_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        Echo() as server,
        MailServer(login=("qixian", "another-password")) as letters,
        Office(tmp_path, settings(server, letters), MORNING) as office,
    ):
        office.replace_channel("broken", Broken(credential="broken"))
        server.fail_next(*[fault] * 100 if fault else ())
        office.tick()
        for _ in range(4):
            office.now += timedelta(minutes=20)
            office.wake()
        said = answers(tmp_path, office)
        tried = {row.recipient for row in office.deliveries() if row.attempts}
        assert State.ACCEPTED not in {
            row.state for row in office.deliveries() if row.channel != "hook"
        }
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("qixian.db*"))
    assert len(tried) >= len(KINDS) - 2  # mail and chat share people
    assert "RuntimeError" in caplog.text
    assert b"zhang@gov.cn" in kept
    out = capsys.readouterr()
    for place in (kept.decode("utf-8", "replace"), caplog.text, said, out.out, out.err):
        assert CANARY not in place
        assert "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" not in place
