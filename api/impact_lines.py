"""影响 on a page: what would become of obligations, as the viewer may see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from api.viewer import Viewer
from engine.agency import Agency
from engine.impact import Affected, Impact
from engine.period_names import period_in_words

SHOWN = 50  # of each kind


@dataclass(frozen=True)
class Line:
    """One obligation, and what would become of it."""

    change: str
    unit: str
    matter: str
    period: str
    before: date | None
    after: date | None


@dataclass(frozen=True)
class Shown:
    """The lines that fit a page, how many more there are, and how many obligations would be new.
    `first` is how many of these are listed, `others` are those of units that the viewer does not
    see; `late` says that new ones would be late at once."""

    lines: tuple[Line, ...]
    more: int
    added: int
    first: int
    others: int
    late: bool


def shown(impact: Impact, agency: Agency, viewer: Viewer, today: date) -> Shown:
    """For people."""
    changes = (
        ("日期变动", impact.moved),
        ("不再要求", impact.withdrawn),
        ("恢复待办", impact.reopened),
        ("新增", impact.first_added),
    )
    lines: list[Line] = []
    more = others = 0
    for change, found in changes:
        own = [one for one in found if viewer.sees(one.unit)]
        others += len(found) - len(own)
        more += max(len(own) - SHOWN, 0)
        lines += _lines(change, own[:SHOWN], agency)
    late = any(one.new_due_on < today for one in impact.first_added)
    return Shown(tuple(lines), more, impact.added, len(impact.first_added), others, late)


def _lines(change: str, found: Iterable[Affected], agency: Agency) -> list[Line]:
    rules, units = agency.catalogue.rules, agency.units
    return [
        Line(
            change=change,
            unit=units[one.unit].name if one.unit in units else one.unit,
            matter=rules[one.rule].quote if one.rule in rules else one.rule,
            period=period_in_words(one.period),
            before=one.old_due_on,
            after=None if change == "不再要求" else one.new_due_on,
        )
        for one in found
    ]
