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
    r"| (?<=[0-9 一二三四五六七八九十]个 ) {0,2}(?=工作日|小时|月|星期|季度)| (?<=[0-9 ]月 ) {0,2}(?=[底末初])"
    r"| (?<=[底末日] ) {0,2}(?=前(?!期))| (?<=工作日 ) {0,2}(?=[之以]?内(?!部|容))"
)
_SET_WIDTHS = range(12, 65)
_ONE = "[0-9一二两三四五六七八九十百]"
_CUT = re.compile(
    # Four digits at most: 2|0个, 202|0年; 2. and 2、 begin an item.
    r"(?<![0-9.])(?:[0-9]\n[0-9]{1,3}|[0-9]{2}\n[0-9]{1,2}|[0-9]{3}\n[0-9])(?![0-9.．、）])"
    rf"|[一二三四五六七八九十百]\n[一二三四五六七八九十百]{{1,3}}(?:个|日|天|年|月|小时|分钟|周)"
    rf"|{_ONE}\n(?:个?工作日|个?月|日|天|年|周|小时|个?季度|个?星期|号)"
    rf"|{_ONE} ?(?:个\n(?:工作日|月|小时|星期|季度)|个?工\n作日|个?工作\n日|小\n时|个?星\n期|个?季\n度)"
    rf"|{_ONE}(?:个?工作日|日|天|周|个?月|年|小时)\n[之以]?[内前]"
    rf"|(?:{_ONE}|[每次本])[年月]\n(?:[0-9]{{1,2}}|[一二三四五六七八九十]{{1,3}})[月日号]"
)
# A number that stands alone, or that numbers what follows.
_NUMBERED = re.compile(r"(?:^|[|]|附件|附表|[表图]|序号) {0,2}[0-9]{1,4} {0,3}$")
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
        gaps = sorted({*_blanks(formed), *_breaks(formed)})
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


def _breaks(formed: str) -> Iterator[tuple[int, int]]:
    """The line breaks inside paragraphs, with the blanks about them."""
    lines = formed.split("\n")
    full, indented = _page(lines)
    place = 0
    for line, filled, following in zip(lines, full, lines[1:], strict=False):
        place += len(line) + 1
        # Two rows of a table are no paragraph.
        if not line or not following or "|" in line or "|" in following:
            continue
        if _cuts_a_word(line, following) or (filled and _goes_on(line, following, indented)):
            blanks = len(following) - len(following.lstrip(" "))
            yield place - 1 - (len(line) - len(line.rstrip(" "))), place + blanks


def _page(lines: list[str]) -> tuple[list[bool], bool]:
    """Which lines are full, on a page of a set width; and are the lines that go on indented?"""
    none = [False] * len(lines)
    if len(lines) < 5 or max(map(len, lines)) < _SET_WIDTHS.start:
        return none, False
    filled = sum(bool(line.strip()) for line in lines)
    full = _full_by_count(lines)
    # Lines of one length that no line exceeds tell more than lines of about one width.
    if sum(full) * 5 < filled:
        full = _full_by_width(lines)
        if sum(full) * 5 < 2 * filled:
            return none, False
    going_on = [
        following.startswith(" ")
        for line, filled, following in zip(lines, full, lines[1:], strict=False)
        if filled and _goes_on(line, following, indented=True)
    ]
    return full, 2 * sum(going_on) > len(going_on)


def _full_by_count(lines: list[str]) -> list[bool]:
    """The indentation of the lines that go on may count or not."""
    counts = [(len(line.rstrip()), len(line.strip())) for line in lines]
    longest, bare = (max(count) for count in zip(*counts, strict=True))
    if longest > _SET_WIDTHS.stop:
        return [False] * len(lines)
    return [whole in (longest, bare) or stripped == bare for whole, stripped in counts]


def _full_by_width(lines: list[str]) -> list[bool]:
    widths = [_width(line) for line in lines]
    page = max(widths)
    return [page in _SET_WIDTHS and width >= page - 2 for width in widths]


def _width(line: str) -> int:
    """Ideographs; two letters or digits are as wide as one."""
    if len(line) > 200:
        return 200
    stripped = line.strip()
    return len(stripped) - len(stripped.encode("ascii", "ignore")) // 2


def _goes_on(line: str, following: str, indented: bool) -> bool:
    following = following.lstrip(" ") if indented else following
    return line.rstrip(" ")[-1:] not in _ENDS_A_PARAGRAPH and not _NEW_PARAGRAPH.match(following)


def _cuts_a_word(line: str, following: str) -> bool:
    """应在2|4小时内, 二|十日内, 20个|工作日内: one word, however narrow the page."""
    around = f"{line[-12:].rstrip(' ')}\n{following[:40].lstrip(' ')[:8]}"
    return bool(_CUT.search(around)) and not _NUMBERED.search(line[-12:])


def blank_out(plain: str, spans: Iterable[tuple[int, int]], mark: str) -> str:
    """The text with every character of the spans (which may overlap) replaced by the mark."""
    kept, position = [], 0
    for start, end in sorted(spans):
        if end > position:
            kept.append(plain[position:start] if start > position else "")
            kept.append(mark * (end - max(start, position)))
            position = end
    return "".join((*kept, plain[position:]))
