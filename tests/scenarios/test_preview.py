"""What is previewed is what the channel receives, and the days on which it is too much."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.preview import Previewed, TooMany, preview, too_many
from notifiers.channel import Window
from tests.builders import Box
from tests.scenarios.playing import Office, duty, robot, shanghai, unit
from tests.servers.loopback import LoopbackServer, Reply, Request, as_json
from tests.servers.smtp import MailServer
from tests.servers.wecom import WecomServer
from tests.servers.zhezhengding import KEY, SECRET, TENANT, ZhezhengdingServer

ROBOT_KEY = "7b0a5b2e-1c3d-4e5f-8a9b-0c1d2e3f4a5b"


def test_the_preview_is_what_the_server_receives(tmp_path: Path) -> None:
    with WecomServer({ROBOT_KEY}) as server:
        settings = (
            robot("group", server.base, ROBOT_KEY)
            + unit("office", "市政府办公室", "group")
            + unit("finance", "市财政局", "group", parent="office")
            + duty("02", "finance", "office")
        )
        with Office(tmp_path, settings, "2026-10-08 09:00") as office:
            before = office.dump()
            seen = preview(office.db, office.agency, office.calendar, "finance", office.now)
            assert office.dump() == before
            assert server.received == []
            office.tick()
            assert [one.body for one in seen] == [one.content for one in server.received]
            assert [one.size <= one.limit for one in seen] == [True]
            assert requests_of(seen) == [one.body for one in server.arrived]
            # Told already: nothing more goes out now.
            assert preview(office.db, office.agency, office.calendar, "finance", office.now) == []


def requests_of(seen: list[Previewed]) -> list[bytes]:
    return [request for one in seen for request in one.requests]


def everywhere(server: LoopbackServer, letters: MailServer) -> str:
    """A unit with three kinds of channels, two people, and an address for answers."""
    return f"""
[[channel]]
id = "zzd"
kind = "zhezhengding"
app_key = "{KEY}"
app_secret = "{SECRET}"
tenant_id = "{TENANT}"
api_base = "{server.base}"

[[channel]]
id = "text"
kind = "wecom_robot"
key = "canary-key"
format = "text"
api_base = "{server.base}"

[[channel]]
id = "mail"
kind = "mail"
host = "127.0.0.1"
port = {letters.port}
ca_file = "{letters.ca_file}"
sender = "qixian@agency.gov.cn"
reply_to = "qixian+{{token}}@agency.gov.cn"
return_path_secret = "canary-0123456789"

[[unit]]
id = "finance"
name = "市财政局"
channels = ["zzd", "text", "mail"]
contacts = [
  {{ name = "李四", account = "li4", mobile = "13800000001", mail = "li@unit.gov.cn" }},
  {{ name = "王莉", account = "wang", mobile = "13800000002", mail = "wang@unit.gov.cn" }},
]
""" + duty("02", "finance")


class Takes(LoopbackServer):
    """Whatever it is sent."""

    def answer(self, _request: Request) -> Reply:
        return as_json({"errcode": 0, "success": True})


@pytest.mark.usefixtures("both_databases")
def test_each_request_leaves_as_it_was_previewed(tmp_path: Path) -> None:
    with Takes() as server, MailServer() as letters:
        with Office(tmp_path, everywhere(server, letters), "2026-09-02 09:00") as office:
            office.tick()  # the matters are there, with their numbers
            office.now = shanghai("2026-10-08 09:00")
            seen = preview(office.db, office.agency, office.calendar, "finance", office.now)
            office.tick()
        got = [one.body for one in server.arrived] + [one.raw for one in letters.letters]
    assert len(got) == 5
    hidden = [re.sub(rb"(?<=qixian\+)[0-9a-f]{48}", b"x" * 48, one) for one in got]
    assert sorted(hidden) == sorted(requests_of(seen))
    assert b"canary" not in b"".join(requests_of(seen))


@pytest.mark.usefixtures("both_databases")
def test_a_preview_holds_no_link_that_acknowledges(tmp_path: Path) -> None:
    with Takes() as server:
        settings = (
            '[server]\npublic_url = "https://qixian.agency.gov.cn/"\n'
            + robot("group", server.base, ROBOT_KEY)
            + unit("finance", "市财政局", "group")
            + duty("02", "finance")
        )
        with Office(tmp_path, settings, "2026-10-08 09:00") as office:
            seen = preview(office.db, office.agency, office.calendar, "finance", office.now)
            office.tick()
        (got,) = (one.body for one in server.arrived)
    (token,) = re.findall(rb"(?<=/m/)[\w-]{32}", got)
    assert requests_of(seen) == [got.replace(token, b"x" * 32)]
    assert token.decode() not in seen[0].body


def test_a_day_with_more_than_the_channel_takes_is_named(tmp_path: Path) -> None:
    names = [f"u{n}" for n in range(23)]
    settings = (
        '[[channel]]\nid = "box"\nkind = "console"\n'
        + "".join(unit(name, f"第{name}单位", "box") for name in names)
        + duty("02", *names)
    )
    with Office(tmp_path, settings, "2026-09-01 09:00") as office:
        office.replace_channel("box", Box(windows=(Window(20, timedelta(minutes=1)),)))
        found = too_many(office.agency, office.calendar, date(2026, 9, 28), date(2026, 9, 30))
        assert office.deliveries() == []
    assert found[-1] == TooMany(date(2026, 9, 30), ("box",), 23, 20, timedelta(minutes=1))
    assert found[-1].in_words == "9月30日 box 23 条，超过每分钟20条，将分批发送"


def test_five_daily_reminders_to_a_person_all_differ(tmp_path: Path) -> None:
    """浙政钉 refuses the same content to one user twice a day: so do these five."""
    office: Office | None = None
    with ZhezhengdingServer(
        lambda: office.now if office else shanghai("2026-10-08 09:00")
    ) as server:
        settings = f"""
[[channel]]
id = "zzd"
kind = "zhezhengding"
app_key = "{KEY}"
app_secret = "{SECRET}"
tenant_id = "{TENANT}"
api_base = "{server.base}"

[[unit]]
id = "finance"
name = "市财政局"
channels = ["zzd"]
contacts = [{{ name = "李四", account = "li4" }}]
""" + duty("02", "finance")
        with Office(tmp_path, settings, "2026-10-08 09:00") as office:
            for day in ("08", "09", "10", "12", "13"):
                office.tick(f"2026-10-{day} 09:00")
        assert len({one.content for one in server.shown}) == 5
        without_time = {one.content.rpartition("\n")[0] for one in server.shown}
        assert len(without_time) == 5  # the days that it is late, too
        assert server.refused == []
