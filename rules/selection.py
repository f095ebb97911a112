"""取舍: which of the phrases that the families found are kept."""

from collections.abc import Iterable

from rules.families.page import Page, Phrase
from rules.terms import Kind

_SHORTEST_LIMIT = 3
_NOUNS = ("年度", "年报", "月度", "月报", "季度", "季报")
_VAGUE = (Kind.VAGUE_PROMPT, Kind.VAGUE_PERIODIC, Kind.CONTINUOUS)


def selected(page: Page, phrases: Iterable[Phrase]) -> list[Phrase]:
    """The phrases to keep, in the order of the text; of two that overlap the first given stays."""
    taken = bytearray(len(page.plain))
    kept = []
    for phrase in phrases:
        left = _what_is_left(phrase, taken)
        if left:
            taken[left.start : left.end] = b"\x01" * (left.end - left.start)
            kept.append(left)
    kept.sort(key=lambda phrase: phrase.start)
    return _said_once(page, _joined(kept))


def _what_is_left(phrase: Phrase, taken: bytearray) -> Phrase | None:
    """每年12月或更改后一周内: the second limit keeps its own words when its event reaches back."""
    last = taken.rfind(1, phrase.start, phrase.end)
    if last < 0:
        return phrase
    start = last + 1
    if not phrase.trigger or phrase.end - start < _SHORTEST_LIMIT:
        return None
    return phrase._replace(
        start=start, trigger=phrase.trigger[start - phrase.start :].strip("或和及、，")
    )


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
    again = (first.kind, first.value) == (second.kind, second.value)
    if again or (first.kind in _VAGUE and second.kind in _VAGUE):
        return [first._replace(end=second.end)]
    if first.value and second.kind is Kind.VAGUE_PROMPT:
        return [first]
    if first.kind is Kind.VAGUE_PROMPT and second.value:
        return [second]
    return [first, second]


def _said_once(page: Page, phrases: list[Phrase]) -> list[Phrase]:
    """A noun that names a rhythm (年度报告) is no requirement of its own where the sentence tells the
    same rhythm (每年…公布年度报告), or its clause another time (11月底前完成年度考核)."""
    nouns = {phrase for phrase in phrases if _is_noun(page, phrase)}
    if not nouns:
        return phrases
    timed = [phrase for phrase in phrases if phrase.value and phrase not in nouns]
    rhythms = {(page.sentence(phrase.start)[0], _period(phrase)) for phrase in timed}
    clauses = {page.clause_start(phrase.start) for phrase in timed}
    return [
        phrase
        for phrase in phrases
        if phrase not in nouns
        or (
            page.clause_start(phrase.start) not in clauses
            and (page.sentence(phrase.start)[0], _period(phrase)) not in rhythms
        )
    ]


def _is_noun(page: Page, phrase: Phrase) -> bool:
    return page.plain.startswith(_NOUNS, phrase.start)


def _period(phrase: Phrase) -> str:
    return phrase.value.partition(";")[0] if phrase.kind is Kind.PERIODIC else ""
