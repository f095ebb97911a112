"""The legal day is that of Asia/Shanghai, wherever the server stands; and the calendar's edges."""

import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from engine.due_dates import due
from engine.errors import OutsideCalendar
from engine.event_clocks import Change, Exclude, Restart, check, replay
from engine.explanation import explain
from engine.instants import in_future, local_iso, parse_event
from rules.terms import Term
from tests.builders import CALENDAR, day, instant


@pytest.fixture(params=["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati"])
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone of the process, as the server's administrator sets it."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("value", "event", "due_on", "due_at"),
    [
        # A minute before and after midnight in Shanghai: Monday 03-02, Tuesday 03-03.
        ("20WD", "2026-03-02T23:59", "2026-03-30", None),
        ("20WD", "2026-03-03T00:01", "2026-03-31", None),
        ("20WD", "2026-03-02T15:59Z", "2026-03-30", None),
        ("20WD", "2026-03-02T16:01Z", "2026-03-31", None),
        ("20WD", "2026-03-02T11:01-05:00", "2026-03-31", None),
        ("P20D", "2026-03-02T23:59", "2026-03-23", None),
        ("P20D", "2026-03-03T00:01", "2026-03-23", None),
        ("P1M", "2026-02-28T16:01Z", "2026-04-01", None),
        ("PT5H", "2026-03-02T23:59", "2026-03-03", "2026-03-03T04:59:00+08:00"),
        ("PT5H", "2026-03-03T00:01", "2026-03-03", "2026-03-03T05:01:00+08:00"),
        # The night in which New York puts its clocks forward.
        ("PT24H", "2026-03-08T06:30Z", "2026-03-09", "2026-03-09T14:30:00+08:00"),
        # From one year into the next; 2026-01-04 is a working Sunday.
        ("1WD", "2025-12-31T23:59", "2026-01-04", None),
        ("PT1H", "2025-12-31T23:59", "2026-01-01", "2026-01-01T00:59:00+08:00"),
        ("P1D", "2025-12-31T00:01", "2026-01-04", None),
        # A leap day.
        ("P1Y", "2024-02-29T23:59", "2025-02-28", None),
        ("P1M", "2024-01-31T23:59", "2024-02-29", None),
        ("PT24H", "2024-02-28T23:59", "2024-02-29", "2024-02-29T23:59:00+08:00"),
        ("PT24H", "2024-02-29T00:01", "2024-03-01", "2024-03-01T00:01:00+08:00"),
        ("1WD", "2024-02-28T23:59", "2024-02-29", None),
        # The first and the last days of the calendar.
        ("1WD", "2004-01-01T00:01", "2004-01-02", None),
        ("PT1H", "2100-12-31T22:59", "2100-12-31", "2100-12-31T23:59:00+08:00"),
        ("1WD", "2100-12-30T23:59", "2100-12-31", None),
    ],
)
def test_the_day_of_shanghai_counts_in_every_zone(
    value: str, event: str, due_on: str, due_at: str | None
) -> None:
    moment, term = parse_event(event), Term.parse("after_event", value)
    found = due(term, moment, CALENDAR)
    assert (str(found.due_on), local_iso(found.due_at)) == (due_on, due_at)
    steps = explain(term, found, CALENDAR, event=moment)
    assert due_on in {str(step.date) for step in steps}


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("change", "due_on"),
    [
        (Restart(instant("2026-03-17T23:59")), "2026-04-15"),
        (Restart(instant("2026-03-18T00:01")), "2026-04-16"),
        (Exclude(instant("2026-03-06T23:59"), instant("2026-03-18T00:01")), "2026-04-10"),
        (Exclude(instant("2026-03-07T00:01"), instant("2026-03-17T23:59")), "2026-04-09"),
    ],
)
def test_changes_are_of_the_day_of_shanghai_too(change: Change, due_on: str) -> None:
    term, event = Term.parse("after_event", "20WD"), instant("2026-03-02T23:59")
    assert term.amount
    check(term, event, [change], CALENDAR)
    assert str(replay(term, event, [change], CALENDAR).due_on) == due_on


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("moment", "future"),
    [
        ("2026-03-02", False),
        ("2026-03-03", True),
        ("2026-03-02T23:59", False),
        ("2026-03-03T00:01", True),
    ],
)
def test_today_is_the_day_of_shanghai(moment: str, future: bool) -> None:
    now: datetime = instant("2026-03-02T23:59")
    assert in_future(parse_event(moment), now) is future


@pytest.mark.parametrize(
    ("value", "event"),
    [("1WD", "2100-12-31"), ("P1D", "2100-12-31"), ("20WD", "2100-12-20"), ("1WD", "2003-12-31")],
)
def test_beyond_the_calendar_there_is_no_date(value: str, event: str) -> None:
    with pytest.raises(OutsideCalendar):
        due(Term.parse("after_event", value), parse_event(event), CALENDAR)


def test_an_exclusion_may_push_a_date_out_of_the_calendar() -> None:
    term, change = Term.parse("after_event", "20WD"), Exclude(day("2100-11-02"), day("2100-12-20"))
    assert replay(term, day("2100-11-01"), [], CALENDAR).due_on.year == 2100
    with pytest.raises(OutsideCalendar):
        replay(term, day("2100-11-01"), [change], CALENDAR)
