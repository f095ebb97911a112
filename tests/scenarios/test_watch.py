"""The auditor: exactly what should have gone out and did not, and nothing else."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from engine.absences import add_absence, cancel_absence
from engine.database import recording, writing
from engine.deliveries import Delivery, State
from engine.errors import NotAllowed
from engine.obligations import reopen
from engine.silences import Scope, add_silence, end_silence
from engine.slots import win
from engine.system_messages import tell_administrator
from engine.watching import NOT_PLANNED, Missing, last_tick, missing
from notifiers.channel import Addressing, Window
from notifiers.message import Fault, Message, Outcome, OutcomeKind
from tests.builders import Box
from tests.scenarios.playing import Office, duty, shanghai, unit

pytestmark = pytest.mark.usefixtures("both_databases")

SETTINGS = (
    """
[[channel]]
id = "a"
kind = "console"
[[channel]]
id = "b"
kind = "console"
[administrator]
channels = ["a"]
"""
    + unit("office", "市政府办公室", "a")
    + unit("finance", "财政局", "b", parent="office")
    + unit("culture", "文旅局", "b", parent="office")
    + duty("02", "finance", since="2026-09-01")  # monthly: September's is due on the 30th
    + duty("59", "culture")  # within five hours
)
LATE = timedelta(minutes=10)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """On Monday, a day before September's matter is five working days away."""
    with Office(tmp_path, SETTINGS, "2026-09-21 08:50") as office:
        office.replace_channel("a", Box())
        office.replace_channel("b", Box())
        office.tick()
        yield office


def watch(office: Office, at: str) -> list[Missing]:
    before = office.dump()
    found = missing(office.db, office.agency, office.calendar, shanghai(at), LATE)
    assert office.dump() == before, "the auditor only looks"
    return found


def short(found: list[Missing]) -> list[tuple[str, str, str, str]]:
    return [(one.unit, one.rung, one.channel, one.why) for one in found]


def test_the_clock_stands_for_fifteen_minutes(office: Office) -> None:
    office.now = shanghai("2026-09-22 08:50")
    office.event("culture", "2026-09-22 08:50", "洪水")
    assert watch(office, "2026-09-22 08:59") == []
    assert short(watch(office, "2026-09-22 09:05")) == [
        ("culture", "hours:start", "b", NOT_PLANNED)
    ]
    found = watch(office, "2026-09-22 09:15")
    assert short(found) == [
        ("culture", "hours:start", "b", NOT_PLANNED),
        ("finance", "5", "b", NOT_PLANNED),
    ]
    assert (found[1].rule, found[1].period) == ("guangyuan-2017-02", "2026-09")
    assert (found[1].recipient, found[1].since) == ("finance", shanghai("2026-09-22 09:00"))
    office.tick("2026-09-22 09:15")
    assert watch(office, "2026-09-22 09:15") == []
    assert watch(office, "2026-09-22 12:00") == []


def test_what_is_done_or_was_changed_just_now_is_not_missed(office: Office) -> None:
    office.now = shanghai("2026-09-22 08:55")
    office.complete("finance", "2026-09")
    assert watch(office, "2026-09-22 10:00") == []
    (row,) = [one for one in office.obligations() if one.period == "2026-09"]
    assert row.id
    with writing(office.db) as session:
        at = shanghai("2026-09-22 10:00")
        reopen(session, row.id, by="甲", reason="退回", now=at)
    assert watch(office, "2026-09-22 10:05") == []
    assert short(watch(office, "2026-09-22 10:15")) == [("finance", "5", "b", NOT_PLANNED)]


def test_what_a_silence_kept_back_until_just_now_is_not_missed(office: Office) -> None:
    office.now = shanghai("2026-09-22 08:00")
    with writing(office.db) as session:
        silence = add_silence(
            session,
            office.agency,
            Scope(unit="finance"),
            until=shanghai("2026-09-25 12:00"),
            by="甲",
            reason="机构合并",
            now=office.now,
        )
    office.tick("2026-09-22 09:00")
    assert watch(office, "2026-09-22 10:00") == []
    with writing(office.db) as session:
        end_silence(session, silence.id or 0, by="甲", now=shanghai("2026-09-22 10:00"))
    assert watch(office, "2026-09-22 10:05") == []
    assert short(watch(office, "2026-09-22 10:15")) == [("finance", "5", "b", NOT_PLANNED)]
    with pytest.raises(NotAllowed, match="已经结束"), writing(office.db) as session:
        end_silence(session, silence.id or 0, by="乙", now=shanghai("2026-09-22 09:59"))


