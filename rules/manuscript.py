"""文稿: a document's text made ready for reading, and the way back to the text as it stands.

Blanks inside a number (20 个工作日) and the line breaks of a page set to a fixed width are taken
out, so that a phrase is one piece; `original` gives each place its offset in the text again.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from rules.script import one_form

_INNER_BLANK = re.compile(
    r" (?<=[0-9] ) {0,2}(?=[年月日个工时小天周号季%])| (?<=[一-龥〔] ) {0,2}(?=[0-9])"
)
_SET_WIDTHS = range(18, 65)
_ENDS_A_PARAGRAPH = frozenset("。！？；：”》）|")
_NEW_PARAGRAPH = re.compile(
    r" |$|\||#|第[一二三四五六七八九十百]{1,5}[章节条]|（?[一二三四五六七八九十0-9]{1,3}[、.．）]"
)


@dataclass(frozen=True)
class Manuscript:
    """`text` as given; `plain` in one form and in one piece, for reading."""

    text: str
    plain: str
    _cuts: tuple[int, ...]
    _gone: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "Manuscript":
        """The manuscript of a document's decoded text."""
        formed = one_form(text)
        gaps = sorted({*_blanks(formed), *_set_breaks(formed)})
        kept, cuts, position = [], [], 0
        for start, end in gaps:
            kept.append(formed[position:start])
            cuts.append(start)
            position = end
        gone = tuple(accumulate(end - start for start, end in gaps))
        places = (cut - lost for cut, lost in zip(cuts, (0, *gone), strict=False))
        return cls(text, "".join((*kept, formed[position:])), tuple(places), gone)

    def original(self, place: int) -> int:
        """The offset in the text of the character at `place` in `plain`."""
        passed = bisect_right(self._cuts, place)
        return place + (self._gone[passed - 1] if passed else 0)

    def verbatim(self, start: int, end: int) -> tuple[int, int]:
        """The span in the text of a non-empty span in `plain`."""
        return self.original(start), self.original(end - 1) + 1

    @cached_property
    def is_plain(self) -> bool:
        """Is the text in the one form already?"""
        return self.text == self.plain

    @cached_property
    def _line_starts(self) -> list[int]:
        return [match.end() for match in re.finditer("\n", self.text)]

    def line(self, offset: int) -> int:
        """The line of an offset in the text, from 1."""
        return bisect_right(self._line_starts, offset) + 1


def _blanks(formed: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _INNER_BLANK.finditer(formed))


def _set_breaks(formed: str) -> Iterator[tuple[int, int]]:
    """The line breaks inside paragraphs, where every full line has the page's width."""
    lines = formed.split("\n")
    if len(lines) < 5 or max(map(len, lines)) < _SET_WIDTHS.start:
        return
    widths = [_width(line) for line in lines]
    lengths = [len(line.rstrip()) for line in lines]
    page, longest = max(widths), max(lengths)
    # Set by width, or by the count of characters.
    full = [
        width >= page - 2 or (longest in _SET_WIDTHS and length == longest)
        for width, length in zip(widths, lengths, strict=True)
    ]
    if page not in _SET_WIDTHS or sum(full) * 5 < 2 * sum(width > 0 for width in widths):
        return
    place = 0
    for line, filled, following in zip(lines, full, lines[1:], strict=False):
        place += len(line) + 1
        if filled and _goes_on(line, following):
            yield place - 1 - (len(line) - len(line.rstrip(" "))), place


def _width(line: str) -> int:
    """Ideographs; two letters or digits are as wide as one."""
    if len(line) > 200:
        return 200
    stripped = line.rstrip()
    return len(stripped) - len(stripped.encode("ascii", "ignore")) // 2


def _goes_on(line: str, following: str) -> bool:
    return line.rstrip(" ")[-1:] not in _ENDS_A_PARAGRAPH and not _NEW_PARAGRAPH.match(following)


def blank_out(plain: str, spans: Iterable[tuple[int, int]], mark: str) -> str:
    """The text with every character of the spans (which may overlap) replaced by the mark."""
    kept, position = [], 0
    for start, end in sorted(spans):
        if end > position:
            kept.append(plain[position:start] if start > position else "")
            kept.append(mark * (end - max(start, position)))
            position = end
    return "".join((*kept, plain[position:]))
