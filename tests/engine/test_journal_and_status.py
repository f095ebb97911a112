"""What people do to obligations, and what is written down about it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from engine.database import reading, writing
from engine.due_dates import Due, on_day
from engine.errors import NotAllowed, NotFound
from engine.journal import journal_of
from engine.obligations import (
    Obligation,
    Status,
    complete,
    get_obligation,
    late,
    list_obligations,
    move,
    reopen,
    waive,
)
from tests.builders import CALENDAR, build_obligation, day, instant, memory

pytestmark = pytest.mark.usefixtures("both_databases")

NOW = instant("2026-10-12T09:30")
NOBODY = 99


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        with writing(db) as session:
            session.add(build_obligation())
        yield db


def entries(db: Engine) -> list[tuple[str, str, str]]:
    with reading(db) as session:
        return [(entry.kind, entry.by, entry.text) for entry in journal_of(session, 1)]


def done(session: object, id_: int = 1) -> None:
    complete(session, id_, by="张三", at=NOW, evidence="https://example.gov.cn/1", now=NOW)  # type: ignore[arg-type]


def waived(session: object, id_: int = 1) -> None:
    waive(session, id_, by="李四", reason="机构撤并", now=NOW)  # type: ignore[arg-type]


def reopened(session: object, id_: int = 1) -> None:
    reopen(session, id_, by="王五", reason="材料不全", now=NOW)  # type: ignore[arg-type]


def test_what_is_done_says_who_when_and_where(db: Engine) -> None:
    with writing(db) as session:
        done(session)
    with reading(db) as session:
        row = get_obligation(session, 1)
    assert (row.status, row.closed_by, row.closed_at) == (Status.DONE, "张三", NOW)
    assert row.evidence == "https://example.gov.cn/1"
    assert entries(db) == [("complete", "张三", "办结，证据：https://example.gov.cn/1")]


def test_a_waiver_gives_its_reason(db: Engine) -> None:
    with writing(db) as session:
        waived(session)
    assert entries(db) == [("waive", "李四", "免除：机构撤并")]


def test_what_is_reopened_is_brought_to_mind_again(db: Engine) -> None:
    with writing(db) as session:
        done(session)
        reopened(session)
        row = get_obligation(session, 1)
        assert (row.status, row.closed_at, row.closed_by, row.evidence, row.version) == (Status.OPEN, None, "", "", 2)  # fmt: skip
    assert [kind for kind, _, _ in entries(db)] == ["complete", "reopen"]


def test_each_state_permits_its_changes(db: Engine) -> None:
    cases: list[tuple[list[Callable[..., None]], Callable[..., None]]] = [
        # before,          refused
        ([], reopened),
        ([done], done),
        ([done], waived),
        ([waived], waived),
        ([waived], done),
        ([done, reopened], reopened),
    ]
    for before, refused in cases:
        with memory() as db, writing(db) as session:
            session.add(build_obligation())
            session.flush()
            for step in before:
                step(session)
            with pytest.raises(NotAllowed):
                refused(session)


def test_what_does_not_exist_is_not_found(db: Engine) -> None:
    for change in (done, waived, reopened):
        with writing(db) as session, pytest.raises(NotFound, match="99"):
            change(session, NOBODY)


def test_nothing_is_done_in_the_future(db: Engine) -> None:
    with writing(db) as session, pytest.raises(NotAllowed, match="不能晚于现在"):
        complete(session, 1, by="张三", at=NOW + timedelta(seconds=1), evidence="", now=NOW)
    assert entries(db) == []


def test_a_day_is_late_from_midnight_in_shanghai_and_an_instant_from_its_second() -> None:
    due_at = instant("2026-10-12T15:00")
    cases = [
        # due at, now,                    late
        (None, "2026-10-12T23:59:59", False),
        (None, "2026-10-13T00:00", True),
        (None, "2026-10-12T15:59Z", False),
        (None, "2026-10-12T16:00Z", True),
        (due_at, "2026-10-12T15:00", False),
        (due_at, "2026-10-12T15:00:01", True),
    ]
    for moment, text, expected in cases:
        with memory() as db:
            with writing(db) as session:
                session.add(build_obligation("2026-10-12", due_at=moment))
            with reading(db) as session:
                row = get_obligation(session, 1)
                found = session.exec(select(Obligation).where(late(instant(text)))).all()
        assert row.overdue(instant(text)) == expected, text
        assert bool(found) == expected, text


def test_what_is_closed_is_never_late(db: Engine) -> None:
    with writing(db) as session:
        done(session)
        assert not get_obligation(session, 1).overdue(instant("2027-01-01T00:00"))
        assert not session.exec(select(Obligation).where(late(instant("2027-01-01T00:00")))).all()


def moved(db: Engine, due: Due, reading_: str = "口径") -> bool:
    with writing(db) as session:
        return move(session, get_obligation(session, 1), due, reading_, NOW)


def hour(moment: datetime) -> Due:
    on = day("2026-10-12")
    return Due(on, moment, on, False, on, on)


def test_a_move_says_what_moved(db: Engine) -> None:
    later = on_day(day("2026-10-18"), CALENDAR)
    sooner_to_act = Due(later.due_on, None, day("2026-10-14"), False, later.due_on, later.due_on)
    cases = [
        # due,          sentence
        (later, "到期日由2026-10-12改为2026-10-18，宜办日2026-10-16（口径）"),
        (sooner_to_act, "宜办日由2026-10-16改为2026-10-14，到期日仍为2026-10-18（口径）"),
        (hour(instant("2026-10-12T15:00")), "到期时刻由2026-10-18改为2026-10-12T15:00:00+08:00（口径）"),
        (hour(instant("2026-10-12T16:00")), "到期时刻由2026-10-12T15:00:00+08:00改为2026-10-12T16:00:00+08:00（口径）"),
        (later, "到期时刻由2026-10-12T16:00:00+08:00改为2026-10-18（口径）"),
    ]  # fmt: skip
    for version, (due, sentence) in enumerate(cases, 2):
        assert moved(db, due)
        assert entries(db)[-1] == ("moved", "期限", sentence)
        with reading(db) as session:
            assert get_obligation(session, 1).version == version


def test_a_new_reading_with_the_same_date_is_no_new_version(db: Engine) -> None:
    assert not moved(db, on_day(day("2026-10-12"), CALENDAR), "每月12日前（口径）")
    with reading(db) as session:
        row = get_obligation(session, 1)
    assert (row.reading, row.version) == ("每月12日前（口径）", 1)
    assert entries(db) == [("reading", "期限", "日期不变，仍为2026-10-12（每月12日前（口径））")]


def test_pages_follow_each_other_without_gap_or_double(db: Engine) -> None:
    with writing(db) as session:
        session.add_all(
            build_obligation(f"2026-11-{2 + n % 3:02}", id=10 + n, period=f"p{n}") for n in range(9)
        )
    seen, after = [], None
    with reading(db) as session:
        while page := list_obligations(session, after=after, limit=4):
            seen += [row.id for row in page]
            after = (page[-1].due_on, page[-1].id or 0)
        assert seen == [row.id for row in list_obligations(session)]
    assert len(seen) == len(set(seen)) == 10
