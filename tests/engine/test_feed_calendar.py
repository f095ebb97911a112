"""The mark of a feed stands for its text, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from engine.agency import Agency
from engine.clock_changes import enter
from engine.clock_corrections import correct_start, void
from engine.database import reading, writing
from engine.derivation import derive
from engine.event_clocks import Restart
from engine.events import record_event
from engine.feed_calendar import Mark, mark_of, text_of
from engine.feeds import Feed, add_feed
from engine.instants import parse_event
from engine.obligations import complete, list_obligations, reopen, waive
from rules.catalogue_files import load_catalogue
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    calendar_through,
    day,
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


REPLY = "zfxxgk-tiaoli-2019-33-reply"
CATALOGUE = load_catalogue()


def of_applications() -> Agency:
    """Two units that reply to what is asked of them, by the clauses of the catalogue."""
    rules = [one for one in CATALOGUE.rules.values() if one.document.id == "zfxxgk-tiaoli"]
    units = [CITY, build_unit("finance", "市财政局", parent="city")]
    duties = [build_duty(REPLY, unit.id, since="2018-01-01") for unit in units]
    built = build_agency(rules, duties, units=units)
    return replace(built, catalogue=replace(built.catalogue, clauses=CATALOGUE.clauses))


def test_what_moves_no_date_and_explains_it_otherwise_changes_the_mark(db: Engine) -> None:
    """A clock entry that is overtaken by another, one that is voided; the event's own time, also of
    what is done; and nothing else."""
    agency, asked = of_applications(), parse_event("2026-03-02")
    with writing(db) as session:
        _, rows, _ = record_event(
            *(session, agency, CALENDAR),
            trigger="收到申请",
            unit="all",
            moment=asked,
            reference="1号",
            by="张三",
            now=instant("2026-03-03T09:00"),
        )
        ids = {row.unit: row.id or 0 for row in rows}
        feeds = [subscribed(session, unit=unit.id) for unit in agency.units.values()]
    seen: dict[tuple[int | None, str], str] = {}
    due: dict[str, object] = {}

    def look() -> list[str]:
        marks = []
        with reading(db) as session:
            for feed in feeds:
                args = (session, agency, CALENDAR, feed, instant("2026-06-30T10:00"))
                mark, text = mark_of(*args).text, text_of(*args)
                assert seen.setdefault((feed.id, mark), text) == text
                marks.append(mark)
            due.update({row.unit: row.due_on for row in list_obligations(session)})
        return marks

    def change(
        verb: Callable[..., object], hour: int, unit: str, *what: object, **why: str
    ) -> bool:
        """Was the date left as it was? Each feed has another mark if its text is another, and only
        then."""
        before, texts = dict(due), look()
        with writing(db) as session:
            given = {"by": "张三", "now": instant(f"2026-06-29T{hour}:00"), **why}
            verb(session, agency, CALENDAR, ids[unit], *what, **given)
        after = look()
        for feed, old, new in zip(feeds, texts, after, strict=True):
            assert (old == new) == (seen[feed.id, old] == seen[feed.id, new])
        assert texts != after
        return before == due

    look()
    again = Restart(day("2026-03-20"), reason="补正")
    assert not change(enter, 10, "finance", again)
    assert change(enter, 11, "finance", Restart(day("2026-03-10"), reason="补正"))
    assert change(void, 12, "finance", 2, reason="登记错了")
    with writing(db) as session:
        done = instant("2026-03-30T09:00")
        complete(session, ids["city"], by="张三", at=done, evidence="", now=done)
    look()
    moved = parse_event("2026-03-03")
    assert change(correct_start, 13, "finance", moved, reason="时间记错")


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
