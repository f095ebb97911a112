"""What a person enters about the clock of an obligation: checked, stored, and the date replayed.

An obligation moves in the transaction in which its entry is stored; what is refused stores nothing.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from engine import journal
from engine.agency import Agency
from engine.clock_entries import (
    ClockEntry,
    EntryType,
    changes_of,
    effect_of,
    entry_of,
)
from engine.due_dates import Due
from engine.errors import NoDate, NotAllowed
from engine.event_clocks import (
    Change,
    Exclude,
    Moment,
    Restart,
    check,
    counts_forward,
    in_words,
    why,
)
from engine.events import Event, due_of_event
from engine.instants import day_of, in_future, written
from engine.obligations import Obligation, move, open_obligation
from engine.workdays import WorkCalendar
from rules.amounts import Measure
from rules.clauses import Clause, Effect
from rules.terms import Term

TYPE_NAMES: dict[str, str] = {
    EntryType.RESTART: "重新起算",
    EntryType.EXCLUDE: "不计入期限",
    EntryType.EXTEND: "延期",
}


@dataclass(frozen=True)
class Limit:
    """A limit that counts forwards from its event, as it is read, and the rule whose clauses are
    for it: the obligation's own, or the one to which it refers."""

    term: Term
    start: Moment
    rule: str


def enter(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    obligation_id: int,
    change: Change,
    *,
    clause: str = "",
    by: str,
    now: datetime,
) -> Obligation:
    """重新起算, 不计入期限 or 延期. `clause` is the id of the clause on which it rests; without one
    it is the first that the paper has for it. Raises NotFound, NotAllowed, NoDate."""
    row = open_obligation(session, obligation_id)
    limit = limit_of(agency, calendar, row, event_of(session, row).moment)
    change = replace(change, clause=_clause(agency, limit, change, clause))
    others = changes_of(session, row.id, agency.catalogue.clauses)
    store(session, agency, calendar, row, limit, others, change, by, now, _told(change))
    return row


def replay_reopened(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation, now: datetime
) -> None:
    """Bring what was closed while its event was corrected up to date, where it has a date."""
    if row.event_id is None or row.rule not in agency.readings:
        return
    changes = changes_of(session, row.id, agency.catalogue.clauses)
    with suppress(NoDate):
        moment = event_of(session, row).moment
        move(
            session, row, *due_of_event(agency, calendar, row.rule, row.unit, moment, changes), now
        )


def store(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    row: Obligation,
    limit: Limit,
    others: Sequence[Change],
    change: Change,
    by: str,
    now: datetime,
    text: str,
    wrong: ClockEntry | None = None,
) -> None:
    """Check an entry against the others, store it and move the obligation; `wrong` is the one that
    it corrects, `text` what the journal says. Raises NotAllowed, NoDate."""
    local = agency.calendar_of(row.unit, calendar)
    _check_times(change, now)
    changes = [*others, change]
    check(limit.term, limit.start, changes, local, entered=change)
    due, reading = due_of_event(agency, calendar, row.rule, row.unit, limit.start, changes)
    _check_effect(change, limit.term, due, local)
    assert row.id is not None
    entry = entry_of(change, row.id, by, now)
    entry.corrects = wrong.id if wrong else None
    session.add(entry)
    kind = "correct" if wrong else entry.type.value
    journal.write(session, row.id, now, kind, by, text)
    if not move(session, row, due, reading, now):
        row.changes(now)  # its date is explained in another way


def event_of(session: Session, row: Obligation) -> Event:
    """The event from which an obligation counts. Raises NotAllowed where it counts from none."""
    if row.event_id is None:
        raise NotAllowed(
            f"待办事项 {row.id} 按周期或者定日到期，不从事由起算，不能重新起算、扣除时间、延期或者更正；"
            "不需办理的，可写明理由免除"
        )
    return session.get_one(Event, row.event_id)


def limit_of(agency: Agency, calendar: WorkCalendar, row: Obligation, start: Moment) -> Limit:
    """The limit of an obligation whose event is at `start`. Raises NotAllowed where it does not
    count forwards from it."""
    reading = agency.reading_on(known_rule(agency, row), start, calendar)
    term = reading.term
    if term is None or not counts_forward(term):
        raise NotAllowed(
            f"待办事项 {row.id} 的期限（{reading.in_words}）不是从事由往后计算的，"
            "不能重新起算、扣除时间或者延期；事由改期的，请更正事由的时间（correct）"
        )
    return Limit(term, start, reading.referred.id if reading.referred else row.rule)


def known_rule(agency: Agency, row: Obligation) -> str:
    """The obligation's rule. Raises NotAllowed where the catalogue has it no more."""
    if row.rule not in agency.readings:
        raise NotAllowed(
            f"待办事项 {row.id} 的规则 {row.rule} 已不在目录中，不能重新推算，请先补上规则"
        )
    return row.rule


def _clause(agency: Agency, limit: Limit, change: Change, asked: str) -> Clause | None:
    effect, day = effect_of(change), day_of(limit.start)
    fitting = {
        clause.id: clause
        for clause in agency.catalogue.clauses.values()
        if clause.effect is effect and limit.rule in clause.rules and clause.in_force(day)
    }
    if asked and asked not in fitting:
        named = "、".join(fitting) or "无"
        raise NotAllowed(
            f"clause：“{asked}”不是规则 {limit.rule} 的{TYPE_NAMES[effect]}条款，可用的：{named}"
        )
    if not fitting and effect is Effect.EXTEND:
        raise NotAllowed(f"规则 {limit.rule} 的文件没有规定可以延期，请按原来的期限办理")
    return fitting[asked] if asked else next(iter(fitting.values()), None)


def _check_times(change: Change, now: datetime) -> None:
    end = change.until if isinstance(change, Exclude) else change.at
    if isinstance(end, datetime) is not isinstance(change.at, datetime):
        raise NotAllowed("from 和 to 须同为日期，或者同为时刻，请改写")
    if in_future(end, now):
        raise NotAllowed(f"{in_words(change)}尚未到来，请在发生之后再登记")


def _check_effect(change: Change, term: Term, due: Due, calendar: WorkCalendar) -> None:
    """An exclusion that takes nothing out is a slip. Only asked of what is entered now: a later
    notice may turn off the days of what stands."""
    if not isinstance(change, Exclude):
        return
    if due.due_at:
        if change.at == change.until:
            raise NotAllowed(f"{in_words(change)}没有扣除任何时间，请核对 from 和 to")
        return
    first, last = day_of(change.at), day_of(change.until)
    if first == last:
        raise NotAllowed(
            f"{in_words(change)}没有扣除任何一天：从 from 的次日算到 to 当日，请核对 from 和 to"
        )
    working = term.amount and term.amount.measure is Measure.WORKING_DAY
    if working and not calendar.count(first, last):
        raise NotAllowed(f"{in_words(change)}其间没有工作日，期限不变，不必登记")


def _told(change: Change) -> str:
    because = f"：{why(change)}" if why(change) else ""
    because += f"（{change.clause.cited}）" if change.clause else ""
    match change:
        case Restart():
            return f"自{written(change.at)}起重新起算{because}"
        case Exclude():
            return f"{written(change.at)}之后至{written(change.until)}不计入期限{because}"
    approved = f"经{change.approver}于{written(change.at)}批准"
    return f"{approved}，延期{change.amount.in_words()}{because}"
