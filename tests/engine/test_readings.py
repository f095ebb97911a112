"""What an interpretation may make of a rule, and what not."""

import pytest

from engine.errors import BadInterpretation
from engine.readings import Source, interpreted_term, reading_of
from rules.terms import Kind, Term
from tests.builders import build_interpretation, build_rule


def test_what_the_words_leave_open_may_be_fixed() -> None:
    cases = [
        # kind,           value,          reading,         becomes
        ("vague_periodic", "", "P1M;after=15D", Kind.PERIODIC),
        ("vague_periodic", "", "2026-12-31", Kind.FIXED_DEADLINE),
        ("continuous", "", "1WD", Kind.PERIODIC),
        ("vague_prompt", "", "20WD", Kind.AFTER_EVENT),
        ("vague_prompt", "", "P1W;weekday=5", Kind.PERIODIC),
        ("statutory_reference", "", "20WD", Kind.AFTER_EVENT),
        ("after_event", "", "PT24H", Kind.AFTER_EVENT),
        ("after_event", "20WD", "15WD", Kind.AFTER_EVENT),
        ("vague_prompt", "", "earlier(20WD,P1M)", Kind.AFTER_EVENT),
        ("after_event", "20WD", "earlier(20WD,P1M)", Kind.AFTER_EVENT),
        ("after_event", "20WD", "later(15WD,20WD)", Kind.AFTER_EVENT),
        ("after_event", "earlier(20WD,P1M)", "earlier(10WD,P1M)", Kind.AFTER_EVENT),
        ("after_event", "later(20WD,P1M)", "later(20WD,P1M)", Kind.AFTER_EVENT),
        ("after_event", "later(20WD,P1M)", "20WD", Kind.AFTER_EVENT),
        ("before_event", "P7D", "earlier(P7D,P5D)", Kind.BEFORE_EVENT),
        ("before_event", "", "P7D", Kind.BEFORE_EVENT),
        ("before_event", "P7D", "P10D", Kind.BEFORE_EVENT),
        ("before_event", "10WD", "10WD", Kind.BEFORE_EVENT),
        ("periodic", "P1M|P3M", "P3M", Kind.PERIODIC),
        ("periodic", "P1M", "P1M;after=15D", Kind.PERIODIC),
        ("periodic", "P1M", "P1M;day=25", Kind.PERIODIC),
        ("periodic", "P1Y;by=01-31", "P1Y;by=01-20", Kind.PERIODIC),
        ("periodic", "P1M", "P1M;workday=-3", Kind.PERIODIC),
        ("periodic", "P1Y", "P1Y;min=2", Kind.PERIODIC),
        ("periodic", "P1Y;min=1", "P1Y", Kind.PERIODIC),
        ("periodic", "P1M;workday=5", "P1M;workday=4", Kind.PERIODIC),
        ("periodic", "P1M;workday=-3", "P1M;workday=-5", Kind.PERIODIC),
        ("periodic", "P1M;after=15D", "P1M;after=10D", Kind.PERIODIC),
        ("periodic", "P1M;after=15D", "P1M;day=25", Kind.PERIODIC),
        ("periodic", "P1W;weekday=5", "P1W;weekday=4", Kind.PERIODIC),
        ("periodic", "P5D;season=收购旺季", "P5D", Kind.PERIODIC),
        ("periodic", "P5D;season=收购旺季", "P5D;season=收购旺季", Kind.PERIODIC),
        ("continuous", "", "P1D;season=汛期", Kind.PERIODIC),
        ("fixed_deadline", "2017-12-31", "2026-12-31", Kind.FIXED_DEADLINE),
    ]
    for kind, value, reading, becomes in cases:
        term = interpreted_term(build_rule(kind=kind, value=value), reading)
        assert (term.kind, term.value) == (becomes, reading), (kind, value)


