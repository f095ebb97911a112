"""每年至少两次: one obligation for each time, all due by the period's end, told by shares of it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from engine.database import reading, writing
from engine.derivation import derive
from engine.obligations import Obligation, complete
from engine.owing import owed_among
from engine.period_names import period_in_words
from engine.periods import each_time, period_of
from engine.tracing import answers_of, trace_of
from rules.rhythms import Rhythm
from rules.rule import Document
from tests.builders import CALENDAR, build_agency, build_rule, day, instant, memory

NOW = instant("2026-01-05T09:00")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        # period, due on, act by
        ("P1Y;min=2", [("2026#1", "12-31", "06-30"), ("2026#2", "12-31", "12-31")]),
        ("P1Y;min=1", [("2026", "12-31", "12-31")]),
        ("P1Y;min=3", [("2026#1", "12-31", "04-30"), ("2026#2", "12-31", "08-31"), ("2026#3", "12-31", "12-31")]),
        # five shares of 365 days end on 03-14 (a Saturday), 05-26, 08-07, 10-19
        ("P1Y;min=5", [("2026#1", "12-31", "03-13"), ("2026#2", "12-31", "05-26"), ("2026#3", "12-31", "08-07"), ("2026#4", "12-31", "10-19"), ("2026#5", "12-31", "12-31")]),
        # due before the first share ends: the day stands for both
        ("P1Y;by=01-30;min=2", [("2026#1", "01-30", "01-30"), ("2026#2", "01-30", "01-30")]),
    ],
)  # fmt: skip
def test_each_time_has_a_row_and_its_own_day_to_act(
    value: str, expected: list[tuple[str, str, str]]
) -> None:
    agency = build_agency([build_rule(value=value)])
    (duty,) = agency.duties_in_force.values()
    found = owed_among(agency, duty, day("2026-01-01"), day("2026-12-31"), CALENDAR)
    rows = [
        (one.occurrence.period.key, str(one.due.due_on)[5:], str(one.due.act_by)[5:])
        for one in found
    ]
    assert rows == expected


def test_one_done_leaves_the_other_and_each_explains_itself() -> None:
    agency = build_agency([build_rule(value="P1Y;min=2")], horizon_days=360)
    with memory() as db:
        with writing(db) as session:
            assert derive(session, agency, CALENDAR, NOW) == 2
            complete(session, 1, by="张三", at=NOW, evidence="", now=NOW)
        with writing(db) as session:
            assert derive(session, agency, CALENDAR, NOW) == 0
        with reading(db) as session:
            rows = session.exec(select(Obligation).order_by(col(Obligation.id))).all()
            texts = [step.text for step in trace_of(session, agency, CALENDAR, rows[0])]
            open_ = answers_of(session, agency, CALENDAR, rows[0]).alternatives
    assert [row.status for row in rows] == ["done", "open"]
    assert [row.period_in_words for row in rows] == ["2026年第1次", "2026年第2次"]
    assert texts[:4] == [
        "本期为2026-01-01（星期四）至2026-12-31（星期四）",
        "本期至少2次，这是第1次，都以期末为限；提醒按均分的期间，至2026-06-30（星期二）",
        "每年至少2次，每年的最后一日前：2026-12-31（星期四）",
        "宜在2026-06-30（星期二）前办理，按各种算法都不逾期",
    ]
    assert [(one.reading, str(one.due_on)) for one in open_] == [
        ("第1次在其均分的期间内", "2026-06-30")
    ]


def test_a_linked_yearly_duty_stands_for_one_time_and_not_for_two() -> None:
    once = replace(build_rule(value="P1Y"), same_as=("other-01",))
    twice = replace(
        build_rule("other-01", value="P1Y;min=2", document=Document("other", "另一文件")),
        same_as=(once.id,),
    )
    for rules in ([once, twice], [twice, once]):
        agency = build_agency(rules)
        standing = [
            one.occurrence.period.key
            for duty in agency.duties_in_force.values()
            for one in owed_among(agency, duty, day("2026-01-01"), day("2026-12-31"), CALENDAR)
            if not one.governed_by
        ]
        assert len(standing) == 2
        assert "2026#2" in standing


def test_a_reference_that_looks_like_a_time_stays_as_it_is() -> None:
    assert [period_in_words(key) for key in ("2026-Q3#2", "申请#2", "2026#")] == [
        "2026年第三季度第2次",
        "申请#2",
        "2026#",
    ]


@given(
    every=st.sampled_from(["P1W", "P10D", "P1M", "P3M", "P6M", "P1Y", "P5M"]),
    times=st.integers(2, 60),
    inside=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
)
def test_shares_follow_each_other_and_are_nearly_equal(
    every: str, times: int, inside: date
) -> None:
    rhythm = Rhythm.parse(f"{every};min={times}")
    period = period_of(rhythm.every, inside, date(2020, 1, 1), CALENDAR)
    found = list(each_time(rhythm, period))
    assert [one.number for one in found] == list(range(1, times + 1))
    ends = [one.share or one.last for one in found]
    assert ends == sorted(ends)
    assert period.first <= ends[0]
    assert ends[-1] == period.last
    length = (period.last - period.first + timedelta(days=1)) / times
    for number, end in enumerate(ends, 1):
        exact = period.first - timedelta(days=1) + number * length
        assert abs(end - exact) <= timedelta(days=4)  # whole months are not equally long
