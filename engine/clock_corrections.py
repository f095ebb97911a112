"""更正 What was entered about a clock and was wrong: an entry's values, an entry that should not be
there, or the time of the event itself. Nothing is deleted: what is corrected stays readable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from engine import journal
from engine.agency import Agency
from engine.clock_changes import TYPE_NAMES, event_of, known_rule, limit_of, store
from engine.clock_entries import (
    ClockEntry,
    EntryType,
    change_of,
    changes_of,
    entries_of,
    standing,
    void_of,
)
from engine.due_dates import Due
from engine.errors import NotAllowed, NotFound
from engine.event_clocks import Moment, beginning, check, in_words
from engine.events import Event, check_time, due_of_event, of_one_moment, same_event
from engine.instants import day_of, local_day, written
from engine.obligations import Obligation, Status, move, open_obligation
from engine.workdays import WorkCalendar


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
    limit = limit_of(agency, calendar, row, event_of(session, row).moment)
    entries = entries_of(session, obligation_id)
    wrong = _entry(entries, obligation_id, entry_id)
    clauses = agency.catalogue.clauses
    old = change_of(wrong, clauses)
    if strange := values.keys() - {field.name for field in fields(old)}:
        named = "、".join("to" if name == "until" else name for name in sorted(strange))
        raise NotAllowed(f"计时记录 {entry_id} 是{TYPE_NAMES[wrong.type]}，没有 {named}，请去掉")
    new = replace(old, **values)
    others = [change_of(entry, clauses) for entry in standing(entries) if entry is not wrong]
    text = f"更正计时记录 {entry_id}：{in_words(old)}改为{in_words(new)}，理由：{reason}"
    store(session, agency, calendar, row, limit, others, new, by, now, text, wrong)
    return row


def void(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    obligation_id: int,
    entry_id: int,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> Obligation:
    """作废 of an entry that should not be there: it stays readable and counts no longer, nor does what
    it corrected. Raises NotFound; NotAllowed also where a later entry rests on it."""
    row = open_obligation(session, obligation_id)
    limit = limit_of(agency, calendar, row, event_of(session, row).moment)
    entries = entries_of(session, obligation_id)
    wrong = _entry(entries, obligation_id, entry_id)
    clauses = agency.catalogue.clauses
    others = [change_of(entry, clauses) for entry in standing(entries) if entry is not wrong]
    check(limit.term, limit.start, others, agency.calendar_of(row.unit, calendar))
    due, reading = due_of_event(agency, calendar, row.rule, row.unit, limit.start, others)
    session.add(void_of(wrong, by, reason, now))
    text = f"作废计时记录 {entry_id}：{in_words(change_of(wrong, clauses))}，理由：{reason}"
    journal.write(session, obligation_id, now, "correct", by, text)
    if not move(session, row, due, reading, now):
        row.changes(now)  # its date is explained in another way
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
    event = event_of(session, asked)
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
    check_time(agency, (known_rule(agency, row) for row in moving), moment, now)
    _refuse_another(session, events, moment)
    dates = [_from(session, agency, calendar, row, moment) for row in moving]
    was = event_of(session, asked).moment
    for event in events.values():
        event.at, event.day_only = beginning(moment), not isinstance(moment, datetime)
    for row in rows:
        assert row.id is not None
        named = f"事由“{event_of(session, row).trigger}”的时间"
        text = f"{named}由{written(was)}更正为{written(moment)}，理由：{reason}"
        journal.write(session, row.id, now, "correct", by, text)
        row.changes(now)  # what is closed is explained in another way, too
    for row, (due, reading) in zip(moving, dates, strict=True):
        row.period = event_of(session, row).name
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


def _entry(entries: Sequence[ClockEntry], obligation_id: int, entry_id: int) -> ClockEntry:
    found = next((entry for entry in entries if entry.id == entry_id), None)
    if found is None:
        raise NotFound(
            f"待办事项 {obligation_id} 没有编号为 {entry_id} 的计时记录，编号见其详情的 clock"
        )
    if found.type is EntryType.VOID:
        raise NotAllowed(f"计时记录 {entry_id} 是作废的记录，不能再更正；原来没有错的，请重新登记")
    later = next((entry for entry in entries if entry.corrects == entry_id), None)
    if later and later.type is EntryType.VOID:
        raise NotAllowed(f"计时记录 {entry_id} 已由记录 {later.id} 作废")
    if later:
        raise NotAllowed(f"计时记录 {entry_id} 已由记录 {later.id} 更正，请更正记录 {later.id}")
    return found


def _from(
    session: Session, agency: Agency, calendar: WorkCalendar, row: Obligation, moment: Moment
) -> tuple[Due, str]:
    """The date and the reading of an open obligation when its event is moved to this time."""
    duty = agency.duties_in_force.get(f"{known_rule(agency, row)}@{row.unit}")
    if duty and not duty.in_force(day_of(moment)):
        raise NotAllowed(
            f"规则 {row.rule} 在{day_of(moment)}不适用（待办事项 {row.id}），"
            "请免除已有的事项，再按正确的时间重新登记事由"
        )
    changes = changes_of(session, row.id, agency.catalogue.clauses)
    if changes:
        term = limit_of(agency, calendar, row, moment).term
        check(term, moment, changes, agency.calendar_of(row.unit, calendar))
    return due_of_event(agency, calendar, row.rule, row.unit, moment, changes)
