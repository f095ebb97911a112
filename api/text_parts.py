"""A long text in parts, each of a size that a page can carry, and a part as marked paragraphs."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rules.audit import Verdict

LONGEST = 6000  # characters of a part
MOST = 40  # phrases of a part; each has its forms beside it


@dataclass(frozen=True)
class Part:
    """A stretch of a text, `end` exclusive, with its phrases."""

    start: int
    end: int
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Piece:
    """Characters of a paragraph; a phrase where `verdict` is given."""

    text: str
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Paragraph:
    """A line of the text, and the phrases in it."""

    pieces: tuple[Piece, ...]
    verdicts: tuple[Verdict, ...]


def parts_of(content: str, verdicts: Sequence[Verdict]) -> list[Part]:
    """At least one part; together they are the whole text. A part ends with a line where one ends
    in its second half, and never within a phrase."""
    found: list[Part] = []
    start, first = 0, 0
    while start < len(content) or not found:
        end = _end(content, verdicts[first : first + MOST + 1], start)
        last = first
        while last < len(verdicts) and verdicts[last].hit.start < end:
            last += 1
        found.append(Part(start, end, tuple(verdicts[first:last])))
        start, first = end, last
    return found


def _end(content: str, near: Sequence[Verdict], start: int) -> int:
    """Where a part ends that begins at `start`; `near` are the phrases from there on."""
    end = min(start + LONGEST, len(content))
    if len(near) > MOST:
        end = min(end, max(near[MOST].hit.start, start + 1))
    if end < len(content):
        line = content.rfind("\n", start + (end - start) // 2, end)
        end = line + 1 if line >= 0 else end
    for verdict in near:
        if verdict.hit.start < end < verdict.hit.end:
            return verdict.hit.start if verdict.hit.start > start else verdict.hit.end
    return end


def paragraphs(content: str, part: Part) -> Iterator[Paragraph]:
    """The lines of a part that are not empty; with a phrase that goes on in the next line both."""

    def line_end(at: int) -> int:
        found = content.find("\n", at, part.end)
        return part.end if found < 0 else found

    start, waiting = part.start, deque(part.verdicts)
    while start < part.end:
        end, own = line_end(start), []
        while waiting and waiting[0].hit.start < end:
            own.append(waiting.popleft())
            end = max(end, line_end(own[-1].hit.end))
        if content[start:end].strip():
            yield Paragraph(tuple(_pieces(content, start, end, own)), tuple(own))
        start = end + 1


def _pieces(content: str, start: int, end: int, own: Iterable[Verdict]) -> Iterator[Piece]:
    for verdict in own:
        if verdict.hit.start < start:  # it overlaps the one before
            continue
        if verdict.hit.start > start:
            yield Piece(content[start : verdict.hit.start])
        yield Piece(content[verdict.hit.start : verdict.hit.end], verdict)
        start = verdict.hit.end
    if start < end:
        yield Piece(content[start:end])
