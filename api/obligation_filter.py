"""Which obligations are asked for: the filter that the list on the page and the API share."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlmodel import Session, col

from api.errors import BadInput
from api.schemas import Asked
from api.typed_dates import day
from api.viewer import Viewer
from engine.agency import Agency
from engine.instants import local_day
from engine.obligation_counts import count
from engine.obligations import Obligation, Status, late, list_obligations
from engine.workdays import WorkCalendar
from rules.catalogue_files import Catalogue
from rules.script import one_form

Conditions = list[Any]
_FEW = 8


class ObligationFilter(Asked):
    """Query of `GET obligations`. `upcoming` is what is open and not late; `q` are words of the
    matter: of its quote, or of the document's title or number."""

    unit: str | None = None
    status: Literal["open", "done", "waived", "overdue", "upcoming"] | None = None
    document: str | None = None
    rule: str | None = None
    due_from: str | None = None
    due_to: str | None = None
    within: Annotated[str, Field(pattern=r"^[0-9]{1,3}(wd|d)$")] | None = None
    q: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{1,18}$")] | None = (
        None
    )


@dataclass(frozen=True)
class Found:
    """What a filter finds: the conditions in SQL of its parts, which have no row in common.

    Each stored status is a part, and so is each of a few rules: an index gives its rows in order.
    """

    parts: tuple[Conditions, ...]

    def page(self, session: Session, asked: ObligationFilter) -> tuple[list[Obligation], str]:
        """The rows of one page by due day, and the cursor of the next; empty on the last.

        The cursor names the last row's place, so that rows which come or go move nothing.
        """
        after = _after(asked.cursor) if asked.cursor else None
        lists = (
            list_obligations(session, *conditions, after=after, limit=asked.limit + 1)
            for conditions in self.parts
        )
        rows = list(islice(merge(*lists, key=_place), asked.limit + 1))
        page = rows[: asked.limit]
        more = len(rows) > asked.limit
        return page, f"{page[-1].due_on}.{page[-1].id}" if more else ""

    def count(self, session: Session, most: int) -> int:
        """How many there are; beyond `most` nobody counts."""
        number = 0
        for conditions in self.parts:
            number += count(session, *conditions, most=most - number)
        return number


def find(
    asked: ObligationFilter, agency: Agency, calendar: WorkCalendar, viewer: Viewer, now: datetime
) -> Found:
    """What of the viewer's a filter finds. Raises BadInput for a value that means nothing, NotFound
    for a unit that is not his."""
    shared = viewer.own_obligations() + list(_shared(asked, agency, calendar, now))
    if asked.unit is not None:
        viewer.check_unit(asked.unit)
    match asked.status:
        case None:
            by_status: list[Conditions] = [[col(Obligation.status) == one] for one in Status]
        case "overdue":
            by_status = [[late(now)]]
        case "upcoming":
            by_status = [[col(Obligation.status) == Status.OPEN, ~late(now)]]
        case named:
            by_status = [[col(Obligation.status) == Status(named)]]
    by_rule = _by_rule(asked.q, agency.catalogue) if asked.q else [[]]
    return Found(tuple(own + rules + shared for own in by_status for rules in by_rule))


def _shared(
    asked: ObligationFilter, agency: Agency, calendar: WorkCalendar, now: datetime
) -> Iterator[Any]:
    catalogue = agency.catalogue
    if asked.unit is not None:
        yield col(Obligation.unit) == _known(asked.unit, agency.units, "unit")
    if asked.document is not None:
        yield col(Obligation.document) == _known(asked.document, catalogue.documents, "document")
    if asked.rule is not None:
        yield col(Obligation.rule) == _known(asked.rule, catalogue.rules, "rule")
    if asked.due_from:
        yield col(Obligation.due_on) >= day(asked.due_from, "due_from ")
    if asked.due_to:
        yield col(Obligation.due_on) <= day(asked.due_to, "due_to ")
    if asked.within:
        today = local_day(now)
        yield col(Obligation.due_on) >= today
        yield col(Obligation.earliest) <= _within(asked.within, today, calendar)


def _by_rule(words: str, catalogue: Catalogue) -> list[Conditions]:
    """Few rules are looked up one by one; of many the rows are found on the way."""
    rules = _speaking_of(words, catalogue)
    if len(rules) <= _FEW:
        return [[col(Obligation.rule) == rule] for rule in rules]
    return [[col(Obligation.rule).in_(rules)]]


def _speaking_of(words: str, catalogue: Catalogue) -> list[str]:
    """The rules in whose quote, or in whose document's title or number, all of the words stand."""
    wanted = one_form(words).split()
    found = []
    for rule in catalogue.rules.values():
        document = rule.document
        text = one_form(f"{rule.quote}\n{document.title}\n{document.number}")
        if all(word in text for word in wanted):
            found.append(rule.id)
    return found


def _known(id_: str, known: Any, name: str) -> str:
    """A filter by an id that does not exist is a slip of the pen, not an empty answer."""
    if id_ not in known:
        raise BadInput(f"{name}：没有“{id_}”")
    return id_


def _within(text: str, today: date, calendar: WorkCalendar) -> date:
    if text.endswith("wd"):
        return calendar.add(today, int(text.removesuffix("wd")))
    return today + timedelta(days=int(text.removesuffix("d")))


def _after(cursor: str) -> tuple[date, int]:
    day_, _, last = cursor.partition(".")
    try:
        return date.fromisoformat(day_), int(last)
    except ValueError:
        raise BadInput("cursor：应原样使用上一页给出的 next") from None


def _place(row: Obligation) -> tuple[date, int]:
    assert row.id is not None
    return row.due_on, row.id
