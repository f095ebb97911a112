"""Notices: which one has the last word, what was known when, and regions with festivals of their own."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.announced_years import built_in_notices
from engine.errors import BadNotice
from engine.notices import (
    CN,
    Notice,
    NoticeDay,
    days_as_rows,
    days_of_rows,
    is_scope,
    read_json,
    scopes_of,
)
from engine.regional_festivals import FESTIVALS
from engine.workdays import WorkCalendar, work_calendar

ONE_DAY = timedelta(days=1)
GUANGXI, LIANGSHAN, LHASA = "450000", "513400", "540100"
NANNING = "450102"


def notice(scope: str, issued: str, number: str = "某政办发〔2026〕1号", **days: bool) -> Notice:
    """`d20260420=False`: a day off."""
    said = (NoticeDay(date.fromisoformat(day[1:]), works, "节") for day, works in days.items())
    return Notice(scope, number, date.fromisoformat(issued), "", tuple(said))


def test_the_scopes_of_a_region_are_its_prefixes() -> None:
    cases = {
        "CN": ("CN",),
        "510000": ("CN", "510000"),
        "510800": ("CN", "510000", "510800"),
        "510802": ("CN", "510000", "510800", "510802"),
    }
    assert {region: scopes_of(region) for region in cases} == cases
    assert [is_scope(text) for text in ("CN", "510800", "cn", "51080", "051080", "")] == [
        *(True, True, False, False, False, False)
    ]


def test_what_was_known_on_a_day() -> None:
    cases = [
        # start,      n, known on,     result
        ("2019-04-22", 7, "2019-03-01", "2019-05-02"),
        ("2019-04-22", 7, "2019-03-21", "2019-05-02"),
        ("2019-04-22", 7, "2019-03-22", "2019-04-30"),
        ("2020-01-22", 5, "2020-01-25", "2020-02-04"),
        ("2020-01-22", 5, "2020-01-26", "2020-02-06"),
        ("2015-09-01", 3, "2015-05-12", "2015-09-04"),
        ("2015-09-01", 3, "2015-05-13", "2015-09-07"),
        ("2026-12-15", 20, "2026-11-22", "2027-01-13"),
    ]
    found = []
    for start, n, known_on, _ in cases:
        calendar = work_calendar(known_on=date.fromisoformat(known_on))
        end = calendar.add(date.fromisoformat(start), n).isoformat()
        found.append((start, n, known_on, end))
    assert found == cases


def test_a_year_is_known_from_its_notice_on() -> None:
    before, after = (work_calendar(known_on=date(2025, 11, day)) for day in (3, 4))
    assert (before.announced_through, after.announced_through) == (2025, 2026)
    span = before.add_span(date(2026, 2, 2), 20)
    assert span.provisional
    assert span.reason == "暂定：2026年放假安排尚未公布"
    assert not after.add_span(date(2026, 2, 2), 20).provisional


@given(
    st.dates(date(2007, 1, 1), date(2026, 12, 31)), st.dates(date(2007, 1, 1), date(2026, 12, 31))
)
def test_an_earlier_calendar_is_sure_of_less(a: date, b: date) -> None:
    """And rests on no notice that came later."""
    a, b = sorted((a, b))
    early, late = work_calendar(known_on=a), work_calendar(known_on=b)
    assert early.announced_through <= late.announced_through
    assert early.certain_through <= late.certain_through
    issued = {one.basis: one.issued for one in built_in_notices()}
    for day in (a, b):
        assert issued.get(early.reason(day).basis, a) <= a


def test_each_calendar_is_built_once() -> None:
    assert work_calendar() is work_calendar(known_on=date(2026, 11, 22))
    assert work_calendar(region=GUANGXI) is work_calendar(region=GUANGXI)


def test_the_later_issue_of_a_scope_wins_whatever_the_order() -> None:
    off = notice(CN, "2026-05-01", d20260601=False)
    worked = notice(CN, "2026-05-02", d20260601=True)
    for given_ in ((off, worked), (worked, off)):
        assert work_calendar(given_).is_workday(date(2026, 6, 1))
    assert not work_calendar((off, worked), known_on=date(2026, 5, 1)).is_workday(date(2026, 6, 1))


def test_the_narrower_scope_wins_over_a_later_issue() -> None:
    local = notice(GUANGXI, "2026-05-01", d20260601=False)
    national = notice(CN, "2026-05-20", d20260601=True)
    days = {
        region: work_calendar((local, national), region).is_workday(date(2026, 6, 1))
        for region in (CN, GUANGXI, NANNING, LIANGSHAN)
    }
    assert days == {CN: True, GUANGXI: False, NANNING: False, LIANGSHAN: True}


def test_local_notices_of_the_past() -> None:
    guangxi = notice(GUANGXI, "2022-03-15", "桂政办电〔2022〕20号", d20220402=False)
    liangshan = notice(LIANGSHAN, "2021-07-01", "凉府办发〔2021〕9号", d20210731=True)
    lhasa = notice(LHASA, "2023-02-01", "拉政办发〔2023〕2号", d20230218=True, d20230219=True)
    for one in (guangxi, liangshan, lhasa):
        here, elsewhere = work_calendar((one,), one.scope), work_calendar((one,))
        for day in one.days:
            assert here.is_workday(day.date) == day.workday != elsewhere.is_workday(day.date)
            assert here.reason(day.date).basis == one.number


def test_a_whole_year_replaces_what_was_said_of_it() -> None:
    (year,) = (one for one in built_in_notices() if one.year == 2026)
    days = tuple(day for day in year.days if day.date != date(2026, 5, 5))
    again = Notice(CN, "国办发明电〔2026〕1号", date(2026, 2, 1), "", days)
    assert work_calendar((again,)).is_workday(date(2026, 5, 5))


@pytest.mark.parametrize("days", [(), (NoticeDay(date(2027, 1, 1), False, "元旦"),)])
def test_a_year_without_its_days_is_missing(days: tuple[NoticeDay, ...]) -> None:
    empty = Notice(CN, "国办发明电〔2026〕9号", date(2026, 11, 1), "", days)
    calendar = work_calendar((empty,))
    assert calendar.announced_through == 2026
    assert not calendar.is_workday(date(2027, 10, 1))
    assert calendar.add_span(date(2027, 9, 27), 5).provisional


def test_a_gap_ends_what_is_known() -> None:
    (year,) = (one for one in built_in_notices() if one.year == 2026)
    without = WorkCalendar([one for one in built_in_notices() if one.year != 2020])
    assert without.announced_through == 2019
    assert "暂定" in without.reason(year.days[0].date).basis


def test_a_festival_that_can_be_computed_is_provisional_until_its_notice() -> None:
    before = work_calendar(region=NANNING)
    assert [before.is_workday(date(2026, 4, day)) for day in (19, 20, 21, 22)] == [
        False,
        False,
        False,
        True,
    ]
    span = before.add_span(date(2026, 4, 15), 5)
    assert span.reason == "暂定：广西壮族自治区2026年三月三放假安排尚未公布"
    assert (span.date, span.earliest) == (date(2026, 4, 24), date(2026, 4, 20))
    assert span.date < span.latest
    assert not before.add_span(date(2026, 5, 6), 20).provisional
    assert before.reason(date(2026, 4, 20)).basis.startswith(
        "《全国年节及纪念日放假办法》第四条（暂定："
    )
    local = notice(GUANGXI, "2026-03-20", d20260420=False, d20260421=False)
    after = work_calendar((local,), NANNING).add_span(date(2026, 4, 15), 5)
    assert (after.provisional, after.date) == (False, date(2026, 4, 24))


@pytest.mark.parametrize(
    ("region", "day", "name"),
    [
        (LHASA, date(2026, 2, 27), "藏历新年"),
        ("640100", date(2026, 3, 20), "开斋节"),
        ("640100", date(2026, 5, 27), "古尔邦节"),
        (LIANGSHAN, date(2026, 8, 6), "火把节"),
    ],
)
def test_a_festival_of_the_moon_or_the_almanac_is_provisional(
    region: str, day: date, name: str
) -> None:
    calendar = work_calendar(region=region)
    assert not calendar.certain(day)
    assert name in calendar.reason(day).basis
    span = calendar.add_span(day - 3 * ONE_DAY, 5)
    assert span.earliest <= span.date < span.latest
    assert calendar.safe_on_or_before(day) < day
    assert work_calendar().certain(day)


@given(
    st.sampled_from(sorted({one.scope for one in FESTIVALS})),
    st.dates(date(2008, 1, 1), date(2099, 1, 1)),
    st.integers(-60, 60),
)
def test_bounds_hold_in_every_region(region: str, start: date, n: int) -> None:
    calendar = work_calendar(region=region)
    span = calendar.add_span(start, n)
    assert span.earliest <= span.date <= span.latest
    assert bool(span.reason) == span.provisional
    assert span.provisional or span.earliest == span.latest


def test_islamic_festivals_lie_near_the_days_that_were_kept() -> None:
    firsts = {one.name: one.firsts for one in FESTIVALS}
    for name, kept in (("开斋节", date(2024, 4, 10)), ("开斋节", date(2025, 3, 31)), ("古尔邦节", date(2025, 6, 7))):  # fmt: skip
        assert kept in firsts[name](kept.year)


def test_the_calendar_of_a_region_has_its_days() -> None:
    office = work_calendar()
    there, day = office.in_region(NANNING), date(2026, 4, 20)
    assert (there.is_workday(day), office.is_workday(day)) == (False, True)
    assert there.in_region(CN) is not there
    assert there.in_region(NANNING) is there
    assert there.in_region(CN).fingerprint == office.fingerprint


def test_the_json_form_keeps_every_day() -> None:
    for one in built_in_notices():
        assert days_of_rows(days_as_rows(one.days)) == one.days


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "不是正确的 JSON"),
        ("{}", "days 是列表"),
        ('{"days": [], "datum": 1}', "不认识的键：datum"),
        ('{"days": [{"date": "2027-01-01"}]}', "第1项应正好有"),
        (
            '{"days": [{"date": "2027-02-30", "workday": false, "name": "x"}]}',
            "第1项“2027-02-30”不是日期",
        ),
        ('{"days": [{"date": "2027-02-03", "workday": 1, "name": "x"}]}', "true 或 false"),
        ('{"days": [], "number": 7}', "number 应是文字"),
        ('{"days": [], "issued": "昨天"}', "“昨天”不是日期"),
    ],
)
def test_a_bad_json_form_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(BadNotice, match=words):
        read_json(text)
