"""Which obligations are asked for: the filter that the list on the page and the API share."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
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


_WITHIN = r"^[0-9]{1,3}(wd|d)$"


def _spelt(within: object) -> object:
    """Raises ValueError with a Chinese sentence."""
    if isinstance(within, str) and not re.fullmatch(_WITHIN, within):
        raise ValueError("应写作 10wd（十个工作日内）或 30d（三十日内）")
    return within


class ObligationConditions(Asked):
    """Query of `GET obligations.xlsx`. `upcoming` is what is open and not late; `q` are words of the
    matter: of its quote, or of the document's title or number; `event` is the event's id."""

    unit: str | None = None
    status: Literal["open", "done", "waived", "overdue", "upcoming", "all"] = "all"
    document: str | None = None
    rule: str | None = None
    event: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    due_from: str | None = None
    due_to: str | None = None
    within: Annotated[Annotated[str, Field(pattern=_WITHIN)] | None, BeforeValidator(_spelt)] = None
    q: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class ByDueDay(Asked):
    """A page of obligations by due day; `cursor` is the `next` of the page before."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[0-9]{1,18}$")] | None = (
        None
    )


class ObligationFilter(ObligationConditions, ByDueDay):
    """Query of `GET obligations`."""

    @property
    def conditions(self) -> dict[str, Any]:
        """The same without the page."""
        return self.model_dump(include=set(ObligationConditions.model_fields), exclude_none=True)


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
        after = after_of(asked.cursor)
        lists = (
            list_obligations(session, *conditions, after=after, limit=asked.limit + 1)
            for conditions in self.parts
        )
        rows = list(islice(merge(*lists, key=_place), asked.limit + 1))
        return rows[: asked.limit], next_of(rows, asked.limit)

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
    statuses = Status if asked.status == "all" else [asked.status]
    by_status = [_of_status(one, now) for one in statuses]
    by_rule = _by_rule(asked.q, agency.catalogue) if asked.q else [[]]
    return Found(tuple(own + rules + shared for own in by_status for rules in by_rule))


def conditions_of(
    asked: ObligationConditions, agency: Agency, calendar: WorkCalendar, now: datetime
) -> Conditions:
    """What a filter asks for, of everybody's. Raises BadInput."""
    found = _of_status(asked.status, now)
    if asked.q:
        found.append(col(Obligation.rule).in_(_speaking_of(asked.q, agency.catalogue)))
    return found + list(_shared(asked, agency, calendar, now))


def _of_status(status: str, now: datetime) -> Conditions:
    match status:
        case "all":
            return []
        case "overdue":
            return [late(now)]
        case "upcoming":
            return [col(Obligation.status) == Status.OPEN, ~late(now)]
    return [col(Obligation.status) == Status(status)]


def _shared(
    asked: ObligationConditions, agency: Agency, calendar: WorkCalendar, now: datetime
) -> Iterator[Any]:
    catalogue = agency.catalogue
    if asked.unit is not None:
        yield col(Obligation.unit) == known(asked.unit, agency.units, "unit")
    if asked.document is not None:
        yield col(Obligation.document) == known(asked.document, catalogue.documents, "document")
    if asked.rule is not None:
        yield col(Obligation.rule) == known(asked.rule, catalogue.rules, "rule")
    if asked.event is not None:
        yield col(Obligation.event_id) == asked.event
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


def known(id_: str, known: Any, name: str) -> str:
    """A filter by an id that does not exist is a slip of the pen, not an empty answer."""
    if id_ not in known:
        raise BadInput(f"{name}：没有“{id_}”")
    return id_


def _within(text: str, today: date, calendar: WorkCalendar) -> date:
    if text.endswith("wd"):
        return calendar.add(today, int(text.removesuffix("wd")))
    return today + timedelta(days=int(text.removesuffix("d")))


def after_of(cursor: str | None) -> tuple[date, int] | None:
    """Where the page before ended. Raises BadInput."""
    if not cursor:
        return None
    day_, _, last = cursor.partition(".")
    try:
        return date.fromisoformat(day_), int(last)
    except ValueError:
        raise BadInput("cursor：应原样使用上一页给出的 next") from None


def next_of(rows: Sequence[Obligation], limit: int) -> str:
    """The cursor of the next page, where one more row was asked for than a page has; else empty."""
    return f"{rows[limit - 1].due_on}.{rows[limit - 1].id}" if len(rows) > limit else ""


def _place(row: Obligation) -> tuple[date, int]:
    assert row.id is not None
    return row.due_on, row.id
