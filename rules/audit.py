"""审计 Audit: is every time phrase of a text accounted for, and does every quote stand in it?"""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rules.catalogue_files import Catalogue
from rules.dismissals import Dismissal
from rules.errors import UnknownText
from rules.terms import Kind

_BLANK = re.compile(r"\s")


class Hit(Protocol):
    """A time phrase that a reader found; offsets in characters of the text, `end` exclusive."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def time_phrase(self) -> str: ...
    @property
    def line(self) -> int: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def value(self) -> str: ...


class Cited(Protocol):
    """What quotes a text: a rule or a clause."""

    @property
    def id(self) -> str: ...
    @property
    def quote(self) -> str: ...


class Standing(StrEnum):
    """How a time phrase stands."""

    COVERED = "covered"  # 已列为规则
    DISMISSED = "dismissed"  # 不列为规则，写明了理由
    OPEN = "open"  # 未处理


@dataclass(frozen=True)
class Verdict:
    """One hit, how it stands, and by which rules (ids) or for which reasons."""

    hit: Hit
    standing: Standing
    by: tuple[str, ...]


def audit(
    text: str, hits: Sequence[Hit], rules: Iterable[Cited], dismissed: Iterable[Dismissal]
) -> tuple[Verdict, ...]:
    """A verdict for every hit, in their order.

    A hit is covered when it overlaps the quote of a rule with its kind and value, or of one that no
    other hit claims in this way: one rule does not settle two requirements of its sentence. It is
    dismissed when it overlaps a dismissed time phrase in its quote, and open otherwise. Only what
    belongs to this text must be given.
    """
    unbroken, by_id = Unbroken.of(text), {rule.id: rule for rule in rules}
    spans = ((*span, id_) for id_, rule in by_id.items() for span in unbroken.places(rule.quote))
    covering = _Spans(spans)
    excused = _Spans(
        (*span, each.reason)
        for each in dismissed
        for span in unbroken.places(each.time_phrase, within=each.quote)
    )
    over = [covering.over(hit) for hit in hits]
    exact = [
        tuple(id_ for id_ in ids if _says(by_id[id_], hit))
        for hit, ids in zip(hits, over, strict=True)
    ]
    claimed = {id_ for ids in exact for id_ in ids}
    return tuple(
        _verdict(hit, own or tuple(id_ for id_ in ids if id_ not in claimed), excused)
        for hit, ids, own in zip(hits, over, exact, strict=True)
    )


def _says(rule: Cited, hit: Hit) -> bool:
    """Is the rule, as it was read or corrected, just what the reader finds?"""
    term = getattr(rule, "term", None)
    return term is not None and (term.kind, term.value) == (hit.kind, hit.value)


def _verdict(hit: Hit, by: tuple[str, ...], excused: "_Spans") -> Verdict:
    if by:
        return Verdict(hit, Standing.COVERED, by)
    if by := excused.over(hit):
        return Verdict(hit, Standing.DISMISSED, by)
    return Verdict(hit, Standing.OPEN, ())


@dataclass(frozen=True)
class Unbroken:
    """A text without its blanks and line breaks: copies of one paper differ in them.

    `gaps` are the places in `text` before which a character was left out, in order.
    """

    text: str
    gaps: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "Unbroken":
        """The text's own offsets stay known."""
        gaps = array("L", (m.start() for m in _BLANK.finditer(text)))
        return cls(
            _BLANK.sub("", text), array("L", (at - number for number, at in enumerate(gaps)))
        )

    def holds(self, quote: str) -> bool:
        """Does a quote stand in it, blanks aside?"""
        return _unbroken(quote) in self.text

    def places(self, words: str, within: str = "") -> Iterator[tuple[int, int]]:
        """Where words stand, and where they stand in a quote, in offsets of the text as it was;
        `end` exclusive."""
        words, quote = _unbroken(words), _unbroken(within or words)
        inside = [at for at in range(len(quote)) if quote.startswith(words, at)]
        start = self.text.find(quote)
        while start >= 0:
            for at in inside:
                first = start + at
                yield self._before(first), self._before(first + len(words) - 1) + 1
            start = self.text.find(quote, start + 1)

    def _before(self, place: int) -> int:
        return place + bisect_right(self.gaps, place)


