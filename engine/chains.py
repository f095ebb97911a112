"""接续: a duty that begins when another is completed (`starts_after`: 季度抽查, then 公开抽查情况).

A limit counts from each completion, by an event of its own, tied to the completed obligation. A
rhythm (编制目录, then 动态更新) begins once, on the day of the first completion.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from engine import journal
from engine.agency import Agency
from engine.clock_changes import replay_reopened
from engine.duties import Duty
from engine.events import EVENT_KINDS, Event, begin, beginnings
from engine.instants import day_of
from engine.obligations import (
    WITHDRAWN_BY,
    Obligation,
    Status,
    obligations_of,
    reopen,
    waive,
    withdraw,
)
from engine.workdays import LAST_DAY, WorkCalendar


def with_beginnings(session: Session, agency: Agency) -> Agency:
    """The agency that knows on which days its chained rhythms have begun."""
    chained = (agency.duties_in_force[key] for key in agency.chained)
    rhythms = [duty for duty in chained if not _counts_from_each(agency, duty)]
    days: dict[str, date] = {
        key: min(day_of(one.closed_at) for one in firsts if one.closed_at)
        for key, firsts in completions(session, agency, rhythms).items()
        if firsts
    }
    return agency if days == agency.begun else replace(agency, begun=days)


def follow(
    session: Session, agency: Agency, calendar: WorkCalendar, first: Obligation, now: datetime
) -> int:
    """Begin what starts after a completed obligation, for each duty once, and bring what had
    begun with it in line with the time of its completion; how many are new.

    Nothing begins for a rule that waits for an interpretation, nor outside its duty's days.
    """
    assert first.closed_at
    duties = [
        duty
        for duty in _followers(session, agency, first)
        if _counts_from_each(agency, duty) and duty.in_force(day_of(first.closed_at))
    ]
    # All events before the first date: linked duties look at each other's.
    events = {duty.key: _completion(session, agency, duty, first, now) for duty in duties}
    return sum(_begin(session, agency, calendar, duty, events[duty.key], now) for duty in duties)


def follow_all(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    completed: Mapping[str, Iterable[Obligation]],
    now: datetime,
) -> int:
    """The same for all that was completed before duties, or their readings, were there. What has
    begun with a completion is left to whoever brings it in line."""
    begun = _begun(session, agency, completed)
    firsts = {
        one.id: one
        for key, rows in completed.items()
        for one in rows
        if (key, _reference(one), one.closed_at) not in begun
    }
    return sum(follow(session, agency, calendar, first, now) for first in firsts.values())


def _begun(
    session: Session, agency: Agency, keys: Iterable[str]
) -> set[tuple[str, str, datetime | None]]:
    """The duties, with the references and times of the completions with which theirs began."""
    duties = [agency.duties_in_force[key] for key in keys]
    if not duties:
        return set()
    query = select(Obligation.rule, Obligation.unit, Event.reference, Event.at).join(Event)
    query = query.where(
        col(Event.trigger).in_({agency.trigger_of(duty) for duty in duties}),
        col(Obligation.rule).in_({duty.rule for duty in duties}),
    )
    rows = session.exec(query).all()
    return {(f"{rule}@{unit}", reference, at) for rule, unit, reference, at in rows}


def take_back(
    session: Session, agency: Agency, first: Obligation, *, by: str, now: datetime
) -> list[Obligation]:
    """The completion did not stand: what began with it and is not done is waived, late or not. What
    is done stays so: it is returned, and named in the journal, for a person to look at."""
    began = select(Obligation).join(Event).where(Event.reference == _reference(first))
    for row in session.exec(began.where(Obligation.status == Status.OPEN)).all():
        assert row.id is not None
        reason = f"“{first.period_in_words}”的前一事项（{first.id}号）恢复待办"
        waive(session, row.id, by=WITHDRAWN_BY, reason=reason, now=now)
    left = list(session.exec(began.where(Obligation.status == Status.DONE)).all())
    left += _done_too_early(session, agency, first)
    _tell_of(session, agency, first, left, by, now)
    return left


def _done_too_early(session: Session, agency: Agency, first: Obligation) -> list[Obligation]:
    """What is done of rhythms that have not begun then, as they would have with this completion."""
    found: list[Obligation] = []
    session.flush()
    for duty in _followers(session, agency, first):
        if _counts_from_each(agency, duty):
            continue
        others = [one.closed_at for one in _completed(session, agency, duty) if one.closed_at]
        begins = day_of(min(others)) if others else LAST_DAY
        query = select(Obligation).where(
            Obligation.rule == duty.rule,
            Obligation.unit == duty.unit,
            Obligation.status == Status.DONE,
            Obligation.opens_on < begins,
        )
        found += session.exec(query.order_by(col(Obligation.due_on))).all()
    return found


def _tell_of(
    session: Session,
    agency: Agency,
    first: Obligation,
    left: Iterable[Obligation],
    by: str,
    now: datetime,
) -> None:
    """In the journal of the first and of each that is done after it."""
    assert first.id is not None
    rules, named = agency.catalogue.rules, []
    for row in left:
        assert row.id is not None
        text = (
            f"前一事项（{first.id}号，{first.period_in_words}）恢复待办，本事项仍为已办结，请核对"
        )
        journal.write(session, row.id, now, "take_back", by, text)
        quote = rules[row.rule].quote if row.rule in rules else row.rule
        named.append(f"“{quote}”（{row.id}号，{row.period_in_words}）")
    if named:
        text = f"其后的事项已经办结，请核对：{'、'.join(named)}"
        journal.write(session, first.id, now, "take_back", by, text)


def standing(
    agency: Agency, duty: Duty, events: Iterable[Event], completed: Iterable[Obligation]
) -> list[Event]:
    """Of a duty's events those that stand: not the completions that were taken back."""
    if duty.key not in agency.chained:
        return list(events)
    references = {_reference(first) for first in completed}
    trigger = agency.trigger_of(duty)
    return [one for one in events if one.trigger != trigger or one.reference in references]


