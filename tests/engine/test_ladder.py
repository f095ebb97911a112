"""On which rung an obligation stands at an instant."""

from datetime import datetime, timedelta

from engine.due_dates import Due, due, on_day
from engine.instants import ZONE, local_day
from engine.ladder import DEFAULT_HOURS, DEFAULT_LADDER, Dates, Ladder, OfficeHours, rungs_at
from engine.units import Role
from rules.terms import Term
from tests.builders import CALENDAR, day, instant

MORNING = "T09:00"
PLAIN = Ladder(head=(), leader=())  # the handlers and the superior only


def dates_of(due_on: str, opens_on: str = "2026-01-01") -> Dates:
    return of_due(on_day(day(due_on), CALENDAR), opens_on)


def of_due(end: Due, opens_on: str) -> Dates:
    return Dates(day(opens_on), end.due_on, end.due_at, end.act_by)


def names(dates: Dates, moment: str, ladder: Ladder = PLAIN) -> list[str]:
    found = rungs_at(ladder, dates, instant(moment), CALENDAR, DEFAULT_HOURS)
    return [rung.name for rung in found]


def told(dates: Dates, first: str, last: str, ladder: Ladder = PLAIN) -> list[tuple[str, str]]:
    """Each rung with the wall-clock time at which it is first stood on, looked at every hour."""
    seen: dict[str, str] = {}
    now = instant(first)
    while now <= instant(last):
        for rung in rungs_at(ladder, dates, now, CALENDAR, DEFAULT_HOURS):
            seen.setdefault(rung.name, f"{now.astimezone(ZONE):%m-%d %H:%M}")
            assert rung.send_at <= now
        now += timedelta(hours=1)
    return [(when, name) for name, when in seen.items()]


def test_the_default_ladder_before_the_twelfth_of_october() -> None:
    dates = dates_of("2026-10-12", opens_on="2026-09-01")
    assert told(dates, "2026-09-01T00:00", "2026-10-12T23:00") == [
        ("09-29 09:00", "5"),
        ("10-08 09:00", "3"),
        ("10-10 09:00", "1"),
        ("10-12 09:00", "0"),
    ]


def test_it_is_late_the_working_day_after_and_the_superior_hears_of_it() -> None:
    assert told(dates_of("2026-09-30"), "2026-09-30T10:00", "2026-10-12T10:00") == [
        ("09-30 10:00", "0"),
        ("10-08 09:00", "+1"),
        ("10-08 09:00", "superior+1"),
        ("10-09 09:00", "+2"),
        ("10-10 09:00", "+3"),
        ("10-10 09:00", "superior+3"),
        ("10-12 09:00", "+4"),
    ]


def test_a_late_obligation_is_told_every_second_working_day() -> None:
    ladder = Ladder(every=2, head=(), leader=(), superior=())
    found = told(dates_of("2026-09-30"), "2026-10-01T00:00", "2026-10-14T10:00", ladder)
    assert found == [("10-08 09:00", "+1"), ("10-10 09:00", "+3"), ("10-13 09:00", "+5")]  # fmt: skip


def test_a_ladder_may_leave_the_late_ones_alone() -> None:
    ladder = Ladder(every=0, head=(), leader=(), superior=())
    assert names(dates_of("2026-09-30"), "2026-10-20T10:00", ladder) == ["0"]


def test_rungs_are_for_the_day_to_act_when_the_due_day_is_off() -> None:
    dates = of_due(
        due(Term.parse("before_event", "P7D"), day("2026-10-12"), CALENDAR), "2026-09-01"
    )
    assert told(dates, "2026-09-01T00:00", "2026-10-08T10:00") == [
        ("09-22 09:00", "5"),
        ("09-24 09:00", "3"),
        ("09-29 09:00", "1"),
        ("09-30 09:00", "0"),
        ("10-08 09:00", "+1"),
        ("10-08 09:00", "superior+1"),
    ]


def test_missed_rungs_collapse_into_the_latest() -> None:
    dates = dates_of("2026-10-12")
    assert names(dates, "2026-10-10T17:00") == ["1"]
    assert names(dates, "2026-10-30T10:00") == ["+14", "superior+3"]


