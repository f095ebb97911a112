"""What a person types for a term, in the words of papers or in the grammar's own."""

import pytest

from rules.errors import TermError
from rules.terms import Kind
from rules.typed_terms import EXAMPLES, typed_term

#     kind                  typed                   value
TYPED = [
    (Kind.PERIODIC, "每月", "P1M"),
    (Kind.PERIODIC, "每周", "P1W"),
    (Kind.PERIODIC, "每季度", "P3M"),
    (Kind.PERIODIC, "每半年", "P6M"),
    (Kind.PERIODIC, "每年", "P1Y"),
    (Kind.PERIODIC, "每年1月31日前", "P1Y;by=01-31"),
    (Kind.PERIODIC, "每年３月底前", "P1Y;by=03-31"),
    (Kind.PERIODIC, "每个工作日", "1WD"),
    (Kind.PERIODIC, "每個工作日", "1WD"),
    (Kind.PERIODIC, "每月15日前", "P1M;day=15"),
    (Kind.PERIODIC, "次月15日前", "P1M;after=15D"),
    (Kind.PERIODIC, "每季度结束后15日内", "P3M;after=15D"),
    (Kind.PERIODIC, "每月结束后10个工作日内", "P1M;after=10WD"),
    (Kind.PERIODIC, "每周五前", "P1W;weekday=5"),
    (Kind.PERIODIC, "每两周", "P2W"),
    (Kind.PERIODIC, "按月", "P1M"),
    (Kind.PERIODIC, "每月一次", "P1M"),
    (Kind.PERIODIC, "每年至少两次", "P1Y;min=2"),
    (Kind.PERIODIC, "P1M;after=15D", "P1M;after=15D"),
    (Kind.FIXED_DEADLINE, "2017年12月31日前", "2017-12-31"),
    (Kind.FIXED_DEADLINE, "2017年12月31日", "2017-12-31"),
    (Kind.FIXED_DEADLINE, "2017年底前", "2017-12-31"),
    (Kind.FIXED_DEADLINE, "2017-12-31", "2017-12-31"),
    (Kind.AFTER_EVENT, "20个工作日", "20WD"),
    (Kind.AFTER_EVENT, "20个工作日内", "20WD"),
    (Kind.AFTER_EVENT, "二十个工作日以内", "20WD"),
    (Kind.AFTER_EVENT, " 30日内 ", "P30D"),
    (Kind.AFTER_EVENT, "3个月内", "P3M"),
    (Kind.AFTER_EVENT, "5小时内", "PT5H"),
    (Kind.AFTER_EVENT, "", ""),
    (Kind.AFTER_EVENT, "earlier(20WD,P1M)", "earlier(20WD,P1M)"),
    (Kind.BEFORE_EVENT, "7日前", "P7D"),
    (Kind.BEFORE_EVENT, "提前7日", "P7D"),
    (Kind.BEFORE_EVENT, "7日", "P7D"),
    (Kind.BEFORE_EVENT, "10个工作日前", "10WD"),
    (Kind.WINDOW, "2年内", "P2Y"),
    (Kind.WINDOW, "2年", "P2Y"),
    (Kind.CONTINUOUS, "", ""),
]


@pytest.mark.parametrize(("kind", "typed", "value"), TYPED)
def test_what_is_typed_is_a_value_of_the_grammar(kind: Kind, typed: str, value: str) -> None:
    term = typed_term(typed, kind)
    assert (term.kind, term.value) == (kind, value)


def test_the_first_kind_that_has_the_words_is_meant() -> None:
    assert typed_term("每月", Kind.AFTER_EVENT, Kind.PERIODIC).kind is Kind.PERIODIC
    assert typed_term("一个月", Kind.AFTER_EVENT, Kind.PERIODIC).kind is Kind.AFTER_EVENT


@pytest.mark.parametrize(("kind", "example"), [(k, e) for k in EXAMPLES for e in EXAMPLES[k]])
def test_every_example_is_understood(kind: Kind, example: str) -> None:
    assert typed_term(example, kind).hard


#     kind                  typed                     told
REFUSED = [
    # The reader finds 每月 in it, and what it does not read would be lost.
    (Kind.PERIODIC, "每月第3个工作日前", "读不懂，可写每月、每周五前"),
    (Kind.PERIODIC, "每年1月31日前和每月", "读不懂"),
    (Kind.PERIODIC, "不是每月", "读不懂"),
    (Kind.PERIODIC, "经常", "读不懂"),
    (Kind.PERIODIC, "P1X", "或者代码，例如 P1M"),
    (Kind.PERIODIC, "", "期限没有写"),
    (Kind.PERIODIC, "每年999次", "读不懂"),
    (Kind.PERIODIC, "每月" * 60, "读不懂"),
    (Kind.PERIODIC, "20个工作日内", "是“事后”的写法，这里应是“周期”"),
    (Kind.FIXED_DEADLINE, "12月31日前", "读不懂，可写2026年12月31日前"),
    (Kind.FIXED_DEADLINE, "2017年2月30日前", "读不懂"),
    (Kind.AFTER_EVENT, "每月", "是“周期”的写法"),
    (Kind.AFTER_EVENT, "30分钟内", "读不懂"),
    (Kind.BEFORE_EVENT, "5小时前", "读不懂"),
    (Kind.CONTINUOUS, "每月", "类型“持续”不写期限"),
]


@pytest.mark.parametrize(("kind", "typed", "told"), REFUSED)
def test_what_is_not_understood_whole_is_refused_with_the_ways_to_write_it(
    kind: Kind, typed: str, told: str
) -> None:
    with pytest.raises(TermError) as refused:
        typed_term(typed, kind)
    assert told in str(refused.value)
