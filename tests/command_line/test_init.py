"""qixian init: questions, answers that are checked at once, and a configuration that works."""

import io
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from qixian_command import Ran, Run

from api.configuration import load_configuration
from api.settings_file import read_settings

KEY = "2d71f6a3-09be-4c58-8f60-7b1ea4d9c352"
Answer = Callable[..., Ran]


@pytest.fixture
def port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


@pytest.fixture
def answer(qixian: Run, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Runs `qixian init` and types these lines."""

    def run(*lines: str, options: Iterator[str] | tuple[str, ...] = ()) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return qixian("init", *options)

    return run


def is_sound(qixian: Run) -> bool:
    """Does what the command says next work?"""
    return qixian("migrate").status == 0 and qixian("doctor").status == 0


def test_the_usual_answers_make_a_sound_configuration(
    qixian: Run, folder: Path, port: str, answer: Answer
) -> None:
    ran = answer("", "", "", "", "", port)
    assert ran.status == 0, ran
    assert "qixian migrate" in ran.out
    assert f"http://127.0.0.1:{port}/" in ran.out
    assert [path.name for path in folder.iterdir()] == ["config.toml"]
    assert is_sound(qixian)


def test_units_and_a_robot_whose_key_only_its_owner_reads(
    qixian: Run, folder: Path, port: str, answer: Answer
) -> None:
    lines = ("某市政府办", "市财政局、市统计局，市教育局", "admin@example.gov.cn", "2", KEY)
    ran = answer(*lines, "office.db", port)
    assert ran.status == 0, ran
    assert KEY not in ran.out
    text = (folder / "config.toml").read_text(encoding="utf-8")
    assert KEY not in text
    kept = folder / "secrets" / "wecom-robot-key"
    assert kept.read_text(encoding="utf-8") == f"{KEY}\n"
    assert [stat.S_IMODE(p.stat().st_mode) for p in (kept, kept.parent)] == [0o600, 0o700]
    settings = read_settings(folder / "config.toml")
    assert [unit.name for unit in settings.unit] == ["某市政府办", "市财政局", "市统计局", "市教育局"]  # fmt: skip
    assert [unit.parent for unit in settings.unit] == ["", "office", "office", "office"]
    assert load_configuration(folder / "config.toml").agency.channels["wecom-robot"].kind == "wecom_robot"  # fmt: skip
    assert is_sound(qixian)


def test_by_mail_every_unit_has_an_address(qixian: Run, port: str, answer: Answer) -> None:
    server = (
        "smtp.example.gov.cn",
        "",
        "qixian@example.gov.cn",
        "口令-2026",
        "qixian@example.gov.cn",
    )
    people = ("", "finance@example.gov.cn")
    ran = answer("某市政府办", "市财政局", "admin@example.gov.cn", "5", *people, *server, "", port)
    assert ran.status == 0, ran
    assert is_sound(qixian)


def test_a_wrong_answer_is_refused_at_once_and_asked_again(
    folder: Path, port: str, answer: Answer
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = str(taken.getsockname()[1])
        ran = answer(
            *("名" * 61, "某市政府办", "市财政局、市财政局", "某市政府办", "市财政局"),
            *("nobody", "", "9", "2", "short", KEY, "nowhere/x.db", "mysql://x", ""),
            *("99999", "八千", busy, port),
        )
    assert ran.status == 0, ran
    for words in (
        *("太长", "“市财政局”写了两次", "“某市政府办”写了两次", "“nobody”写法不对"),
        *("“9”不是 1 到 5 的数字", "不是有效的密钥", "没有文件夹", "数据库地址“mysql:…”不能用"),
        *("“99999”不是 1 到 65535", "“八千”不是", f"端口 {busy} 不能用"),
    ):
        assert ran.out.count(words) == 1, (words, ran.out)
    assert (folder / "config.toml").exists()


def test_an_unfinished_answer_writes_nothing(folder: Path, answer: Answer) -> None:
    ran = answer("某市政府办", "", "", "2", KEY)
    assert (ran.status, ran.err) == (2, "qixian: 没有答完，没有写入任何文件，请重新运行 qixian init\n")  # fmt: skip
    assert list(folder.iterdir()) == []


def test_a_file_that_is_there_is_replaced_only_when_somebody_says_so(
    example: Path, port: str, answer: Answer
) -> None:
    before = example.read_bytes()
    ran = answer("")
    assert (ran.status, "没有改动" in ran.out) == (0, True)
    ran = answer(options=("--yes",))
    assert (ran.status, "没有改动" in ran.err) == (2, True)
    assert example.read_bytes() == before
    assert answer("y", "", "", "", "", "", port).status == 0
    assert example.read_bytes() != before


def test_all_by_default(qixian: Run, folder: Path) -> None:
    assert qixian("--json", "init", "--yes").row == {"config": "config.toml", "secrets": []}
    assert read_settings(folder / "config.toml").server.port == 8000
    assert is_sound(qixian)


def test_a_secret_that_others_could_read_is_refused(
    folder: Path, port: str, answer: Answer, refused: Callable[..., str]
) -> None:
    assert answer("", "", "", "2", KEY, "", port).status == 0
    kept = folder / "secrets" / "wecom-robot-key"
    place = "渠道 wecom-robot 的 key 取自文件"
    kept.chmod(0o640)
    told = refused("doctor")
    assert place in told
    assert "chmod 600" in told
    kept.chmod(0o600)
    kept.write_text("\n", encoding="utf-8")
    assert "但它是空的" in refused("doctor")
    kept.unlink()
    assert "没有这个文件" in refused("doctor")


@pytest.mark.parametrize("name", ['引号"反斜\\杠', "<script>", "a'b # c = [d]"])
def test_whatever_a_unit_is_called_the_file_can_be_read(
    folder: Path, port: str, answer: Answer, name: str
) -> None:
    assert answer(name, "", "", "", "", port).status == 0
    (unit,) = read_settings(folder / "config.toml").unit
    assert unit.name == name
