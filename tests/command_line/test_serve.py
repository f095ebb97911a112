"""qixian serve: what it refuses, and the daemon as a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from qixian_command import Run

Refused = Callable[..., str]


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "office.example"])
def test_without_a_token_only_this_machine_is_served(refused: Refused, host: str) -> None:
    assert "须先设置令牌" in refused("serve", "--host", host)


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
        assert "最近到期" in daemon.stdout.readline()
        url = greeting.split("：", 1)[1].strip()
        assert json.load(urlopen(f"{url}healthz")) == {"status": "ok"}
        assert "总览" in urlopen(url).read().decode()
        assert json.load(urlopen(f"{url}api/v1/obligations?limit=1"))["items"]
        daemon.send_signal(signal.SIGTERM)
        _, err = daemon.communicate(timeout=20)
    assert "Traceback" not in err
    assert daemon.returncode in (0, -signal.SIGTERM)