def test_who_came_back_just_now_was_not_forgotten(tmp_path: Path) -> None:
    people = """contacts = [
  { name = "李四", mail = "li@x.cn", substitute = "张三" },
  { name = "张三", mail = "zhang@x.cn", role = "负责人" },
]"""
    tables = SETTINGS.replace('name = "财政局"', f'name = "财政局"\n{people}', 1)
    with Office(tmp_path, tables, "2026-09-21 08:50") as office:
        office.replace_channel("a", Box())
        office.replace_channel("b", Box(addressing=Addressing.MAIL))
        days = {"first": date(2026, 9, 21), "last": date(2026, 9, 25)}
        who = {"unit": "finance", "name": "李四", "by": "甲"}
        with writing(office.db) as session:
            absence = add_absence(session, office.agency, **who, **days, now=office.now)  # type: ignore[arg-type]
        office.tick("2026-09-22 09:00")
        assert [one.recipient for one in office.alerts()] == ["zhang@x.cn"]
        with writing(office.db) as session:
            cancel_absence(session, absence.id or 0, by="甲", now=shanghai("2026-09-22 10:00"))
        assert watch(office, "2026-09-22 10:05") == []
        assert [one.recipient for one in watch(office, "2026-09-22 10:15")] == ["li@x.cn"]


def test_what_was_planned_and_waits_too_long(office: Office) -> None:
    office.replace_channel("b", Refusing(OutcomeKind.RETRY))
    office.tick("2026-09-22 09:00")
    assert watch(office, "2026-09-22 09:05") == []
    why = "已试 1 次，下次 2026-09-22 09:00：群机器人已被移除"
    assert short(watch(office, "2026-09-22 09:15")) == [("finance", "5", "b", why)]
    assert watch(office, "2026-09-22 18:05") == []  # closed: it may not go out now


def test_a_disabled_channel_says_why(office: Office) -> None:
    office.replace_channel("b", Refusing(OutcomeKind.REJECTED, Fault.CONFIG))
    office.tick("2026-09-22 09:00")
    office.wake()  # the administrator is told
    (one,) = watch(office, "2026-09-22 09:15")
    assert one.why == "渠道已停用：群机器人已被移除"
    office.complete("finance", "2026-09")
    assert watch(office, "2026-09-22 09:15") == []


def test_a_sender_that_died_is_seen_when_its_lease_is_over(office: Office) -> None:
    office.tick("2026-09-22 09:00")
    with recording(office.db) as session:
        (row,) = session.exec(select(Delivery)).all()
        row.state, row.lease_until = State.SENDING, shanghai("2026-09-22 09:03")
    assert short(watch(office, "2026-09-22 09:15")) == [
        ("finance", "5", "b", "已试 1 次：没有结果")
    ]


def test_waiting_for_the_limit_of_the_channel_is_not_late(office: Office) -> None:
    office.replace_channel("b", Box(windows=(Window(1, timedelta(minutes=30)),)))
    office.tick("2026-09-22 09:00")  # uses the window up
    office.event("culture", "2026-09-22 09:00", "洪水")
    office.tick("2026-09-22 09:01")
    assert watch(office, "2026-09-22 09:20") == []
    assert [one.unit for one in watch(office, "2026-09-22 11:00")] == ["culture"]


class Busy(Box):
    """Answers to come again tomorrow."""

    async def send(self, _message: Message, _now: datetime) -> Outcome:
        return Outcome(OutcomeKind.RETRY, retry_after=timedelta(days=1), hold=True, code="429")


def test_waiting_at_the_far_sides_word_is_late_after_an_hour(office: Office) -> None:
    office.replace_channel("b", Busy())
    office.tick("2026-09-22 09:00")
    assert watch(office, "2026-09-22 09:50") == []
    assert short(watch(office, "2026-09-22 10:01")) == [
        ("finance", "5", "b", "对方要求渠道暂停到 2026-09-23 09:00")
    ]


def test_word_to_the_administrator_that_waits(office: Office) -> None:
    with writing(office.db) as session:
        tell_administrator(session, office.agency, "k", "渠道停用", "请修复", office.now)
    assert [(one.rung, one.rule) for one in watch(office, "2026-09-21 23:00")] == [("system", "")]


def test_when_the_clock_last_won(office: Office) -> None:
    assert last_tick(office.db) is None
    with writing(office.db) as session:
        win(session, "tick", shanghai("2026-09-21 08:50"))
    assert last_tick(office.db) == shanghai("2026-09-21 08:50")


class Refusing(Box):
    """Takes nothing."""

    def __init__(self, kind: OutcomeKind, fault: Fault | None = None) -> None:
        super().__init__()
        self._outcome = Outcome(kind, fault, advice="群机器人已被移除")

    async def send(self, _message: object, _now: object) -> Outcome:
        return self._outcome
