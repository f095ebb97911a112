import asyncio
import io

import pytest

from notifiers.console import Console
from notifiers.message import OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import MESSAGE, NOW, deliver_for_real


def test_a_message_is_shown_whole() -> None:
    stream = io.StringIO()
    outcome = asyncio.run(Console(stream).send(MESSAGE, NOW))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert stream.getvalue().splitlines() == [
        "──── 2026-11-23 09:00 ────",
        MESSAGE.subject,
        "",
        MESSAGE.body,
        "─" * 24,
    ]


def test_the_console_needs_no_settings(capsys: pytest.CaptureFixture[str]) -> None:
    (outcome,) = deliver_for_real(lambda client: build("console", {}, client), MESSAGE)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert MESSAGE.body in capsys.readouterr().out


def test_a_terminal_without_chinese_still_shows_something() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as stream:
        outcome = asyncio.run(Console(stream).send(MESSAGE, NOW))
        assert rb"\u653f\u5e9c" in raw.getvalue()
    assert outcome.kind is OutcomeKind.ACCEPTED


def test_a_closed_terminal_is_unknown() -> None:
    stream = io.StringIO()
    stream.close()
    assert asyncio.run(Console(stream).send(MESSAGE, NOW)).kind is OutcomeKind.UNKNOWN
