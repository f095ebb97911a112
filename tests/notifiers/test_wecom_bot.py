"""What an intelligent robot's line makes of a message, and what comes of each answer."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread

import httpx
import pytest

import notifiers.wecom_bot_line
from notifiers.channel import Addressing
from notifiers.message import Fault, Matter, Outcome, OutcomeKind
from notifiers.registry import build, over
from notifiers.wecom_bot import WecomBot
from notifiers.wecom_bot_line import Broken, Line
from tests.notifiers.scripted import MESSAGE, NOW
from tests.servers.wecom_bot import BOT, SECRET, WecomBotServer

ADDRESSED = replace(MESSAGE, to="zhang")
CARD = replace(
    ADDRESSED,
    matters=(Matter("政府信息公开年报", "财政局", "2026-11-30（星期一）到期", "剩5个工作日"),),
)


@pytest.fixture
def server() -> Iterator[WecomBotServer]:
    with WecomBotServer() as opened:
        yield opened


def bot(server: WecomBotServer, **settings: object) -> WecomBot:
    given = {"bot_id": BOT, "secret": SECRET, "api_base": server.base, **settings}
    made = build("wecom_bot", given, httpx.AsyncClient())
    assert isinstance(made, WecomBot)
    return made


@contextmanager
def plugged(made: WecomBot) -> Iterator[Line]:
    """The robot's line, open, with somebody who reads."""
    line, done = Line(made.base), Event()
    assert made.open(line).kind is OutcomeKind.ACCEPTED
    made.plug.line = line

    def read() -> None:
        try:
            while not done.is_set():
                line.read(0.05)
        except Broken:
            return

    reader = Thread(target=read)
    reader.start()
    try:
        yield line
    finally:
        done.set()
        reader.join()
        line.close()


def send(made: WecomBot, message: object = ADDRESSED) -> Outcome:
    return asyncio.run(made.send(message, NOW))  # type: ignore[arg-type]


# what the server does   kind                    fault            code
ANSWERS = [
    ("", OutcomeKind.ACCEPTED, None, "0"),
    ("45009", OutcomeKind.RETRY, None, "45009"),
    ("-1", OutcomeKind.RETRY, None, "-1"),
    ("99999", OutcomeKind.RETRY, None, "99999"),
    ("40058", OutcomeKind.REJECTED, Fault.CONTENT, "40058"),
    ("40003", OutcomeKind.REJECTED, Fault.RECIPIENT, "40003"),
    ("853000", OutcomeKind.REJECTED, Fault.CONFIG, "853000"),
    ("silent", OutcomeKind.UNKNOWN, None, ""),
    ("drop", OutcomeKind.UNKNOWN, None, ""),
]


@pytest.mark.parametrize(("fault", "kind", "blamed", "code"), ANSWERS)
def test_every_answer_has_its_outcome(
    fault: str,
    kind: OutcomeKind,
    blamed: Fault | None,
    code: str,
    server: WecomBotServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(notifiers.wecom_bot_line, "ANSWER_SECONDS", 1.0)
    made = bot(server)
    with plugged(made):
        server.fault = fault
        outcome = send(made)
    assert (outcome.kind, outcome.fault, outcome.code) == (kind, blamed, code)
    assert outcome.provider == "wecom_bot"
    assert outcome.size > 0
    assert SECRET not in f"{outcome} {made!r}"


def test_without_a_line_nothing_leaves(server: WecomBotServer) -> None:
    made = bot(server)
    assert not made.connected
    assert send(made).kind is OutcomeKind.RETRY
    with plugged(made):
        assert made.connected
    assert send(made).kind is OutcomeKind.RETRY
    assert server.bodies == []


def test_a_test_message_opens_a_line_of_its_own(server: WecomBotServer) -> None:
    made = over(bot(server), httpx.AsyncClient())
    outcome = asyncio.run(made.send(ADDRESSED, NOW))
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert server.bodies[0]["markdown"] == {"content": MESSAGE.body}
    wrong = over(bot(server, secret="canary-wrong"), httpx.AsyncClient())
    outcome = asyncio.run(wrong.send(ADDRESSED, NOW))
    assert (outcome.kind, outcome.fault, outcome.code) == (
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        "853000",
    )


def test_a_newer_line_ends_the_older(server: WecomBotServer) -> None:
    older, newer = Line(bot(server).base), Line(bot(server).base)
    assert older.open(BOT, SECRET)["errcode"] == 0
    assert newer.open(BOT, SECRET)["errcode"] == 0
    with pytest.raises(Broken):
        older.read(5)
    assert (older.connected, older.displaced, newer.connected) == (False, True, True)
    newer.close()


def test_pings_that_nobody_answers_end_the_line(server: WecomBotServer) -> None:
    line = Line(bot(server).base)
    line.open(BOT, SECRET)
    for _ in range(3):
        line.ping()
        line.read(5)
    server.fault = "deaf"
    line.ping()
    line.ping()
    with pytest.raises(Broken):
        line.ping()
    assert not line.connected


def test_a_server_that_is_not_there_is_no_line() -> None:
    with WecomBotServer() as server:
        made = bot(server)
    outcome = made.open(Line(made.base))
    assert outcome.kind is OutcomeKind.RETRY
    assert outcome.fault is None


def test_a_card_where_it_fits_else_markdown(server: WecomBotServer) -> None:
    made = bot(server)
    with plugged(made):
        assert send(made, CARD).kind is OutcomeKind.ACCEPTED
        assert send(made, replace(CARD, possible_duplicate=True)).kind is OutcomeKind.ACCEPTED
        plain = replace(made, format="markdown")
        assert send(plain, CARD).kind is OutcomeKind.ACCEPTED
    assert [one["msgtype"] for one in server.bodies] == ["template_card", "markdown", "markdown"]
    assert server.bodies[0]["template_card"]["task_id"] == MESSAGE.id
    assert {one["chatid"] for one in server.bodies} == {"zhang"}


def test_a_group_or_persons(server: WecomBotServer) -> None:
    group = bot(server, chat_id="wrkSFfCgAAcanary")
    assert group.addressing is Addressing.GROUP
    assert bot(server).addressing is Addressing.PERSON
    assert group.credential == bot(server).credential
    with plugged(group):
        assert send(group, MESSAGE).kind is OutcomeKind.ACCEPTED
    assert server.bodies[0]["chatid"] == "wrkSFfCgAAcanary"
    assert send(bot(server), MESSAGE).fault is Fault.RECIPIENT
