"""What the page of one obligation shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from api.pages.form_words import in_form_words
from api.pages.lines import lines_of
from api.permissions import Permission
from api.viewer import Viewer
from engine.acknowledgements import VIA_NAMES
from engine.agency import Agency
from engine.alerts import deliveries_of
from engine.clock_changes import TYPE_NAMES, Limit, event_of, limit_of
from engine.clock_entries import ClockEntry, EntryType, entries_of, standing
from engine.clock_entries import change_of as change_of_entry
from engine.deliveries import STATE_NAMES
from engine.errors import NoDate, NotAllowed
from engine.event_clocks import Moment, in_words
from engine.events import Event
from engine.instants import ZONE, day_of, local_day
from engine.journal import journal_of
from engine.obligations import Obligation
from engine.tracing import answers_of, trace_of
from engine.workdays import WorkCalendar
from rules.amounts import MEASURE_NAMES, Amount, Measure
from rules.clauses import Clause

_DELIVERIES = 50  # the newest; 送达 has the others


@dataclass(frozen=True)
class Entered:
    """A clock entry as the page shows it; `stands` where it counts and may be put right, with its
    values as fields hold them."""

    entry: ClockEntry
    name: str
    text: str
    stands: bool
    clause: Clause | None
    at: str
    until: str
    number: int | None


def facts(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    viewer: Viewer,
    row: Obligation,
    now: datetime,
) -> dict[str, Any]:
    """What the page is made of."""
    assert row.id is not None
    (line,) = lines_of(session, agency, calendar, now, [row])
    limit = limit_or_why(session, agency, calendar, row)
    measure = measure_of(limit)
    event = session.get(Event, row.event_id) if row.event_id else None
    rule = agency.catalogue.rules.get(row.rule)
    return {
        "line": line,
        "row": row,
        "rule": rule,
        "same": agency.same_duties(row.rule, row.unit, row.due_on),
        "event": event,
        "event_typed": _typed(event.moment) if event else "",
        "steps": trace_of(session, agency, calendar, row),
        "answers": answers_of(session, agency, calendar, row),
        "journal": journal_of(session, row.id),
        "clock": list(_entered(entries_of(session, row.id), agency.catalogue.clauses)),
        "deliveries": deliveries_of(session, row.id, *viewer.own_deliveries(), limit=_DELIVERIES),
        "recipients": agency.units,
        "states": STATE_NAMES,
        "via": VIA_NAMES,
        "acts": Permission.ACT in viewer.permissions,
        "limit": limit if isinstance(limit, Limit) else None,
        "no_limit": limit if isinstance(limit, str) else "",
        "clauses": _clauses(agency, limit),
        "hours": measure is Measure.HOUR,
        "measure": MEASURE_NAMES[measure] if measure else "",
        "typed": {},
        "tomorrow": local_day(now) + timedelta(days=1),
    }


def limit_or_why(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation
) -> Limit | str:
    """The limit whose clock can be changed, or the sentence why there is none."""
    try:
        return limit_of(agency, calendar, row, event_of(session, row).moment)
    except (NotAllowed, NoDate) as fault:
        return in_form_words(fault)


def _clauses(agency: Agency, limit: Limit | str) -> Mapping[str, list[Clause]]:
    """By effect the clauses that speak of the limit on the day of its event."""
    found: dict[str, list[Clause]] = {}
    if isinstance(limit, Limit):
        for clause in agency.catalogue.clauses.values():
            if limit.rule in clause.rules and clause.in_force(day_of(limit.start)):
                found.setdefault(clause.effect.value, []).append(clause)
    return found


def _entered(entries: list[ClockEntry], clauses: Mapping[str, Clause]) -> Iterator[Entered]:
    counting = {entry.id for entry in standing(entries)}
    for entry in entries:
        voids = entry.type is EntryType.VOID
        yield Entered(
            entry,
            name="作废" if voids else TYPE_NAMES[entry.type],
            text=f"记录 {entry.corrects}" if voids else in_words(change_of_entry(entry, clauses)),
            stands=entry.id in counting,
            clause=clauses.get(entry.clause),
            at=_typed(entry.moment(entry.at)),
            until=_typed(entry.moment(entry.until)) if entry.until else "",
            number=Amount.parse(entry.amount).number if entry.amount else None,
        )


def measure_of(limit: Limit | str) -> Measure | None:
    """What a limit is counted in; None without one, and of several limits."""
    amount = limit.term.amount if isinstance(limit, Limit) else None
    return amount.measure if amount else None


def _typed(moment: Moment) -> str:
    """A moment as a date or a date-and-time field holds it."""
    if isinstance(moment, datetime):
        return f"{moment.astimezone(ZONE):%Y-%m-%dT%H:%M}"
    return moment.isoformat()
