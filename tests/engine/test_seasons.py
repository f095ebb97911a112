"""Rhythms within seasons: counted from each one's first day, without drift, and ending with it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from engine.agency import Agency
from engine.database import reading, writing
from engine.derivation import derive
from engine.errors import BadAgency
from engine.notices import Notice, NoticeDay
from engine.obligations import Obligation, Status
from engine.owing import owed_among
from engine.periods import period_of
from engine.readings import Source
from engine.seasons import Season, in_season
from engine.tracing import trace_of
from engine.workdays import work_calendar
from rules.rhythms import Rhythm
from tests.builders import (
    CALENDAR,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    day,
    instant,
    memory,
)

DAY = timedelta(days=1)
BUYING = build_rule(value="P5D;season=收购旺季", quote="收购旺季每五日公布收购进度")
SPRING = Season("收购旺季", day("2026-05-20"), day("2026-06-10"))
AUTUMN = Season("收购旺季", day("2026-09-29"), day("2026-10-13"))


def office(*seasons: Season, value: str = "P5D;season=收购旺季") -> Agency:
    agency = build_agency([replace(BUYING, term=build_rule(value=value).term)], horizon_days=100)
    return replace(agency, seasons=seasons)


def due_days(agency: Agency, first: str = "2026-01-01", last: str = "2026-12-31") -> list[str]:
    (duty,) = agency.duties_in_force.values()
    found = owed_among(agency, duty, day(first), day(last), CALENDAR)
    return [str(one.due.due_on)[5:] for one in found]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # 06-09 to 06-13 is cut off by the end of the season, 10-14 too
        ("P5D", ["05-24", "05-29", "06-03", "06-08", "10-03", "10-08", "10-13"]),
        ("P10D", ["05-29", "06-08", "10-08"]),
        ("P1W", ["05-24", "05-31", "06-07", "10-04", "10-11"]),
        ("P1W;weekday=3", ["05-20", "05-27", "06-03", "06-10", "09-30", "10-07"]),
        ("P1M", ["05-31", "09-30"]),
        ("P1M;after=15D", ["06-15", "10-15"]),  # of a month that ends in the season
        ("5WD", ["05-26", "06-02", "06-09", "10-10"]),  # from 09-29, over the national holiday
    ],
)
def test_a_rhythm_counts_from_each_seasons_first_day(value: str, expected: list[str]) -> None:
    every, *rest = value.split(";")
    value = ";".join([every, "season=收购旺季", *rest])
    assert due_days(office(AUTUMN, SPRING, value=value)) == expected


def test_of_seasons_only_those_of_the_rule_and_unit_count() -> None:
    seasons = (
        replace(SPRING, units=("finance",)),
        replace(SPRING, first=day("2026-05-22"), units=("health",)),
        replace(AUTUMN, rules=("paper-1-02",)),
    )
    other = replace(BUYING, id="paper-1-02")
    agency = build_agency([BUYING, other], units=[build_unit(), build_unit("health", "市卫健委")])
    agency = replace(agency, seasons=seasons)
    found = {
        key: [str(one.due.due_on) for one in owed_among(agency, duty, *YEAR, CALENDAR)]
        for key, duty in agency.duties_in_force.items()
    }
    assert [len(days) for days in found.values()] == [4, 7]


YEAR = day("2026-01-01"), day("2026-12-31")


def test_a_season_that_nobody_has_opened_waits_and_says_so() -> None:
    reading = office().readings[BUYING.id]
    assert (reading.term, reading.source) == (None, Source.CLOSED)
    assert reading.in_words == "每5日一次（收购旺季期间），每5日的最后一日前（待定时段）"
    assert office(SPRING).readings[BUYING.id].source is Source.DEFAULT


def test_an_interpretation_may_give_a_season_or_drop_it() -> None:
    flood = build_rule("paper-1-02", "continuous", "")
    agency = build_agency([BUYING, flood], readings={BUYING.id: "P5D", flood.id: "P1D;season=汛期"})
    assert agency.readings[BUYING.id].source is Source.INTERPRETATION
    assert agency.readings[flood.id].source is Source.CLOSED
    agency = replace(agency, seasons=(Season("汛期", day("2026-06-01"), day("2026-06-03")),))
    owed = owed_among(agency, agency.duties_in_force["paper-1-02@finance"], *YEAR, CALENDAR)
    assert [str(one.due.due_on) for one in owed] == ["2026-06-01", "2026-06-02", "2026-06-03"]


def test_seasons_that_do_not_fit_are_refused() -> None:
    cases = [
        ((Season("旺季", *YEAR),), "“旺季”没有规则用到；规则和口径中的时段有：收购旺季"),
        ((replace(SPRING, rules=("paper-9",)),), "没有规则“paper-9”用到"),
        ((replace(SPRING, units=("nobody",)),), "单位“nobody”不存在"),
        ((SPRING, replace(AUTUMN, first=SPRING.last)), "自2026-05-20、自2026-06-10）重叠"),
    ]
    for seasons, says in cases:
        with pytest.raises(BadAgency, match=says):
            office(*seasons)


def test_moved_dates_withdraw_what_is_not_due_and_derive_the_new() -> None:
    with memory() as db:
        for agency in (office(AUTUMN), office(replace(AUTUMN, first=day("2026-10-01")))):
            with writing(db) as session:
                derive(session, agency, CALENDAR, instant("2026-09-20T09:00"))
        with reading(db) as session:
            rows = session.exec(select(Obligation).order_by(col(Obligation.due_on))).all()
            left = [row for row in rows if row.status is Status.OPEN]
            texts = [step.text for step in trace_of(session, agency, CALENDAR, left[1])]
    assert [str(row.due_on) for row in left] == ["2026-10-05", "2026-10-10"]
    assert {row.status for row in rows if row not in left} == {Status.WAIVED}
    assert texts[:2] == [
        "“收购旺季”为2026-10-01（星期四）至2026-10-13（星期二），自首日起每5日一期，不间断，本期为第2期",
        "本期为2026-10-06（星期二）至2026-10-10（星期六）",
    ]


def test_a_season_of_working_days_counts_by_the_calendar_of_its_units_region() -> None:
    """5WD from 09-29: a local day off moves what comes after it, and only in that region."""
    festival = Notice(
        "450000",
        "桂政办电〔2026〕9号",
        day("2026-03-20"),
        "关于地方放假的通知",
        (NoticeDay(day("2026-10-09"), False, "地方节日"),),
    )
    calendar = work_calendar((festival,))
    south = replace(build_unit("south", "南宁市"), region="450100")
    rule = replace(BUYING, term=build_rule(value="5WD;season=收购旺季").term)
    duties = [build_duty(rule.id, unit) for unit in ("finance", "south")]
    agency = build_agency([rule], duties, units=[build_unit(), south], horizon_days=100)
    agency = replace(agency, seasons=(replace(AUTUMN, last=day("2026-10-20")),))
    with memory() as db:
        with writing(db) as session:
            derive(session, agency, calendar, instant("2026-09-20T09:00"))
        with reading(db) as session:
            rows = session.exec(select(Obligation).order_by(col(Obligation.due_on))).all()
            row = next(row for row in rows if row.unit == "south")
            texts = [step.text for step in trace_of(session, agency, calendar, row)]
    found = [(row.unit, str(row.due_on)[5:]) for row in rows]
    # 09-29, 30, 10-08, 09 (a day off in the south), 10 (a working Saturday), 12 …
    assert found == [("finance", "10-10"), ("south", "10-12"), ("finance", "10-16"), ("south", "10-19")]  # fmt: skip
    assert any("2026-10-12" in text for text in texts)


# The slow reference: a counter that walks through the season's days.


def walked(length: int, season: Season, *, working: bool) -> Iterator[date]:
    counted, today = 0, season.first
    while today <= season.last:
        counted += CALENDAR.is_workday(today) if working else 1
        if counted == length:
            yield today
            counted = 0
        today += DAY


@settings(max_examples=300)
@given(
    length=st.integers(1, 40),
    first=st.dates(date(2024, 1, 1), date(2026, 6, 1)),
    days=st.integers(0, 300),
    working=st.booleans(),
)
def test_every_n_days_are_as_somebody_counting_on_fingers_finds_them(
    length: int, first: date, days: int, working: bool
) -> None:
    season = Season("旺季", first, first + days * DAY)
    rhythm = Rhythm.parse(f"{length}WD" if working else f"P{length}D")
    found = list(in_season(rhythm, season, first, season.last, CALENDAR))
    assert [one.due_on for one in found] == list(walked(length, season, working=working))
    for one in found:
        inside = one.period.first
        assert period_of(rhythm.every, inside, season.first, CALENDAR) == one.period
