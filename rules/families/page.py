"""What a family of time phrases gets, a Page, and what it gives, a Phrase."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from rules.amount_words import AMOUNT
from rules.rule import Document
from rules.terms import Kind

MASK = "\ue000"

_SENTENCE_END = re.compile("[。！？\n]")
_AMOUNT = re.compile(AMOUNT)
_CLAUSE_MARK = re.compile("[，。；：！？\n|]")
_REACH = 80


class Phrase(NamedTuple):
    """时间用语: the span in the page, kind and value, and the event it counts from.

    A tuple, because a text may be all phrases and a frozen dataclass takes four times as long.
    """

    start: int
    end: int
    kind: Kind
    value: str = ""
    trigger: str = ""


@dataclass(frozen=True)
class Page:
    """The masked text of a document that is being read, with the document's own data."""

    plain: str
    document: Document

    @cached_property
    def _sentence_ends(self) -> list[int]:
        return [match.start() for match in _SENTENCE_END.finditer(self.plain)]

    @cached_property
    def _clause_marks(self) -> list[int]:
        return [match.start() for match in _CLAUSE_MARK.finditer(self.plain)]

    @cached_property
    def _amounts(self) -> list[tuple[int, int]]:
        return [match.span() for match in _AMOUNT.finditer(self.plain)]

    def amounts_before(self, words: re.Pattern[str]) -> Iterator[tuple[int, str, re.Match[str]]]:
        """The amounts of time (20个工作日, 两周) that the words follow: start, amount, the words."""
        for start, end in self._amounts:
            found = words.match(self.plain, end)
            if found:
                yield start, self.plain[start:end], found

    def sentence(self, place: int) -> tuple[int, int]:
        """Start and end of the sentence that holds the place, without its full stop."""
        ends = self._sentence_ends
        index = bisect_right(ends, place - 1)
        start = ends[index - 1] + 1 if index else 0
        return start, ends[index] if index < len(ends) else len(self.plain)

    def without_item_number(self, phrase: Phrase) -> Phrase:
        """A phrase that begins an item, without the item's number."""
        masks = phrase.end - phrase.start - len(self.plain[phrase.start : phrase.end].lstrip(MASK))
        trigger = phrase.trigger.lstrip(MASK)
        return phrase._replace(start=phrase.start + masks, trigger=trigger)

    def before(self, place: int, reach: int = _REACH) -> str:
        """What stands before the place in its clause, at most `reach` characters."""
        return self.plain[self.clause_start(place, reach) : place]

    def after(self, place: int, reach: int = _REACH) -> str:
        """What follows from the place to the end of its clause, at most `reach` characters."""
        return self.plain[place : self.clause_end(place, reach)]

    def clause_start(self, place: int, reach: int = _REACH) -> int:
        """Where the clause that holds the place begins, not farther away than `reach`."""
        index = bisect_left(self._clause_marks, place)
        return max(self._clause_marks[index - 1] + 1 if index else 0, place - reach)

    def clause_end(self, place: int, reach: int = _REACH) -> int:
        """Where the clause that holds the place ends, not farther away than `reach`."""
        marks = self._clause_marks
        index = bisect_left(marks, place)
        end = marks[index] if index < len(marks) else len(self.plain)
        return min(end, place + reach)


Family = Callable[[Page], Iterator[Phrase]]
