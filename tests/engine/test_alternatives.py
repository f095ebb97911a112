"""What law or paper leave open is stated with its alternatives, and the day to act is before all."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.alternatives import Answer, Answers, answers, guarded
from engine.due_dates import Due, due
from engine.errors import BadInterpretation
from engine.instants import day_of, parse_event
from engine.periods import period_of
from engine.readings import interpreted_term
from rules.rule import Anchor, Document, Rule
from rules.terms import Kind, Term
from tests.builders import CALENDAR, build_rule, day

HEARING = Document("law", "中华人民共和国行政许可法")
PENALTY = Document("law", "行政处罚法")
REVIEW = Document("law", "行政复议法")
PAPER = Document("paper", "工作要点", adopted=day("2019-04-17"), published=day("2019-04-29"))


def read(rule: Rule, event: str, value: str | None = None) -> tuple[Due, Answers]:
    term = rule.term if value is None else Term.parse(rule.term.kind, value)
    moment = parse_event(event)
    counted = moment if term.amount else None
    found = due(term, moment, CALENDAR)
    inside = day_of(moment)
    period = period_of(term.rhythms[0].every, inside, inside, CALENDAR) if term.rhythms else None
    found = guarded(rule, term, found, CALENDAR, counted, period)
    more = {"event": counted, "period": period, "decided": "口径（办公室）"}
    return found, answers(rule, term, found, CALENDAR, **more)  # type: ignore[arg-type]


def others(found: Answers) -> list[tuple[str, str]]:
    return [(one.reading, str(one.due_on)) for one in found.alternatives]


@pytest.mark.parametrize(
    ("kind", "value", "event", "due_on", "act_by", "open_"),
    [
        # the law settles the first day, and working days say what they are
        ("after_event", "20WD", "2026-03-02", "2026-03-30", "2026-03-30", []),
        ("after_event", "P1D", "2026-03-02", "2026-03-03", "2026-03-03", []),
        # the last day: 2026-02-17 is 春节
        ("after_event", "P20D", "2026-01-28", "2026-02-24", "2026-02-14", [("不顺延", "2026-02-17")]),
        ("window", "P2Y", "2024-03-03", "2026-03-03", "2026-03-03", []),
        ("after_event", "P8D", "2026-10-02", "2026-10-10", "2026-10-10", []),  # a make-up Saturday
        ("before_event", "P7D", "2026-10-12", "2026-10-05", "2026-09-30", [("提前至前一个工作日", "2026-09-30")]),
        ("before_event", "10WD", "2026-10-12", "2026-09-21", "2026-09-21", []),
        ("fixed_deadline", "2017-12-31", "2017-01-01", "2017-12-31", "2017-12-29", [("顺延至其后第一个工作日", "2018-01-02")]),
        ("fixed_deadline", "2018-08-31", "2018-01-01", "2018-08-31", "2018-08-31", []),
        ("periodic", "P1M", "2026-10-03", "2026-10-31", "2026-10-30", [("顺延至其后第一个工作日", "2026-11-02")]),
        ("periodic", "P1M;after=10WD", "2026-09-15", "2026-10-20", "2026-10-20", []),
        ("periodic", "P1D", "2026-10-03", "2026-10-03", "2026-09-30", []),
    ],
)  # fmt: skip
def test_what_is_open_has_its_date(
    kind: str, value: str, event: str, due_on: str, act_by: str, open_: list[tuple[str, str]]
) -> None:
    found, read_ = read(build_rule(kind=kind, value=value), event)
    assert (str(found.due_on), str(found.act_by), others(read_)) == (due_on, act_by, open_)
    assert all(one.basis and one.due_on == found.due_on for one in read_.taken)


def test_each_reading_names_what_it_rests_on() -> None:
    _, found = read(build_rule(kind="after_event", value="P20D"), "2026-01-28")
    last = "最后一日逢休息日"
    law = "《民法典》第二百零三条第一款"
    assert found.taken == (
        Answer("起算当日算不算", "当日不计入", "《民法典》第二百零一条第一款", day("2026-02-24")),
        Answer("“日”是自然日还是工作日", "自然日", "《民法典》第二百条", day("2026-02-24")),
        Answer(last, "顺延至其后第一个工作日", law, day("2026-02-24")),
    )
    assert found.alternatives[0].question == last


@pytest.mark.parametrize(
    ("quote", "value", "period", "act_by", "open_"),
    [
        # 2027-03-31 is a Wednesday; of 年底前 nobody says that the year ends a day earlier
        ("每年3月31日前公布年度报告", "P1Y;by=03-31", "2026-06-01", "2026-03-30", ["2026-03-30"]),
        ("每年三月三十一日以前公布", "P1Y;by=03-31", "2026-06-01", "2026-03-30", ["2026-03-30"]),
        ("每年3月底前公布年度报告", "P1Y;by=03-31", "2026-06-01", "2026-03-31", []),
        ("每年1月31日前提交", "P1Y;by=01-31", "2026-06-01", "2026-01-30", ["2026-02-02", "2026-01-30"]),
        ("每月25日之前报送", "P1M;day=25", "2026-03-01", "2026-03-24", ["2026-03-24"]),
    ],
)  # fmt: skip
def test_a_day_that_the_paper_names_may_be_left_out(
    quote: str, value: str, period: str, act_by: str, open_: list[str]
) -> None:
    found, read_ = read(build_rule(value=value, quote=quote), period)
    assert (str(found.act_by), [str(one.due_on) for one in read_.alternatives]) == (act_by, open_)


def test_a_day_that_the_agency_chose_itself_is_meant_as_it_stands() -> None:
    rule = build_rule(value="P1Y;by=03-31", quote="每年3月31日前公布年度报告")
    found, read_ = read(rule, "2026-06-01", "P1Y;by=03-20")
    assert (str(found.act_by), read_.alternatives) == ("2026-03-20", ())


@pytest.mark.parametrize(
    ("paper", "kind", "value", "event", "act_by", "open_"),
    [
        (HEARING, "before_event", "P7D", "2026-10-12", "2026-09-24", ["2026-09-24", "2026-09-30"]),
        (HEARING, "after_event", "P20D", "2026-03-02", "2026-03-20", ["2026-03-30", "2026-03-22"]),
        (PENALTY, "after_event", "P7D", "2026-03-02", "2026-03-09", ["2026-03-11"]),
        (PENALTY, "after_event", "P15D", "2026-03-02", "2026-03-17", []),  # only 2, 3, 5, 7
        (REVIEW, "after_event", "P10D", "2026-03-02", "2026-03-12", ["2026-03-16"]),
        (PAPER, "after_event", "P7D", "2026-03-02", "2026-03-09", []),
    ],
)
def test_days_are_working_days_under_the_laws_that_say_so(
    paper: Document, kind: str, value: str, event: str, act_by: str, open_: list[str]
) -> None:
    found, read_ = read(build_rule(kind=kind, value=value, document=paper), event)
    assert (str(found.act_by), [str(one.due_on) for one in read_.alternatives]) == (act_by, open_)


def test_the_review_act_before_2024_meant_only_five_and_seven() -> None:
    old = replace(
        build_rule(kind="after_event", value="P10D", document=REVIEW), until=day("2023-12-31")
    )
    assert read(old, "2023-03-06")[1].alternatives == ()
    old = replace(old, term=Term.parse("after_event", "P5D"))
    assert others(read(old, "2023-03-02")[1]) == [("工作日", "2023-03-09")]


def test_an_assumed_anchor_may_be_the_other_day_of_the_document() -> None:
    rule = build_rule(kind="after_event", value="30WD", document=PAPER)
    assert read(rule, "2019-04-29")[1].alternatives == ()  # stated
    rule = replace(rule, anchor=Anchor.ASSUMED)
    cases = [
        # event,       due,        act by,       alternatives
        ("2019-04-29", "2019-06-13", "2019-05-30", [("自成文之日2019-04-17起算", "2019-05-30")]),
        ("2019-04-17", "2019-05-30", "2019-05-30", [("自发布之日2019-04-29起算", "2019-06-13")]),
        ("2019-05-06", "2019-06-18", "2019-06-18", []),
    ]  # fmt: skip
    for event, due_on, act_by, open_ in cases:
        found, read_ = read(rule, event)
        assert (str(found.due_on), str(found.act_by), others(read_)) == (due_on, act_by, open_)
    undated = replace(rule, document=Document("paper", "工作要点"))
    _, read_ = read(undated, "2019-04-29")
    assert (read_.taken[-1].reading, read_.alternatives) == ("自登记的事由之日起算", ())
    assert read_.taken[-1].basis == "原文没有写明从何时起算"


def test_hours_say_from_which_moment_they_run() -> None:
    rule = build_rule(kind="after_event", value="PT5H")
    for anchor, basis in ((Anchor.STATED, "原文；"), (Anchor.ASSUMED, "原文没有写明从何时起算；")):
        _, found = read(replace(rule, anchor=anchor), "2026-10-01T22:40")
        ((taken,), nothing) = (found.taken, found.alternatives)
        assert (taken.question, nothing) == ("小时从何时起算", ())
        assert taken.basis.startswith(basis)


@pytest.mark.parametrize(
    ("kind", "value", "event", "due_on", "act_by"),
    [
        ("after_event", "P20D;roll=no", "2026-01-28", "2026-02-17", "2026-02-14"),
        ("after_event", "P20D;roll=yes", "2026-01-28", "2026-02-24", "2026-02-24"),
        ("after_event", "20WD;first=counted", "2026-03-02", "2026-03-27", "2026-03-27"),
        ("after_event", "P3D;first=counted", "2026-03-02", "2026-03-04", "2026-03-04"),
        ("after_event", "P1M;first=counted", "2026-03-02", "2026-04-01", "2026-04-01"),
        ("window", "P2Y;roll=no", "2024-02-28", "2026-02-28", "2026-02-28"),
        # rolled, but of 前 nobody has spoken: the day before it is a Friday
        ("fixed_deadline", "2026-01-31;roll=yes", "2026-01-01", "2026-02-02", "2026-01-30"),
        ("fixed_deadline", "2026-01-31;roll=yes;before=included", "2026-01-01", "2026-02-02", "2026-02-02"),
        ("fixed_deadline", "2026-01-31;roll=no", "2026-01-01", "2026-01-31", "2026-01-30"),
        ("fixed_deadline", "2026-03-31;before=excluded", "2026-01-01", "2026-03-30", "2026-03-30"),
        ("fixed_deadline", "2026-03-31;before=included", "2026-01-01", "2026-03-31", "2026-03-31"),
        ("periodic", "P1Y;by=01-31;roll=yes", "2026-01-01", "2026-02-02", "2026-01-30"),
        ("periodic", "P1Y;by=03-31;before=included", "2026-01-01", "2026-03-31", "2026-03-31"),
        ("periodic", "P1M;day=25;before=excluded;roll=yes", "2026-10-01", "2026-10-26", "2026-10-26"),
        ("periodic", "P1M;after=15D;roll=yes", "2026-09-01", "2026-10-15", "2026-10-15"),
    ],
)  # fmt: skip
def test_what_is_settled_leaves_nothing_open(
    kind: str, value: str, event: str, due_on: str, act_by: str
) -> None:
    rule = build_rule(kind=kind, value=value.partition(";")[0] if kind != "periodic" else value)
    rule = replace(rule, quote="1月31日前、3月31日前、25日前")
    found, read_ = read(rule, event, value)
    assert (str(found.due_on), str(found.act_by)) == (due_on, act_by)
    settled = {one.question for one in read_.taken if one.basis == "口径（办公室）"}
    assert not settled & {one.question for one in read_.alternatives}


def test_an_agency_may_settle_what_is_open_and_no_more() -> None:
    named, year_end = "每年1月31日前提交", "年底前完成"
    cases = [
        # kind, words, quote, reading, allowed
        ("after_event", "P20D", "", "P20D;roll=no", True),
        ("after_event", "P20D", "", "P20D;roll=yes", True),
        ("after_event", "P20D;roll=no", "", "P20D", False),
        ("after_event", "P20D;roll=no", "", "P20D;roll=yes", False),
        ("after_event", "20WD", "", "20WD;first=counted", True),
        ("after_event", "20WD;first=counted", "", "20WD", False),
        ("after_event", "P7D", "", "7WD", False),  # longer, and no law says it
        ("before_event", "P7D", "", "7WD", True),  # earlier
        ("before_event", "P7D", "", "6WD", False),
        ("periodic", "P1Y;by=01-31", named, "P1Y;by=01-31;roll=yes", True),
        ("periodic", "P1Y;by=01-31", named, "P1Y;by=01-31;before=excluded", True),
        ("periodic", "P1Y;by=01-31;before=excluded", named, "P1Y;by=01-31", False),
        ("periodic", "P1M", "每月", "P1M;roll=yes", False),  # in the next month
        ("periodic", "P1M", "每月", "P1M;day=31;roll=yes", False),
        ("periodic", "P1M", "每月", "P1M;after=15D;roll=yes", True),
        ("vague_periodic", "", "定期", "P1M;day=31;roll=yes", True),
        ("fixed_deadline", "2017-12-31", year_end, "2017-12-31;roll=yes", False),
        ("fixed_deadline", "2017-12-31", year_end, "2017-12-31;roll=no", True),
        ("fixed_deadline", "2017-10-15", "10月15日前", "2017-10-15;roll=yes", True),
    ]
    for kind, value, quote, reading, allowed in cases:
        rule = build_rule(kind=kind, value=value, quote=quote)
        if allowed:
            assert interpreted_term(rule, reading).value == reading
        else:
            with pytest.raises(BadInterpretation, match="超出了原文"):
                interpreted_term(rule, reading)
    law = build_rule(kind="after_event", value="P7D", document=PENALTY)
    assert interpreted_term(law, "7WD").value == "7WD"
    with pytest.raises(BadInterpretation, match="超出了原文"):
        interpreted_term(law, "8WD")


RULES = st.builds(
    lambda value, quote, paper: replace(
        build_rule("x", *value, quote=quote, document=paper),
        anchor=Anchor.ASSUMED if value[0] == "after_event" else Anchor.STATED,
    ),
    st.sampled_from(
        [
            *(
                ("after_event", v)
                for v in ("7WD", "P7D", "P20D", "P1M", "P1Y", "P7D;first=counted")
            ),
            *(("before_event", v) for v in ("P7D", "P3D", "10WD", "P1M")),
            *(("periodic", v) for v in ("P1M", "P1M;day=25", "P1Y;by=03-31", "P1W;weekday=6")),
            ("fixed_deadline", "2026-03-31"),
        ]
    ),
    st.sampled_from(["3月31日前", "25日前", "每月"]),
    st.sampled_from([HEARING, PENALTY, PAPER, Document("y", "文件")]),
)


@settings(max_examples=400)
@given(rule=RULES, event=st.dates(date(2015, 1, 1), date(2025, 10, 1)))
def test_the_day_to_act_is_right_under_every_reading(rule: Rule, event: date) -> None:
    found, read_ = read(rule, event.isoformat())
    earliest = min([one.due_on for one in read_.alternatives], default=found.due_on)
    forwards = rule.term.kind is Kind.AFTER_EVENT
    if found.act_by > min(earliest, found.earliest):  # no day was left since the event
        assert forwards
        assert CALENDAR.on_or_before(earliest) < event
    assert CALENDAR.is_workday(found.act_by)
