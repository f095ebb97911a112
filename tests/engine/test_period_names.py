"""The keys of periods as people read them."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from engine.period_names import period_in_words
from engine.periods import period_of
from rules.amounts import Amount
from tests.builders import CALENDAR


def test_keys_are_named_in_chinese() -> None:
    cases = [
        # key,             words
        ("2026", "2026年"),
        ("2026-09", "2026年9月"),
        ("2026-Q3", "2026年第三季度"),
        ("2026-H1", "2026年上半年"),
        ("2026-H2", "2026年下半年"),
        ("2026-W53", "2026年第53周"),
        ("2027-W01", "2027年第1周"),
        ("2026-10-08", "2026年10月8日"),
        ("2026-10-08/3WD", "2026年10月8日起的一期"),
        ("2026-01-05/P2W", "2026年1月5日起的一期"),
        ("2026-03/P5M", "2026年3月起的一期"),
        ("2026-01/P24M", "2026年1月起的一期"),
        ("依申请〔2026〕12号", "依申请〔2026〕12号"),
        ("2026-Q5", "2026-Q5"),
    ]
    assert [(key, period_in_words(key)) for key, _ in cases] == cases


@given(
    st.sampled_from(["P1D", "P5D", "P1W", "P2W", "P1M", "P2M", "P5M", "P3M", "P6M", "P1Y", "P2Y", "1WD", "3WD"]),
    st.dates(date(2026, 1, 1), date(2028, 1, 1)),
)  # fmt: skip
def test_no_key_is_shown_raw(every: str, day: date) -> None:
    key = period_of(Amount.parse(every), day, day, CALENDAR).key
    assert period_in_words(key) != key