def test_nothing_is_told_before_the_period_opens() -> None:
    week = dates_of("2026-10-16", opens_on="2026-10-12")
    assert told(week, "2026-10-01T00:00", "2026-10-16T23:00") == [
        ("10-13 09:00", "3"),
        ("10-15 09:00", "1"),
        ("10-16 09:00", "0"),
    ]


def test_a_limit_that_begins_in_a_long_holiday_is_told_when_the_office_opens() -> None:
    end = due(Term.parse("after_event", "P3D"), day("2026-02-16"), CALENDAR)
    assert end.due_on == day("2026-02-24")
    assert told(of_due(end, "2026-02-16"), "2026-02-16T00:00", "2026-02-25T10:00") == [
        ("02-24 09:00", "0"),
        ("02-25 09:00", "+1"),
        ("02-25 09:00", "superior+1"),
    ]


def test_a_week_without_a_working_day_is_told_before_the_holiday() -> None:
    week = dates_of("2026-02-22", opens_on="2026-02-16")
    assert week.act_by == day("2026-02-14")
    assert told(week, "2026-02-10T00:00", "2026-02-24T09:00") == [
        ("02-14 09:00", "0"),
        ("02-24 09:00", "+1"),
        ("02-24 09:00", "superior+1"),
    ]


def test_a_ladder_that_looks_further_than_its_period_still_speaks_once() -> None:
    week = dates_of("2026-10-16", opens_on="2026-10-12")
    found = told(week, "2026-10-01T00:00", "2026-10-16T23:00", Ladder(before=(10, 7)))
    assert found == [("10-12 09:00", "7")]


def test_a_ladder_without_rungs_before_says_nothing_before() -> None:
    assert names(dates_of("2026-10-12"), "2026-10-12T10:00", Ladder(before=())) == []


def test_hours_are_told_at_once_near_the_end_and_at_the_end() -> None:
    end = due(Term.parse("after_event", "PT5H"), instant("2026-10-01T22:40"), CALENDAR)
    dates = of_due(end, "2026-10-01")
    cases = [
        # wall clock,         rungs
        ("2026-10-01T22:40", ["hours:start"]),
        ("2026-10-02T02:39", ["hours:start"]),
        ("2026-10-02T02:40", ["hours:1"]),
        ("2026-10-02T03:39", ["hours:1"]),
        ("2026-10-02T03:40", ["hours:0", "superior:hours"]),
        ("2026-10-08T08:59", ["hours:0", "superior:hours"]),
        ("2026-10-08T09:00", ["+1", "superior+1"]),
    ]
    assert [(moment, names(dates, moment)) for moment, _ in cases] == cases
    for rung in rungs_at(PLAIN, dates, instant("2026-10-02T03:40"), CALENDAR, DEFAULT_HOURS):
        assert rung.urgent
        assert (rung.role is Role.SUPERIOR) == rung.name.startswith("superior")


def test_outside_office_hours_a_struck_hour_is_not_silenced_by_a_rung_that_has_to_wait() -> None:
    end = due(Term.parse("after_event", "PT5H"), instant("2026-11-18T20:00"), CALENDAR)
    dates = of_due(end, "2026-11-18")
    cases = [
        ("2026-11-20T17:00", ["+1", "superior+1"]),
        ("2026-11-20T19:00", ["hours:0", "superior:hours"]),
        ("2026-11-22T12:00", ["hours:0", "superior:hours"]),
        ("2026-11-23T09:00", ["+2", "superior+1"]),
    ]
    assert [(moment, names(dates, moment)) for moment, _ in cases] == cases


def test_hours_may_have_more_warnings() -> None:
    end = due(Term.parse("after_event", "PT24H"), instant("2026-10-01T22:40"), CALENDAR)
    found = told(
        of_due(end, "2026-10-01"),
        "2026-10-01T22:40",
        "2026-10-02T23:00",
        Ladder(hours=(12, 2), head=(), leader=()),
    )
    assert [name for _, name in found] == ["hours:start", "hours:12", "hours:2", "hours:0", "superior:hours"]  # fmt: skip


