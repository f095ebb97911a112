"""The mark of a feed stands for its text, on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from engine.agency import Agency
from engine.database import reading, writing
from engine.derivation import derive
from engine.feed_calendar import Mark, mark_of, text_of
from engine.feeds import Feed, add_feed
from engine.obligations import complete, list_obligations, reopen, waive
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    calendar_through,
    instant,
    memory,
)

pytestmark = pytest.mark.usefixtures("both_databases")

NOW = instant("2026-03-02T09:00")
CITY = build_unit("city", "市政府")


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


def office(name: str = "市财政局") -> Agency:
    units = [CITY, build_unit("finance", name, parent="city")]
    duties = [build_duty(unit=unit.id) for unit in units]
    return build_agency([build_rule()], duties, units=units, horizon_days=60)


def subscribed(session: Session, **of: object) -> Feed:
    feed = Feed(name="", token_hash="", made_at=NOW, made_by="张三", **of)
    return add_feed(session, office(), feed, None)[0]


def test_whatever_changes_the_text_changes_the_mark_and_nothing_else_does(db: Engine) -> None:
    with writing(db) as session:
        derive(session, office(), calendar_through(2025), NOW)
        feed = subscribed(session, unit="city", below=True)
    seen: dict[str, str] = {}
    last: list[Mark] = []

    def look(agency: Agency = office(), now: object = NOW) -> None:
        with reading(db) as session:
            args = (session, agency, CALENDAR, feed, now)
            mark, text = mark_of(*args), text_of(*args)  # type: ignore[arg-type]
        assert seen.setdefault(mark.text, text) == text
        last[:] = [mark]

    def change(verb: object, number: int, hour: int, **more: object) -> None:
        now = instant(f"2026-03-02T{hour}:00")
        with writing(db) as session:
            row = list_obligations(session)[number]
            verb(session, row.id, by="张三", now=now, **more)  # type: ignore[operator]
        look(now=instant("2026-03-03T09:00"))
        assert last[0].changed_at == now

    look()
    look(now=instant("2026-03-31T23:00"))
    assert len(seen) == 1
    change(complete, -1, 10, at=NOW, evidence="")
    change(waive, -2, 11, reason="机构调整")
    change(reopen, -1, 12, reason="误登")
    look(office("市财政和国资局"))
    look(now=instant("2026-05-04T09:00"))  # January leaves the window
    with writing(db) as session:
        derive(session, office(), CALENDAR, instant("2026-06-02T09:00"))
    look()
    assert len(seen) == len(set(seen.values())) == 7


def test_what_lies_beyond_the_bound_is_left_out_by_due_day(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(db) as session:
        derive(session, office(), CALENDAR, NOW)
        feed = subscribed(session, document="paper-1")
    monkeypatch.setattr("engine.feed_calendar.MOST", 3)
    with reading(db) as session:
        text = text_of(session, office(), CALENDAR, feed, NOW)
        rows = list_obligations(session)
    assert text.count("BEGIN:VEVENT") == 3 < len(rows)
    for row in rows[:3]:
        assert f"UID:{row.case}@qixian" in text
    with writing(db) as session:
        for row in rows[:2]:
            complete(session, row.id or 0, by="张三", at=NOW, evidence="", now=NOW)
    with reading(db) as session:  # what is done is left out before what is to be done
        text = text_of(session, office(), CALENDAR, feed, NOW)
    open_ones = [row for row in rows[2:] if f"UID:{row.case}@qixian" in text]
    assert (len(open_ones), text.count("BEGIN:VEVENT")) == (min(3, len(rows) - 2), 3)
