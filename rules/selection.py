"""取舍: which of the phrases that the families found are kept."""

from collections.abc import Iterable

from rules.families.page import Page, Phrase
from rules.terms import Kind

_NOUNS = ("年度", "年报", "月度", "月报", "季度", "季报")
_VAGUE = (Kind.VAGUE_PROMPT, Kind.VAGUE_PERIODIC, Kind.CONTINUOUS)


def selected(page: Page, phrases: Iterable[Phrase]) -> list[Phrase]:
    """The phrases to keep, in the order of the text; of two that overlap the first given stays."""
    taken = bytearray(len(page.plain))
    kept = []
    for phrase in phrases:
        if not any(taken[phrase.start : phrase.end]):
            taken[phrase.start : phrase.end] = b"\x01" * (phrase.end - phrase.start)
            kept.append(phrase)
    kept.sort(key=lambda phrase: phrase.start)
    return _said_once(page, _joined(page, kept))


def _joined(page: Page, phrases: list[Phrase]) -> list[Phrase]:
    """定期常态性 is one phrase; 及时 right after a limit in figures adds nothing to it."""
    joined: list[Phrase] = []
    for phrase in phrases:
        last = joined[-1] if joined else None
        touching = last is not None and last.end == phrase.start
        if last and touching and phrase.kind is Kind.VAGUE_PROMPT and last.value:
            continue
        if last and touching and phrase.kind in _VAGUE and last.kind in _VAGUE:
            joined[-1] = Phrase(last.start, phrase.end, last.kind, "", last.trigger)
            continue
        joined.append(phrase)
    return joined


def _said_once(page: Page, phrases: list[Phrase]) -> list[Phrase]:
    """每年…公布年度报告 tells its year twice in one sentence: the noun is no second requirement."""
    kept: list[Phrase] = []
    told: tuple[int, str] | None = None
    last_end = 0  # of the last phrase with a value
    for phrase in phrases:
        sentence = page.sentence(phrase.start)[0]
        period = phrase.value.partition(";")[0] if phrase.kind is Kind.PERIODIC else ""
        noun = page.plain[phrase.start : phrase.end] in _NOUNS
        # 11月底前完成年度考核: the deadline is the requirement, the noun its object.
        object_of = last_end > page.clause_start(phrase.start)
        if noun and (object_of or told == (sentence, period)):
            continue
        last_end = phrase.end if phrase.value and not noun else last_end
        if period and not noun:
            told = (sentence, period)
        kept.append(phrase)
    return kept

