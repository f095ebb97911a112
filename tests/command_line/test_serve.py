"""qixian serve: what it refuses, and the daemon as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from qixian_command import Run

Refused = Callable[..., str]


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "office.example"])
def test_without_an_account_only_this_machine_is_served(
    refused: Refused, qixian: Run, host: str
) -> None:
    qixian("migrate")
    assert "须先建立帐户（qixian account add" in refused("serve", "--host", host)


@pytest.mark.usefixtures("example")
def test_the_token_of_earlier_versions_is_not_taken_silently(
    refused: Refused, qixian: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    qixian("migrate")
    monkeypatch.setenv("QIXIAN_TOKEN", "s3cret")
    told = refused("serve", "--port", "0")
    assert told.startswith("环境变量 QIXIAN_TOKEN 已不再使用")
    assert "qixian token add" in told
    (found,) = [
        row
        for row in qixian("--json", "doctor").rows
        if row["name"] == "帐户" and row["level"] == "fault"
    ]
    assert found["detail"] == told


@pytest.mark.usefixtures("example")
def test_a_port_in_use_or_out_of_range_is_refused(refused: Refused, qixian: Run) -> None:
    qixian("migrate")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"不能监听 127.0.0.1:{port}" in refused("serve", "--port", str(port))
    for port in (-1, 99999):
        assert "--port 的值太大或太小" in refused("serve", "--port", str(port))


@pytest.mark.usefixtures("example")
def test_the_daemon_greets_answers_and_ends_at_a_signal(qixian: Run, folder: Path) -> None:
    qixian("migrate")
    token = qixian("--json", "token", "add", "OA", "--scope", "read").row["token"]
    command = [sys.executable, "-m", "api.command_line", "serve", "--port", "0"]
    path = str(Path(__file__).parents[2])
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as daemon:
        assert daemon.stdout
        greeting = daemon.stdout.readline()
        assert greeting.startswith("期限已启动：http://127.0.0.1:")
        assert "第一步：还没有帐户" in daemon.stdout.readline()
        assert daemon.stdout.readline().startswith("First step: open the address above")
        assert "最近到期" in daemon.stdout.readline()
        url = greeting.split("：", 1)[1].strip()
        assert json.load(urlopen(f"{url}healthz")) == {"status": "ok"}
        page = Request(url, headers={"accept": "text/html"})
        assert "建立第一个管理员" in urlopen(page).read().decode()
        bearer = {"authorization": f"Bearer {token}"}
        assert json.load(urlopen(Request(f"{url}api/v1/units", headers=bearer)))["items"]
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"{url}api/v1/units")
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=20)
    assert "Traceback" not in err
    assert daemon.returncode in (0, -signal.SIGTERM)
