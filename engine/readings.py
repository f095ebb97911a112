"""口径 Interpretation and Reading: how the agency reads what a paper leaves open.

A reading is written as a term's value: `P1M;after=15D` (次月15日前), `P1M;after=10WD`,
`P1W;weekday=5`, `20WD`, `2026-12-31`. Vague requirements are never given a date by us: without
an interpretation they wait. A reference (法定时限) is read as the rules that it names.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.alternatives import days_are_working_days, names_day_before
from engine.due_dates import due
from engine.errors import BadInterpretation, NoDate
from engine.instants import day_of
from engine.workdays import WorkCalendar
from rules.amounts import Amount, Measure
from rules.errors import TermError
from rules.links import rules_referred_to
from rules.rhythms import Rhythm
from rules.rule import Rule
from rules.terms import KIND_NAMES, Kind, Term


@dataclass(frozen=True)
class Interpretation:
    """口径: who decided how a rule is read, when, and why. `file` is the configuration file that
    says so, `entry` the row of `engine.interpretations` that does."""

    rule: str
    reading: str
    decided_by: str
    decided_on: date
    reason: str
    file: str = ""
    entry: int | None = None


class Source(StrEnum):
    """Where a reading comes from."""

    WORDS = "原文"
    DEFAULT = "默认口径"
    INTERPRETATION = "口径"
    STATUTORY = "法定时限"
    WAITS = "待定口径"
    CLOSED = "待定时段"  # a season that the agency has not given dates


@dataclass(frozen=True)
class Reading:
    """The term by which a rule is scheduled; None while it waits for an interpretation.

    Of a reference it is the empty term until the event is known, and then that of `referred`.
    """

    term: Term | None
    source: Source
    words: str
    referred: Rule | None = None

    @property
    def in_words(self) -> str:
        """`每月一次，每月的最后一日前（默认口径）`: what stands beside every date."""
        return f"{self.words}（{self.source}）"


# What an interpretation may make of a rule of each kind.
BECOMES = {
    Kind.PERIODIC: (Kind.PERIODIC,),
    Kind.VAGUE_PERIODIC: (Kind.PERIODIC, Kind.FIXED_DEADLINE),
    Kind.CONTINUOUS: (Kind.PERIODIC,),
    Kind.FIXED_DEADLINE: (Kind.FIXED_DEADLINE,),
    Kind.AFTER_EVENT: (Kind.AFTER_EVENT,),
    Kind.BEFORE_EVENT: (Kind.BEFORE_EVENT,),
    Kind.VAGUE_PROMPT: (Kind.AFTER_EVENT, Kind.PERIODIC),
    Kind.SIMULTANEOUS: (Kind.AFTER_EVENT,),
    Kind.STATUTORY_REFERENCE: (Kind.AFTER_EVENT,),
    Kind.WINDOW: (Kind.WINDOW,),
}


def reading_of(
    rule: Rule, interpretation: Interpretation | None = None, seasons: Container[str] = ()
) -> Reading:
    """How a rule is read, where seasons of these names have dates. Raises BadInterpretation when
    the reading does not fit the rule."""
    reading = _reading_of(rule, interpretation)
    season = season_of(reading.term)
    if season and season not in seasons:
        return Reading(None, Source.CLOSED, reading.words)
    return reading


def season_of(term: Term | None) -> str:
    """The season within which a term counts; empty where it counts all the year."""
    return term.rhythms[0].season if term and len(term.rhythms) == 1 else ""


def _reading_of(rule: Rule, interpretation: Interpretation | None) -> Reading:
    if interpretation:
        term = interpreted_term(rule, interpretation.reading)
        return Reading(term, Source.INTERPRETATION, term.in_words())
    if rule.term.kind is Kind.STATUTORY_REFERENCE and rule.refers_to:
        return Reading(rule.term, Source.STATUTORY, "按事由之日施行的规定")
    if not rule.hard and not season_of(rule.term):
        return Reading(None, Source.WAITS, KIND_NAMES[rule.term.kind])
    if rule.term.kind is Kind.PERIODIC and not _names_a_day(rule.term):
        return Reading(rule.term, Source.DEFAULT, rule.term.in_words())
    return Reading(rule.term, Source.WORDS, rule.term.in_words())


def reading_on(
    reading: Reading,
    rule: Rule,
    rules: Mapping[str, Rule],
    event: date | datetime,
    calendar: WorkCalendar,
) -> Reading:
    """The reading for an event. A reference gets the limit of the rules that it names, as worded
    on the event's day; of several the one that ends first. Raises NoDate."""
    if reading.source is not Source.STATUTORY:
        return reading
    day = day_of(event)
    limits = [r for r in rules_referred_to(rules, rule.id, day) if r.term.amount or r.term.options]
    if not limits:
        raise NoDate(f"规则 {rule.id} 所指的规定在{day}没有写明期限，须先由机关确定口径")
    found = min(limits, key=lambda limit: due(limit.term, event, calendar).end)
    words = f"《{found.document.title}》{found.place}，{found.term.in_words()}"
    return Reading(found.term, Source.STATUTORY, words, found)