def _counts_from_each(agency: Agency, duty: Duty) -> bool:
    term = agency.readings[duty.rule].term
    return term is not None and term.kind in EVENT_KINDS


def completions(
    session: Session, agency: Agency, duties: Iterable[Duty]
) -> dict[str, list[Obligation]]:
    """By key, for each of these duties that is chained: what was completed of those after which it
    starts, or of linked ones in their stead."""
    rules = agency.catalogue.rules
    asked = {
        duty.key: [
            (rule, one.unit)
            for one in agency.chained[duty.key]
            for rule in (one.rule, *rules[one.rule].same_as)
        ]
        for duty in duties
        if duty.key in agency.chained
    }
    pairs = {pair for wanted in asked.values() for pair in wanted}
    rows = obligations_of(session, pairs, Obligation.status == Status.DONE)
    return {
        key: sorted(
            (
                row
                for pair in dict.fromkeys(wanted)
                for row in rows[pair]
                if row.closed_at and _starts_after(session, agency, key, row)
            ),
            key=lambda row: row.id or 0,
        )
        for key, wanted in asked.items()
    }


def _completed(session: Session, agency: Agency, duty: Duty) -> list[Obligation]:
    return completions(session, agency, [duty])[duty.key]


def _followers(session: Session, agency: Agency, first: Obligation) -> list[Duty]:
    """The duties that start after this obligation, or after a linked one that it governs."""
    return [
        agency.duties_in_force[key]
        for key in agency.chained
        if _starts_after(session, agency, key, first)
    ]


def _starts_after(session: Session, agency: Agency, key: str, first: Obligation) -> bool:
    rules = {one.rule for one in agency.chained[key] if one.unit == first.unit}
    if not rules or first.rule in rules:
        return bool(rules)
    same = agency.same_duties(first.rule, first.unit, first.due_on)
    return any(one.id in rules and not _own(session, one.id, first) for one in same)


def _own(session: Session, rule: str, first: Obligation) -> bool:
    """Has a linked rule something of its own standing in the days of this obligation?"""
    query = select(Obligation.id).where(
        Obligation.rule == rule,
        Obligation.unit == first.unit,
        Obligation.status != Status.WAIVED,
        Obligation.opens_on <= first.due_on,
        Obligation.due_on >= first.opens_on,
    )
    return session.exec(query).first() is not None


def _reference(first: Obligation) -> str:
    """`2026年第三季度（12号办结）`: for people, and unique by the number. It is stored, so a minute
    keeps the T with which it was always written here."""
    words = first.period_in_words
    named = first.period if words.replace(" ", "T") == first.period else words
    return f"{named}（{first.id}号办结）"


def _completion(
    session: Session, agency: Agency, duty: Duty, first: Obligation, now: datetime
) -> Event:
    """The completion as an event of the later duty's unit; completed again, at the new time."""
    assert first.closed_at
    trigger, reference = agency.trigger_of(duty), _reference(first)
    query = select(Event).where(
        Event.trigger == trigger, Event.unit == duty.unit, Event.reference == reference
    )
    event = session.exec(query).first() or Event(
        trigger=trigger,
        unit=duty.unit,
        at=first.closed_at,
        day_only=False,
        reference=reference,
        by=first.closed_by,
        recorded_at=now,
    )
    if event.at != first.closed_at:  # what is done already is explained by the new time, too
        for row in session.exec(select(Obligation).where(Obligation.event_id == event.id)).all():
            row.changes(now)
    event.at = first.closed_at
    session.add(event)
    session.flush()
    return event


def _begin(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    duty: Duty,
    event: Event,
    now: datetime,
) -> int:
    """The obligation of one duty; 1 where it is new."""
    query = select(Obligation).where(
        Obligation.rule == duty.rule,
        Obligation.unit == duty.unit,
        Obligation.event_id == event.id,
    )
    row = session.exec(query).first()
    found = beginnings(session, agency, calendar, duty, event, now)
    if duty.rule in found.governed or duty.rule not in found.dates:
        if row and row.ahead(now):
            withdraw(session, row, found.governed.get(duty.rule, ""), now)
        return 0
    if row is None:
        _, due, words = found.dates[duty.rule]
        begin(session, agency, duty, event, due, words, now)
        return 1
    if row.withdrawn and row.id:
        reopen(session, row.id, by=WITHDRAWN_BY, reason="前一事项再次办结", now=now)
    if row.status is Status.OPEN:
        replay_reopened(session, agency, calendar, row, now)
    return 0
