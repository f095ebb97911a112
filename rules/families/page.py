"""What a family of time phrases gets, a Page, and what it gives, a Phrase."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rules.rule import Document
from rules.terms import Kind

MASK = "\ue000"

_SENTENCE_END = re.compile("[。！？\n]")
_CLAUSE_MARKS = "，。；：！？\n|"
_REACH = 80


@dataclass(frozen=True, slots=True)
class Phrase:
    """时间用语: the span in the page, kind and value, and the event it counts from."""

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

    def sentence(self, place: int) -> tuple[int, int]:
        """Start and end of the sentence that holds the place, without its full stop."""
        ends = self._sentence_ends
        index = bisect_right(ends, place - 1)
        start = ends[index - 1] + 1 if index else 0
        return start, ends[index] if index < len(ends) else len(self.plain)

    def before(self, place: int, reach: int = _REACH) -> str:
        """What stands before the place in its clause, at most `reach` characters."""
        return self.plain[self.clause_start(place, reach) : place]

    def after(self, place: int, reach: int = _REACH) -> str:
        """What follows from the place to the end of its clause, at most `reach` characters."""
        return self.plain[place : self.clause_end(place, reach)]

    def clause_start(self, place: int, reach: int = _REACH) -> int:
        """Where the clause that holds the place begins, not farther away than `reach`."""
        floor = max(0, place - reach)
        found = max(self.plain.rfind(mark, floor, place) for mark in _CLAUSE_MARKS)
        return found + 1 if found >= 0 else floor

    def clause_end(self, place: int, reach: int = _REACH) -> int:
        """Where the clause that holds the place ends, not farther away than `reach`."""
        ceiling = min(len(self.plain), place + reach)
        for mark in _CLAUSE_MARKS:
            found = self.plain.find(mark, place, ceiling)
            ceiling = found if found >= 0 else ceiling
        return ceiling


Family = Callable[[Page], Iterator[Phrase]]
