"""A chart of columns, one for each period, as the rectangles of an SVG. Its table says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.figures import Figures, Measure

PARTS = (Measure.ON_TIME, Measure.LATE, Measure.OPEN_LATE, Measure.AHEAD)  # from the ground up
_WIDTH, _HEIGHT, _LEFT, _GROUND = 960, 220, 44, 190
_LABELS = 12  # as many as stand side by side without touching


@dataclass(frozen=True)
class Part:
    """A piece of a column, in the units of the drawing."""

    measure: Measure
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Chart:
    """What the template draws: the pieces, the words under them, the lines of the scale."""

    width: int
    height: int
    left: int
    ground: int
    parts: tuple[Part, ...]
    labels: tuple[tuple[float, str], ...]
    scale: tuple[tuple[float, int], ...]


def columns_chart(periods: Sequence[tuple[str, Figures]]) -> Chart | None:
    """The chart of named periods; None where nothing fell due."""
    most = max((figures.due for _, figures in periods), default=0)
    if not most:
        return None
    place = (_WIDTH - _LEFT) / len(periods)
    height = (_GROUND - 10) / most
    parts: list[Part] = []
    for number, (_, figures) in enumerate(periods):
        top = float(_GROUND)
        for measure in PARTS:
            size = figures.of(measure) * height
            top -= size
            if size:
                x = _LEFT + number * place + place * 0.15
                parts.append(Part(measure, *(round(one, 1) for one in (x, top, place * 0.7, size))))
    every = -(-len(periods) // _LABELS)
    labels = tuple(
        (round(_LEFT + (number + 0.5) * place, 1), name)
        for number, (name, _) in enumerate(periods)
        if number % every == 0
    )
    marks = sorted({0, most // 2, most})
    scale = tuple((round(_GROUND - mark * height, 1), mark) for mark in marks)
    return Chart(_WIDTH, _HEIGHT, _LEFT, _GROUND, tuple(parts), labels, scale)