def test_office_hours_are_those_of_working_days() -> None:
    cases = [
        # wall clock,         open
        ("2026-10-10T08:59", False),
        ("2026-10-10T09:00", True),  # a working Saturday
        ("2026-10-10T17:59", True),
        ("2026-10-10T18:00", False),
        ("2026-10-01T10:00", False),
        ("2026-10-11T10:00", False),
        ("2026-10-12T01:00Z", True),
    ]
    found = [(text, DEFAULT_HOURS.are_now(instant(text), CALENDAR)) for text, _ in cases]
    assert found == cases


def test_the_last_office_day_begins_with_the_office() -> None:
    cases = [
        ("2026-10-08T08:59", "2026-09-30"),
        ("2026-10-08T09:00", "2026-10-08"),
        ("2026-10-11T12:00", "2026-10-10"),
    ]
    hours = OfficeHours()
    found = [(text, str(hours.last_begun(instant(text), CALENDAR))) for text, _ in cases]
    assert found == cases


def test_every_kind_of_date_is_told_before_it_is_late() -> None:
    """From any opening within the year: somebody hears of it while there is office time left."""
    opening = day("2026-01-01")
    while opening < day("2026-12-01"):
        for value in ("P1D", "P3D", "P10D", "1WD", "5WD", "P1M"):
            end = due(Term.parse("after_event", value), opening, CALENDAR)
            last = datetime.combine(end.due_on, DEFAULT_HOURS.begin, ZONE)
            rungs = rungs_at(PLAIN, of_due(end, str(opening)), last, CALENDAR, DEFAULT_HOURS)
            assert len(rungs) == 1, (value, opening)
            assert not rungs[0].name.startswith("+")
            assert opening <= local_day(rungs[0].send_at) <= end.due_on
        opening += timedelta(days=1)


def test_head_and_leader_are_told_by_working_days_after_the_due_day() -> None:
    found = told(dates_of("2026-09-30"), "2026-09-30T10:00", "2026-10-12T10:00", DEFAULT_LADDER)
    assert [(when, name) for when, name in found if "e" in name] == [
        ("10-08 09:00", "head+1"),
        ("10-08 09:00", "superior+1"),
        ("10-10 09:00", "leader+3"),  # a Saturday, and a make-up day
        ("10-10 09:00", "superior+3"),
    ]


def test_zero_is_the_day_to_act_itself() -> None:
    dates = of_due(
        due(Term.parse("before_event", "P7D"), day("2026-10-12"), CALENDAR), "2026-09-01"
    )
    ladder = Ladder(before=(), every=0, head=(0,), leader=(0, 2), superior=())
    assert told(dates, "2026-09-29T09:00", "2026-10-12T10:00", ladder) == [
        ("09-30 09:00", "head+0"),
        ("09-30 09:00", "leader+0"),
        ("10-09 09:00", "leader+2"),
    ]


def test_of_hours_the_head_hears_at_the_last_warning_and_the_leader_at_the_end() -> None:
    end = due(Term.parse("after_event", "PT5H"), instant("2026-10-01T22:40"), CALENDAR)
    dates = of_due(end, "2026-10-01")
    cases = [
        # hours,  head,   leader, heard
        ((2, 1), (1,), (3,), [("10-02 02:40", "head:hours"), ("10-02 03:40", "leader:hours")]),
        ((), (1,), (), [("10-02 03:40", "head:hours")]),
        ((1,), (), (), []),
    ]
    for hours, head, leader, heard in cases:
        ladder = Ladder(hours=hours, head=head, leader=leader)
        found = told(dates, "2026-10-01T22:40", "2026-10-02T08:00", ladder)
        assert [one for one in found if one[1].startswith(("head", "leader"))] == heard


def test_at_most_one_rung_stands_for_each_role() -> None:
    dates = dates_of("2026-09-30")
    for moment in ("2026-09-30T10:00", "2026-10-10T10:00", "2026-12-01T10:00"):
        rungs = rungs_at(DEFAULT_LADDER, dates, instant(moment), CALENDAR, DEFAULT_HOURS)
        roles = [rung.role for rung in rungs]
        assert len(roles) == len(set(roles))