def test_what_the_words_give_may_not_be_loosened() -> None:
    cases = [
        # kind,          value,           reading
        ("after_event", "20WD", "21WD"),
        ("after_event", "20WD", "P20D"),  # not comparable: a person has to look
        ("after_event", "PT5H", "PT24H"),
        ("after_event", "20WD", "later(20WD,P1M)"),
        ("after_event", "earlier(20WD,P1M)", "20WD"),
        ("after_event", "earlier(20WD,P1M)", "later(20WD,P1M)"),
        ("before_event", "P7D", "later(P7D,P5D)"),
        ("after_event", "20WD", ""),
        ("before_event", "P7D", "P3D"),  # a shorter lead is a later date
        ("before_event", "10WD", "9WD"),
        ("periodic", "P1M", "P3M"),
        ("periodic", "P1M", "P1M|P3M"),
        ("periodic", "P1M|P3M", "P1Y"),
        ("periodic", "P1Y;by=01-31", "P1Y;by=03-31"),
        ("periodic", "P1Y;by=01-31", "P1Y"),
        ("periodic", "P1Y;min=2", "P1Y"),
        ("periodic", "P1Y;min=3", "P1Y;min=2"),
        ("periodic", "P1M;workday=5", "P1M;workday=6"),
        ("periodic", "P1M;workday=-3", "P1M;workday=-2"),
        ("periodic", "P1M;workday=5", "P1M;workday=-20"),  # not comparable: a person has to look
        ("periodic", "P1M;workday=5", "P1M"),
        ("periodic", "P1Y;by=01-31", "P1Y;after=1D"),
        ("periodic", "P1M;after=15D", "P1M;after=16D"),
        ("periodic", "P1M;after=15D", "P1M;after=10WD"),
        ("periodic", "P1M;day=25", "P1M;day=26"),
        ("periodic", "P1W;weekday=5", "P1W"),
        ("periodic", "P5D;season=收购旺季", "P5D;season=汛期"),
        ("periodic", "P1M", "P1M;season=汛期"),
        ("vague_periodic", "", "P1M|P3M"),
        ("window", "P2Y", "P3Y"),
    ]
    for kind, value, reading in cases:
        with pytest.raises(BadInterpretation, match="paper-1-01"):
            interpreted_term(build_rule(kind=kind, value=value), reading)


def test_a_reading_of_another_kind_is_refused_with_examples() -> None:
    for kind, value, reading in (
        ("periodic", "P1M", "2026-12-31"),
        ("fixed_deadline", "2026-12-31", "P1M"),
        ("after_event", "", "P1M;after=15D"),
        ("vague_prompt", "", "二十个工作日"),
    ):
        with pytest.raises(BadInterpretation, match="写法不对"):
            interpreted_term(build_rule(kind=kind, value=value), reading)


def test_a_vague_rule_waits_and_says_so() -> None:
    for kind, words in (
        ("vague_periodic", "定期（未定周期）（待定口径）"),
        ("vague_prompt", "及时（未定时限）（待定口径）"),
        ("continuous", "持续（待定口径）"),
        ("statutory_reference", "法定时限（待定口径）"),
        ("after_event", "事后（待定口径）"),
    ):
        reading = reading_of(build_rule(kind=kind, value=""))
        assert (reading.term, reading.in_words) == (None, words)


def test_a_choice_of_rhythms_waits() -> None:
    assert reading_of(build_rule(value="P1M|P3M")).source is Source.WAITS


def test_every_date_says_whence_it_comes() -> None:
    cases = [
        # kind,          value,          words
        ("periodic", "P1M", "每月一次，每月的最后一日前（默认口径）"),
        ("periodic", "P1Y;by=01-31", "每年一次，1月31日前（原文）"),
        ("after_event", "20WD", "20个工作日内（原文）"),
        ("before_event", "P7D", "7日前（原文）"),
        ("fixed_deadline", "2026-12-31", "2026年12月31日前（原文）"),
    ]
    found = [(k, v, reading_of(build_rule(kind=k, value=v)).in_words) for k, v, _ in cases]
    assert found == cases


def test_an_interpretation_stands_as_one() -> None:
    rule = build_rule(kind="vague_periodic", value="")
    reading = reading_of(rule, build_interpretation(rule.id, "P1M;after=15D"))
    assert reading.term == Term.parse("periodic", "P1M;after=15D")
    assert reading.in_words == "每月一次，次月15日前（口径）"