def interpreted_term(rule: Rule, reading: str) -> Term:
    """The term that a reading gives a rule; raises BadInterpretation.

    An interpretation may fix what the words leave open. It may not change the rhythm that they
    give, nor lengthen a limit, nor come later than a day that they name.
    """
    if rule.hard and rule.term.kind is Kind.SIMULTANEOUS:
        raise BadInterpretation(f"规则 {rule.id} 原文已写明与事由同时，不能另定口径")
    for kind in BECOMES[rule.term.kind]:
        try:
            term = Term.parse(kind, reading)
        except TermError:
            continue
        if reading and _within(rule, term) and _settled_within(rule, term):
            return term
        raise BadInterpretation(
            f"规则 {rule.id} 的口径“{reading}”超出了原文（{rule.term.in_words()}）"
        )
    raise BadInterpretation(
        f"规则 {rule.id} 的口径“{reading}”写法不对，可写 P1M;after=15D、P1W;weekday=5、20WD 或 2026-12-31"
    )


def _names_a_day(term: Term) -> bool:
    rhythm = term.rhythms[0]
    return bool(rhythm.by or rhythm.after or rhythm.day or rhythm.weekday)


def _within(rule: Rule, read: Term) -> bool:
    words = rule.term
    if read.kind is Kind.PERIODIC and len(read.rhythms) != 1:
        return False
    if words.kind is Kind.PERIODIC:
        return any(_no_later(read.rhythms[0], rhythm) for rhythm in words.rhythms)
    if words.hard and words.kind in (Kind.AFTER_EVENT, Kind.BEFORE_EVENT, Kind.WINDOW):
        return read.value == words.value or _limits_within(rule, read)
    return True


def _limits_within(rule: Rule, read: Term) -> bool:
    """Is a limit, or the earlier or later of several, surely over when the words' is?"""
    within_each = any if rule.term.options and not rule.term.earlier else all
    within = any if read.earlier else all
    return within_each(
        within(_limit_within(rule, word, one) for one in read.options or (read,))
        for word in rule.term.options or (rule.term,)
    )


def _limit_within(rule: Rule, words: Term, read: Term) -> bool:
    if not words.amount or not read.amount:
        return False
    backwards = words.kind is Kind.BEFORE_EVENT  # seven days before is stricter than three
    if words.amount.measure is Measure.DAY and read.amount.measure is Measure.WORKING_DAY:
        if backwards:  # never later than as many calendar days
            return words.amount.number <= read.amount.number
        shorter = read.amount.number <= words.amount.number
        return shorter and days_are_working_days(rule, words.amount)
    if backwards:
        return _no_longer(words.amount, read.amount)
    return _no_longer(read.amount, words.amount)


def _settled_within(rule: Rule, read: Term) -> bool:
    """Choices may make a date stricter. Later than by default they may make it only where law or
    paper leave that open: 年底前 is over with the year, but 3月31日前 may be read as a period."""
    words, chosen = rule.term.choices, read.choices
    if (words.roll is False and chosen.roll is not False) or (words.first and not chosen.first):
        return False
    if words.before is False and chosen.before is not False:
        return False
    if not chosen.roll or words.roll or read.amount:
        return True
    if rule.term.kind is Kind.FIXED_DEADLINE:
        return names_day_before(rule.quote)
    if rule.term.kind is Kind.PERIODIC:
        day_of_words = any(one.by or one.day for one in rule.term.rhythms)
        return day_of_words or read.rhythms[0].after is not None
    return True


def _no_later(read: Rhythm, words: Rhythm) -> bool:
    """The same rhythm, in the same season or all the year, as often, and no day later than one
    that the words name."""
    if (read.minimum or 1) < (words.minimum or 1):
        return False
    if read.every != words.every or read.season not in ("", words.season):
        return False
    if words.after:  # after the period's end: any day within the period is sooner
        return read.after is None or _no_longer(read.after, words.after)
    for named, chosen in (
        (words.by, read.by),
        (words.day, read.day),
        (words.weekday, read.weekday),
    ):
        if named:
            return chosen is not None and chosen <= named  # type: ignore[operator]
    if words.workday:  # from the same end of the month, and no later
        chosen = read.workday
        return chosen is not None and chosen <= words.workday and chosen * words.workday > 0
    return True


def _no_longer(read: Amount, words: Amount) -> bool:
    return read.measure is words.measure and read.number <= words.number
