"""时间用语: one file for each family of time phrases, tried in this order.

Where two families claim the same words, the earlier one has them: a limit in figures before a
vague word, the beginning of a count (期限自…起重新计算) before the limit that it names.
"""

from rules.families import (
    ahead,
    at_once,
    bounds,
    by_date,
    by_reference,
    clocks,
    every,
    inspections,
    near_dates,
    ongoing,
    prompt,
    regularly,
    rhythms,
    spans,
    together,
    within,
)
from rules.families.page import Family

FAMILIES: tuple[Family, ...] = (
    clocks.find,
    every.find,
    by_date.find,
    near_dates.find,
    inspections.find,
    ahead.find,
    within.find,
    bounds.find,
    spans.find,
    rhythms.find,
    by_reference.find,
    together.find,
    at_once.find,
    regularly.find,
    ongoing.find,
    prompt.find,
)
