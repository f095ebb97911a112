"""取舍: which of the phrases that the families found are kept."""

from collections.abc import Iterable
from dataclasses import replace

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
    return _said_once(page, _joined(kept))


def _joined(phrases: list[Phrase]) -> list[Phrase]:
    """Phrases that touch are one: 定期常态性, 限期一周内, and 20个工作日内及时."""
    joined: list[Phrase] = []
    for phrase in phrases:
        if joined and joined[-1].end == phrase.start:
            joined[-1:] = _one_of(joined[-1], phrase)
        else:
            joined.append(phrase)
    return joined


def _one_of(first: Phrase, second: Phrase) -> list[Phrase]:
    again = first.value and (first.kind, first.value) == (second.kind, second.value)
    if again or (first.kind in _VAGUE and second.kind in _VAGUE):
        return [replace(first, end=second.end)]
    if first.value and second.kind is Kind.VAGUE_PROMPT:
        return [first]
    if first.kind is Kind.VAGUE_PROMPT and second.value:
        return [second]
    return [first, second]


def _said_once(page: Page, phrases: list[Phrase]) -> list[Phrase]:
    """每年…公布年度报告 tells its year twice in one sentence: the noun is no second requirement."""
    told = {
        (page.sentence(phrase.start)[0], _period(phrase))
        for phrase in phrases
        if not _is_noun(page, phrase)
    }
    kept: list[Phrase] = []
    last_end = 0  # of the last phrase with a value
    for phrase in phrases:
        if _is_noun(page, phrase):
            # 11月底前完成年度考核: the deadline is the requirement, the noun its object.
            object_of = last_end > page.clause_start(phrase.start)
            if object_of or (page.sentence(phrase.start)[0], _period(phrase)) in told:
                continue
        elif phrase.value:
            last_end = phrase.end
        kept.append(phrase)
    return kept


def _is_noun(page: Page, phrase: Phrase) -> bool:
    return page.plain.startswith(_NOUNS, phrase.start)


def _period(phrase: Phrase) -> str:
    return phrase.value.partition(";")[0] if phrase.kind is Kind.PERIODIC else ""