def _unbroken(quote: str) -> str:
    return _BLANK.sub("", quote)


class _Spans:
    """Places in a text, in order, each with its label."""

    def __init__(self, labelled: Iterable[tuple[int, int, str]]) -> None:
        self._spans = sorted(labelled)
        self._starts = [start for start, _, _ in self._spans]
        self._longest = max((end - start for start, end, _ in self._spans), default=0)

    def over(self, hit: Hit) -> tuple[str, ...]:
        """The labels of the places that share a character with a hit, each once."""
        low = bisect_left(self._starts, hit.start - self._longest)
        high = bisect_left(self._starts, hit.end)
        near = self._spans[low:high]
        return tuple(dict.fromkeys(label for _, end, label in near if end > hit.start))


@dataclass(frozen=True)
class MissingQuote:
    """A quote that does not stand in its text, and the character where they part.

    `owner` is the rule, the clause or the time phrase that was dismissed. `at` is the place in
    the quote, `instead` the text's character there: both at the quote's longest beginning or
    ending that the text holds. `instead` is empty where the text ends, or holds nothing of it.
    """

    owner: str
    quote: str
    at: int
    instead: str

    def in_words(self) -> str:
        """`规则 x-01 的原文与文件不符：第2字是“月”，文件中是“季”，请核对`."""
        there = f"是“{self.instead}”" if self.instead else "没有"
        return f"{self.owner} 的原文与文件不符：第{self.at + 1}字是“{self.quote[self.at]}”，文件中{there}，请核对"


def coverage(text: str, document_id: str, catalogue: Catalogue) -> tuple[MissingQuote, ...]:
    """The quotes that are missing in a document's text, character by character, blanks aside.

    The id is a document's, or that of one wording; for a document with several wordings the
    text is one of these, so its wording must be named. Raises UnknownText.
    """
    known = [id_ for document in catalogue.documents.values() for id_ in document.texts]
    if document_id not in known:
        raise UnknownText(f"目录中没有文本“{document_id}”，可用：{'、'.join(known)}")
    unbroken = Unbroken.of(text)
    return tuple(
        MissingQuote(owner, quote, *_difference(quote, unbroken.text))
        for owner, quote in _quotes(document_id, catalogue)
        if not unbroken.holds(quote)
    )


def _quotes(text_id: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    for rule in catalogue.rules.values():
        if rule.text == text_id and catalogue.stands(rule):
            yield f"规则 {rule.id}", _unbroken(rule.quote)
    for clause in catalogue.clauses.values():
        if clause.text == text_id:
            yield f"计时条款 {clause.id}", _unbroken(clause.quote)
    for dismissal in catalogue.dismissed:
        if dismissal.text == text_id:
            yield f"不列为规则的“{dismissal.time_phrase}”", _unbroken(dismissal.quote)


def _difference(quote: str, text: str) -> tuple[int, str]:
    """Where a quote and a text part, and the character that stands there in the text."""
    beginning, ending = _longest_beginning(quote, text), _longest_ending(quote, text)
    if len(beginning) >= len(ending):
        after = text.find(beginning) + len(beginning)
        return len(beginning), text[after : after + 1] if beginning else ""
    before = text.find(ending) - 1
    return len(quote) - len(ending) - 1, text[before] if before >= 0 else ""


def _longest_beginning(quote: str, text: str) -> str:
    """Each shorter beginning stands in the text as well, so halving finds the longest."""
    return quote[: bisect_left(range(len(quote)), 1, key=lambda n: quote[: n + 1] not in text)]


def _longest_ending(quote: str, text: str) -> str:
    return _longest_beginning(quote[::-1], text[::-1])[::-1]
