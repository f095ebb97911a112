"""期限: the grammar of values, what is refused and why, and how a term reads in Chinese."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.amounts import Amount, Measure
from rules.errors import TermError
from rules.rhythms import Rhythm
from rules.terms import KIND_NAMES, Kind, Term

NO_VALUE = ("simultaneous", "continuous", "vague_periodic", "vague_prompt", "statutory_reference")


@pytest.mark.parametrize(
    ("value", "number", "measure"),
    [
        ("30WD", 30, Measure.WORKING_DAY),
        ("PT5H", 5, Measure.HOUR),
        ("P20D", 20, Measure.DAY),
        ("P2W", 2, Measure.WEEK),
        ("P3M", 3, Measure.MONTH),
        ("P2Y", 2, Measure.YEAR),
        ("P99Y", 99, Measure.YEAR),
        ("9999WD", 9999, Measure.WORKING_DAY),
    ],
)
def test_an_amount_is_a_number_and_its_measure(value: str, number: int, measure: Measure) -> None:
    assert Amount.parse(value) == Amount(number, measure)


MONTH, YEAR, WEEK = (Amount(1, m) for m in (Measure.MONTH, Measure.YEAR, Measure.WEEK))


@pytest.mark.parametrize(
    ("value", "rhythm"),
    [
        ("P1M", Rhythm(MONTH)),
        ("1WD", Rhythm(Amount(1, Measure.WORKING_DAY))),
        ("P1Y;by=01-31", Rhythm(YEAR, by=(1, 31))),
        ("P1Y;by=02-29", Rhythm(YEAR, by=(2, 29))),
        ("P1Y;min=1", Rhythm(YEAR, minimum=1)),
        ("P1Y;min=366", Rhythm(YEAR, minimum=366)),
        ("P5D;season=收购旺季", Rhythm(Amount(5, Measure.DAY), season="收购旺季")),
        ("P1M;after=10WD", Rhythm(MONTH, after=Amount(10, Measure.WORKING_DAY))),
        ("P1M;after=15D", Rhythm(MONTH, after=Amount(15, Measure.DAY))),
        ("P1Y;after=3M", Rhythm(YEAR, after=Amount(3, Measure.MONTH))),
        ("P1M;day=25", Rhythm(MONTH, day=25)),
        ("P1M;workday=5", Rhythm(MONTH, workday=5)),
        ("P1M;workday=-23", Rhythm(MONTH, workday=-23)),
        ("P3M;day=31", Rhythm(Amount(3, Measure.MONTH), day=31)),
        ("P1W;weekday=5", Rhythm(WEEK, weekday=5)),
        ("P1W;weekday=5;season=汛期;min=2", Rhythm(WEEK, weekday=5, season="汛期", minimum=2)),
    ],
)
def test_a_rhythm_is_a_period_and_its_options(value: str, rhythm: Rhythm) -> None:
    assert Term.parse("periodic", value).rhythms == (rhythm,)


def test_alternatives_are_kept_in_order() -> None:
    rhythms = Term.parse("periodic", "P1M|P3M").rhythms
    assert [rhythm.every.number for rhythm in rhythms] == [1, 3]


def test_a_fixed_deadline_is_a_day() -> None:
    assert Term.parse("fixed_deadline", "2017-12-31").day == date(2017, 12, 31)


@pytest.mark.parametrize("kind", NO_VALUE)
def test_the_kinds_without_a_value_take_an_empty_one(kind: str) -> None:
    term = Term.parse(kind, "")
    assert (term.amount, term.day, term.rhythms) == (None, None, ())


REFUSED = [
    # kind            value                     the sentence says
    ("weekly", "P1W", "不认识的类型“weekly”"),
    ("", "", "不认识的类型“”"),
    ("PERIODIC", "P1M", "不认识的类型“PERIODIC”"),
    ("periodic", "", "“”不是时间量"),
    ("periodic", "P0M", "“P0M”不是时间量"),
    ("periodic", "P01M", "“P01M”不是时间量"),
    ("periodic", "p1m", "“p1m”不是时间量"),
    ("periodic", "P1M ", "“P1M ”不是时间量"),
    ("periodic", "P1M\n", "不是时间量"),
    ("periodic", "P１M", "“P１M”不是时间量"),
    ("periodic", "P100Y", "“P100Y”不是时间量"),
    ("periodic", "每月", "“每月”不是时间量"),
    ("periodic", "PT5H", "不能以小时计"),
    ("periodic", "P1M|", "“”不是时间量"),
    ("periodic", "P1M|P1M", "相同的选项"),
    ("periodic", "P1M;", "“=”不合规定"),
    ("periodic", "P1M;on=25", "“on=25”不合规定，可用：by=01-31"),
    ("periodic", "P1M;by=01-31", "“by=01-31”不合规定"),
    ("periodic", "P1Y;by=02-30", "“02-30”不存在"),
    ("periodic", "P1Y;by=W05-1", "“W05-1”不存在"),
    ("periodic", "P1Y;by=1-31", "“1-31”不存在"),
    ("periodic", "P1M;day=0", "“day=0”不合规定"),
    ("periodic", "P1M;day=05", "“day=05”不合规定"),
    ("periodic", "P1M;day=32", "“day=32”不合规定"),
    ("periodic", "P1M;day=" + "9" * 5000, "不合规定"),
    ("periodic", "P1M;workday=0", "“workday=0”不合规定"),
    ("periodic", "P1M;workday=24", "“workday=24”不合规定"),
    ("periodic", "P1M;workday=+5", "“workday=+5”不合规定"),
    ("periodic", "P3M;workday=5", "“workday=5”不合规定"),
    ("periodic", "P1M;workday=5;day=5", "只能有一个"),
    ("periodic", "P1W;day=5", "“day=5”不合规定"),
    ("periodic", "P1W;weekday=8", "“weekday=8”不合规定"),
    ("periodic", "P1M;weekday=5", "“weekday=5”不合规定"),
    ("periodic", "P1M;after=P15D", "“after=P15D”不合规定"),
    ("periodic", "P1M;after=5H", "“after=5H”不合规定"),
    ("periodic", "1WD;after=1WD", "“after=1WD”不合规定"),
    ("periodic", "P1Y;min=0", "“min=0”不合规定"),
    ("periodic", "P1Y;min=367", "“min=367”不合规定"),
    ("periodic", "P1Y;min=" + "9" * 5000, "不合规定"),
    ("periodic", "P5D;season=", "“season=”不合规定"),
    ("periodic", "P5D;season= ", "“season= ”不合规定"),
    ("periodic", "P1M;day=5;day=6", "day 出现了两次"),
    ("periodic", "P1M;day=5;after=5D", "只能有一个"),
    ("fixed_deadline", "", "日期“”不存在"),
    ("fixed_deadline", "2017-02-29", "日期“2017-02-29”不存在"),
    ("fixed_deadline", "20171231", "日期“20171231”不存在"),
    ("fixed_deadline", "2017-W52-7", "日期“2017-W52-7”不存在"),
    ("fixed_deadline", "0000-01-01", "日期“0000-01-01”不存在"),
    ("after_event", "5个工作日", "“5个工作日”不是时间量"),
    ("after_event", "P1M;day=5", "“P1M;day=5”中的“day=5”不合规定，可用：first=counted、roll=yes"),
    ("after_event", "20WD;roll=no", "“roll=no”不合规定，可用：first=counted"),
    ("after_event", "PT5H;first=counted", "“first=counted”不合规定，这里不能有"),
    ("after_event", "P20D;roll=maybe", "“roll=maybe”不合规定"),
    ("after_event", "P20D;roll=no;roll=no", "roll 出现了两次"),
    ("after_event", ";roll=no", "“”不是时间量"),
    ("before_event", "P7D;roll=no", "“roll=no”不合规定，这里不能有"),
    ("fixed_deadline", "2017-12-31;first=counted", "可用：before=included、before=excluded"),
    ("periodic", "P1M;workday=5;roll=no", "“roll=no”不合规定，这里不能有"),
    ("periodic", "P1M;after=10WD;roll=yes", "“roll=yes”不合规定"),
    ("periodic", "P1M;before=included", "“before=included”不合规定，可用：roll=yes、roll=no"),
    ("after_event", "P5H", "“P5H”不是时间量"),
    ("after_event", "earlier(20WD)", "应有两个以上不同的时间量"),
    ("after_event", "earlier(20WD,20WD)", "应有两个以上不同的时间量"),
    ("after_event", "earlier(20WD,)", "应有两个以上不同的时间量"),
    ("after_event", "earlier(20WD,P1X)", "“P1X”不是时间量"),
    ("after_event", "earlier(20WD,P1M);roll=no", "“earlier(20WD,P1M)”不是时间量"),
    ("after_event", "earlier(20WD,later(P1M,P2M))", "不是时间量"),
    ("after_event", "sooner(20WD,P1M)", "不是时间量"),
    ("before_event", "earlier(P7D,PT5H)", "不能以小时计"),
    ("window", "earlier(P1Y,P2Y)", "不是时间量"),
    ("fixed_deadline", "earlier(2017-12-31,2018-12-31)", "不存在"),
    ("before_event", "PT5H", "before_event 的“PT5H”不能以小时计"),
    ("before_event", "-7D", "“-7D”不是时间量"),
    ("window", "", "window 必须写明长度"),
    *((kind, "P1M", f"{kind} 的 value 必须为空") for kind in NO_VALUE),
]


@pytest.mark.parametrize(("kind", "value", "says"), REFUSED)
def test_what_is_not_in_the_grammar_is_refused_with_one_sentence(
    kind: str, value: str, says: str
) -> None:
    with pytest.raises(TermError) as refused:
        Term.parse(kind, value)
    assert says in str(refused.value)
    assert "。" not in str(refused.value)


@given(kind=st.sampled_from(Kind), value=st.text())
def test_arbitrary_text_is_a_value_or_is_refused(kind: Kind, value: str) -> None:
    _parses_or_is_refused(kind, value)


@given(
    kind=st.sampled_from(Kind),
    value=st.text("PTWDHMY0123456789;|=-afterbydmins季", max_size=24).map(lambda text: f"P1{text}"),
)
def test_text_that_looks_like_a_value_is_one_or_is_refused(kind: Kind, value: str) -> None:
    _parses_or_is_refused(kind, value)


def _parses_or_is_refused(kind: Kind, value: str) -> None:
    try:
        term = Term.parse(kind, value)
    except TermError:
        return
    assert term.in_words()
    assert term.hard in (True, False)


@pytest.mark.parametrize(
    ("kind", "value", "hard"),
    [
        ("periodic", "P1M", True),
        ("periodic", "P1M|P3M", False),
        ("periodic", "P5D;season=收购旺季", False),
        ("fixed_deadline", "2017-12-31", True),
        ("after_event", "PT5H", True),
        ("after_event", "", False),
        ("after_event", "later(20WD,P1M)", True),
        ("before_event", "P7D", True),
        ("before_event", "", False),
        ("window", "P2Y", True),
        *((kind, "", False) for kind in NO_VALUE),
    ],
)
def test_a_term_is_hard_when_its_words_give_a_date(kind: str, value: str, hard: bool) -> None:
    assert Term.parse(kind, value).hard is hard


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("periodic", "P1M", "每月一次，每月的最后一日前"),
        ("periodic", "P1M;after=10WD", "每月一次，每月结束后10个工作日内"),
        ("periodic", "P1M;after=15D", "每月一次，次月15日前"),
        ("periodic", "P1M;after=30D", "每月一次，每月结束后30日内"),
        ("periodic", "P3M;after=15D", "每季度一次，每季度结束后15日内"),
        ("periodic", "P1M;day=25", "每月一次，每月25日前"),
        ("periodic", "P1M;workday=5", "每月一次，每月第5个工作日前"),
        ("periodic", "P1M;workday=-3", "每月一次，每月倒数第3个工作日前"),
        ("periodic", "P6M;day=20", "每半年一次，每半年最后一个月的20日前"),
        ("periodic", "P1W;weekday=5", "每周一次，每周五前"),
        ("periodic", "P1W;weekday=7", "每周一次，每周日前"),
        ("periodic", "P2W", "每2周一次，每2周的最后一日前"),
        ("periodic", "1WD", "每个工作日一次，当日"),
        ("periodic", "P1D", "每日一次，当日"),
        ("periodic", "P1Y;by=01-31", "每年一次，1月31日前"),
        ("periodic", "P1Y;min=2", "每年至少2次，每年的最后一日前"),
        ("periodic", "P5D;season=收购旺季", "每5日一次（收购旺季期间），每5日的最后一日前"),
        (
            "periodic",
            "P1M|P3M",
            "每月一次，每月的最后一日前；或每季度一次，每季度的最后一日前",
        ),
        ("fixed_deadline", "2017-12-31", "2017年12月31日前"),
        ("after_event", "30WD", "30个工作日内"),
        ("after_event", "PT5H", "5小时内"),
        ("before_event", "P7D", "7日前"),
        ("after_event", "earlier(20WD,P1M)", "20个工作日内或1个月内，以先到者为准"),
        ("before_event", "later(P7D,5WD)", "7日前或5个工作日前，以后到者为准"),
        ("after_event", "P20D;roll=no", "20日内，逢休息日不顺延"),
        ("after_event", "30WD;first=counted", "30个工作日内，起算当日计入"),
        (
            "fixed_deadline",
            "2017-12-31;before=included;roll=no",
            "2017年12月31日前，含当日，逢休息日不顺延",
        ),
        (
            "periodic",
            "P1Y;by=01-31;before=excluded;roll=yes",
            "每年一次，1月31日前，不含当日，逢休息日顺延",
        ),
        ("window", "P2Y", "2年内"),
    ],
)
def test_a_term_reads_in_chinese(kind: str, value: str, words: str) -> None:
    assert Term.parse(kind, value).in_words() == words


@pytest.mark.parametrize("kind", [*NO_VALUE, "after_event", "before_event"])
def test_a_term_without_a_number_reads_as_its_kind(kind: str) -> None:
    assert Term.parse(kind, "").in_words() == KIND_NAMES[Kind(kind)]


def test_there_are_ten_kinds_and_each_has_a_name() -> None:
    assert len(Kind) == 10
    assert set(KIND_NAMES) == set(Kind)
