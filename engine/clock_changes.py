"""What a person enters about the clock of an obligation: checked, stored, and the date replayed.

An obligation moves in the transaction in which its entry is stored; what is refused stores nothing.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from engine import journal
from engine.agency import Agency
from engine.clock_entries import (
    ClockEntry,
    change_of,
    changes_of,
    effect_of,
    entries_of,
    entry_of,
    standing,
)
from engine.due_dates import Due
from engine.errors import NoDate, NotAllowed, NotFound
from engine.event_clocks import (
    Change,
    Exclude,
    Moment,
    Restart,
    beginning,
    check,
    counts_forward,
    in_words,
    why,
)
from engine.events import Event, check_time, due_of_event, of_one_moment, same_event
from engine.instants import day_of, in_future, local_day, written
from engine.obligations import Obligation, Status, move, open_obligation
from engine.workdays import WorkCalendar
from rules.clauses import Clause, Effect
from rules.terms import Term

_NAMES = {
    Effect.RESTART: "重新起算",
    Effect.EXCLUDE: "不计入期限",
    Effect.EXTEND: "延期",
}


@dataclass(frozen=True)
class _Limit:
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
    limit = _limit(agency, calendar, row, _event(session, row).moment)
    change = replace(change, clause=_clause(agency, limit, change, clause))
    others = changes_of(session, row.id, agency.catalogue.clauses)
    _store(session, agency, calendar, row, limit, others, change, by, now, _told(change))
    return row


def correct(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    obligation_id: int,
    entry_id: int,
    values: Mapping[str, Any],
    *,
    by: str,
    reason: str,
    now: datetime,
) -> Obligation:
    """更正 of an entry: a new one with these values (`at`, `until`, `amount`, `approver`) counts
    instead. Raises NotFound, NotAllowed, NoDate."""
    row = open_obligation(session, obligation_id)
    limit = _limit(agency, calendar, row, _event(session, row).moment)
    entries = entries_of(session, obligation_id)
    wrong = _entry(entries, obligation_id, entry_id)
    clauses = agency.catalogue.clauses
    old = change_of(wrong, clauses)
    if strange := values.keys() - {field.name for field in fields(old)}:
        named = "、".join("to" if name == "until" else name for name in sorted(strange))
        raise NotAllowed(f"计时记录 {entry_id} 是{_NAMES[wrong.type]}，没有 {named}，请去掉")
    new = replace(old, **values)
    others = [change_of(entry, clauses) for entry in standing(entries) if entry is not wrong]
    text = f"更正计时记录 {entry_id}：{in_words(old)}改为{in_words(new)}，理由：{reason}"
    _store(session, agency, calendar, row, limit, others, new, by, now, text, wrong)
    return row


def correct_start(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    obligation_id: int,
    moment: Moment,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> Obligation:
    """更正 of the event's own time: all open obligations of the event move, closed ones do not.

    Raises NotFound, NotAllowed, NoDate.
    """
    asked = open_obligation(session, obligation_id)
    event = _event(session, asked)
    duty = agency.duties_in_force.get(f"{asked.rule}@{asked.unit}")
    if duty and duty.key in agency.chained and event.trigger == agency.trigger_of(duty):
        raise NotAllowed(
            f"待办事项 {asked.id} 从前一事项办结起算；办结时间登记错了的，"
            "请恢复（reopen）前一事项，再按正确的时间办结"
        )
    events = {one.id: one for one in of_one_moment(session, agency, event)}
    query = select(Obligation).where(col(Obligation.event_id).in_(events))
    rows = session.exec(query.order_by(col(Obligation.id))).all()
    moving = [row for row in rows if row.status is Status.OPEN]
    check_time(agency, (_known(agency, row) for row in moving), moment, now)
    _refuse_another(session, events, moment)
    dates = [_from(session, agency, calendar, row, moment) for row in moving]
    was = _event(session, asked).moment
    for event in events.values():
        event.at, event.day_only = beginning(moment), not isinstance(moment, datetime)
    for row in rows:
        assert row.id is not None
        named = f"事由“{_event(session, row).trigger}”的时间"
        text = f"{named}由{written(was)}更正为{written(moment)}，理由：{reason}"
        journal.write(session, row.id, now, "correct", by, text)
    for row, (due, reading) in zip(moving, dates, strict=True):
        row.period = _event(session, row).name
        row.opens_on = min(day_of(moment), local_day(row.created_at), due.due_on)
        move(session, row, due, reading, now)
    return asked


def _refuse_another(session: Session, events: Mapping[int | None, Event], moment: Moment) -> None:
    """Two events of one name, time and reference would be one."""
    for event in events.values():
        same = same_event(session, event.trigger, event.unit, beginning(moment), event.reference)
        if same and same.id not in events:
            raise NotAllowed(
                f"{written(moment)}的“{event.trigger}”已另有登记（事由 {same.id}），"
                "请核对时间；重复的事项可以免除"
            )


def replay_reopened(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation, now: datetime
) -> None:
    """Bring what was closed while its event was corrected up to date, where it has a date."""
    if row.event_id is None or row.rule not in agency.readings:
        return
    changes = changes_of(session, row.id, agency.catalogue.clauses)
    with suppress(NoDate):
        moment = _event(session, row).moment
        move(
            session, row, *due_of_event(agency, calendar, row.rule, row.unit, moment, changes), now
        )


def _store(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    row: Obligation,
    limit: _Limit,
    others: Sequence[Change],
    change: Change,
    by: str,
    now: datetime,
    text: str,
    wrong: ClockEntry | None = None,
) -> None:
    _check_times(change, now)
    changes = [*others, change]
    check(limit.term, limit.start, changes, agency.calendar_of(row.unit, calendar))
    due, reading = due_of_event(agency, calendar, row.rule, row.unit, limit.start, changes)
    assert row.id is not None
    entry = entry_of(change, row.id, by, now)
    entry.corrects = wrong.id if wrong else None
    session.add(entry)
    kind = "correct" if wrong else entry.type.value
    journal.write(session, row.id, now, kind, by, text)
    move(session, row, due, reading, now)


def _event(session: Session, row: Obligation) -> Event:
    if row.event_id is None:
        raise NotAllowed(
            f"待办事项 {row.id} 按周期或者定日到期，不从事由起算，不能重新起算、扣除时间、延期或者更正；"
            "不需办理的，可写明理由免除"
        )
    return session.get_one(Event, row.event_id)


def _limit(agency: Agency, calendar: WorkCalendar, row: Obligation, start: Moment) -> _Limit:
    reading = agency.reading_on(_known(agency, row), start, calendar)
    term = reading.term
    if term is None or not counts_forward(term):
        raise NotAllowed(
            f"待办事项 {row.id} 的期限（{reading.in_words}）不是从事由往后计算的，"
            "不能重新起算、扣除时间或者延期；事由改期的，请更正事由的时间（correct）"
        )
    return _Limit(term, start, reading.referred.id if reading.referred else row.rule)


def _known(agency: Agency, row: Obligation) -> str:
    if row.rule not in agency.readings:
        raise NotAllowed(
            f"待办事项 {row.id} 的规则 {row.rule} 已不在目录中，不能重新推算，请先补上规则"
        )
    return row.rule


def _from(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation, moment: Moment
) -> tuple[Due, str]:
    """The date and the reading of an open obligation when its event is moved to this time."""
    duty = agency.duties_in_force.get(f"{_known(agency, row)}@{row.unit}")
    if duty and not duty.in_force(day_of(moment)):
        raise NotAllowed(
            f"规则 {row.rule} 在{day_of(moment)}不适用（待办事项 {row.id}），"
            "请免除已有的事项，再按正确的时间重新登记事由"
        )
    changes = changes_of(session, row.id, agency.catalogue.clauses)
    if changes:
        term = _limit(agency, calendar, row, moment).term
        check(term, moment, changes, agency.calendar_of(row.unit, calendar))
    return due_of_event(agency, calendar, row.rule, row.unit, moment, changes)


def _clause(agency: Agency, limit: _Limit, change: Change, asked: str) -> Clause | None:
    effect, day = effect_of(change), day_of(limit.start)
    fitting = {
        clause.id: clause
        for clause in agency.catalogue.clauses.values()
        if clause.effect is effect and limit.rule in clause.rules and clause.in_force(day)
    }
    if asked and asked not in fitting:
        named = "、".join(fitting) or "无"
        raise NotAllowed(
            f"clause：“{asked}”不是规则 {limit.rule} 的{_NAMES[effect]}条款，可用的：{named}"
        )
    if not fitting and effect is Effect.EXTEND:
        raise NotAllowed(f"规则 {limit.rule} 的文件没有规定可以延期，请按原来的期限办理")
    return fitting[asked] if asked else next(iter(fitting.values()), None)


def _entry(entries: Sequence[ClockEntry], obligation_id: int, entry_id: int) -> ClockEntry:
    found = next((entry for entry in entries if entry.id == entry_id), None)
    if found is None:
        raise NotFound(
            f"待办事项 {obligation_id} 没有编号为 {entry_id} 的计时记录，编号见其详情的 clock"
        )
    later = next((entry.id for entry in entries if entry.corrects == entry_id), None)
    if later:
        raise NotAllowed(f"计时记录 {entry_id} 已由记录 {later} 更正，请更正记录 {later}")
    return found


def _check_times(change: Change, now: datetime) -> None:
    end = change.until if isinstance(change, Exclude) else change.at
    if isinstance(end, datetime) is not isinstance(change.at, datetime):
        raise NotAllowed("from 和 to 须同为日期，或者同为时刻，请改写")
    if in_future(end, now):
        raise NotAllowed(f"{in_words(change)}尚未到来，请在发生之后再登记")


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
