"""事由 Event: something that happened, from which terms count."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine import journal
from engine.agency import Agency
from engine.alternatives import guarded
from engine.database import Instant
from engine.due_dates import Due
from engine.duties import Duty
from engine.errors import NoDate, NotAllowed, UnknownTrigger
from engine.event_clocks import Changes, Moment, beginning, replay
from engine.instants import day_of, in_future, local_iso
from engine.news import NewsType, tell
from engine.obligations import Obligation, Status, due_columns, withdraw
from engine.owing import governed
from engine.workdays import WorkCalendar
from rules.terms import Kind

EVENT_KINDS = frozenset(
    {
        Kind.AFTER_EVENT,
        Kind.BEFORE_EVENT,
        Kind.SIMULTANEOUS,
        Kind.WINDOW,
        Kind.STATUTORY_REFERENCE,
    }
)
ALL_UNITS = "all"
Owing = tuple[str, str]  # a rule and a unit


class Event(SQLModel, table=True):
    """事由. `day_only`: only the day is known, `at` is then its beginning."""

    __table_args__ = (UniqueConstraint("trigger", "unit", "at", "reference"),)

    id: int | None = Field(default=None, primary_key=True)
    trigger: str
    unit: str  # or "all"
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    day_only: bool
    reference: str  # such as the application's number
    by: str
    recorded_at: datetime = Field(sa_column=Column(Instant, nullable=False))

    @property
    def moment(self) -> date | datetime:
        """The event's day, or its instant where that is known."""
        return day_of(self.at) if self.day_only else self.at

    @property
    def name(self) -> str:
        """What tells it from others of its kind: its reference, else its day or minute."""
        return self.reference or (local_iso(self.at) or "")[: 10 if self.day_only else 16]


def triggers(agency: Agency) -> dict[str, list[Duty]]:
    """The events from which duties count, each with those duties; not the completions, which
    are recorded where they happen."""
    found: dict[str, list[Duty]] = {}
    for duty in agency.duties_in_force.values():
        term = agency.readings[duty.rule].term
        if term and term.kind in EVENT_KINDS and duty.key not in agency.chained:
            found.setdefault(agency.catalogue.rules[duty.rule].trigger, []).append(duty)
    return found


def recent_events(session: Session, units: Iterable[str] | None, number: int) -> list[Event]:
    """The last that were recorded, newest first, of these units alone; None: of all."""
    query = select(Event).order_by(col(Event.id).desc()).limit(number)
    if units is not None:
        query = query.where(col(Event.unit).in_(sorted(units)))
    return list(session.exec(query))


def record_event(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    *,
    trigger: str,
    unit: str,
    moment: date | datetime,
    reference: str,
    by: str,
    now: datetime,
) -> tuple[Event, list[Obligation], bool]:
    """An event and the obligations that begin with it. The same event again, for the same unit
    or for all, gives the rows that are there and adds what is missing.

    `unit` is a unit's id or `all`. The last value says whether something is new. Raises
    UnknownTrigger, NoDate, NotAllowed; then nothing is stored.
    """
    duties = list(_duties(agency, trigger, unit, day_of(moment)))
    check_time(agency, (duty.rule for duty in duties), moment, now)
    event = same_event(session, trigger, unit, beginning(moment), reference) or Event(
        trigger=trigger,
        unit=unit,
        at=beginning(moment),
        day_only=not isinstance(moment, datetime),
        reference=reference,
        by=by,
        recorded_at=now,
    )
    begun = _begun(session, event)
    # The dates come first: where one cannot be computed nothing is stored.
    missing = [
        (duty, due_of_event(agency, calendar, duty.rule, duty.unit, moment))
        for duty in duties
        if (duty.rule, duty.unit) not in begun
    ]
    governing = _governing(session, agency, calendar, duties, event, now)
    stored = bool(missing) and event.id is None
    if stored:
        session.add(event)
        session.flush()
    rows = begun | _begin_missing(session, agency, event, missing, governing, now)
    _withdraw_governed(session, begun, governing, now)
    keys = [(governing.get((d.rule, d.unit), d.rule), d.unit) for d in duties]
    found = [rows[key] for key in dict.fromkeys(keys) if key in rows]
    new = stored or len(rows) > len(begun)
    return event if event.id else session.get_one(Event, found[0].event_id), found, new


def _begin_missing(
    session: Session,
    agency: Agency,
    event: Event,
    missing: Iterable[tuple[Duty, tuple[Due, str]]],
    governing: Mapping[Owing, str],
    now: datetime,
) -> dict[Owing, Obligation]:
    """What begins now, but for what a linked rule governs."""
    return {
        (duty.rule, duty.unit): begin(session, agency, duty, event, computed, reading, now)
        for duty, (computed, reading) in missing
        if (duty.rule, duty.unit) not in governing
    }


def _withdraw_governed(
    session: Session,
    begun: Mapping[Owing, Obligation],
    governing: Mapping[Owing, str],
    now: datetime,
) -> None:
    """What had begun under one name of the event, and a stricter rule governs under another."""
    for key, by_rule in governing.items():
        if key in begun and begun[key].ahead(now):
            withdraw(session, begun[key], by_rule, now)


def check_completion(session: Session, agency: Agency, row: Obligation, moment: datetime) -> None:
    """What counts from an event cannot be done before it; what has to precede one can. Raises
    NotAllowed."""
    event = session.get(Event, row.event_id) if row.event_id else None
    reading = agency.readings.get(row.rule)
    ahead = (Kind.BEFORE_EVENT, Kind.SIMULTANEOUS)
    if event is None or reading is None or (reading.term and reading.term.kind in ahead):
        return
    if moment < event.at:
        raise NotAllowed(f"办结时间早于事由的时间（{local_iso(event.at)}），请核对 at")


def due_of_event(
    agency: Agency,
    calendar: WorkCalendar,
    rule: str,
    unit: str,
    moment: Moment,
    changes: Changes = (),
) -> tuple[Due, str]:
    """The date that an event gives a unit after the changes of the obligation's clock, and the
    reading that gives it, in words. Raises NoDate."""
    calendar = agency.calendar_of(unit, calendar)
    reading = agency.reading_on(rule, moment, calendar)
    if reading.term is None:
        raise NoDate(f"规则 {rule} 须先由机关确定口径")
    computed = replay(reading.term, moment, changes, calendar)
    stated = reading.referred or agency.catalogue.rules[rule]
    date = guarded(stated, reading.term, computed, calendar, moment, changes=changes)
    return date, reading.in_words


def _duties(agency: Agency, trigger: str, unit: str, day: date) -> Iterator[Duty]:
    known = triggers(agency)
    if trigger not in known:
        named = "、".join(f"“{name}”" for name in known) or "（尚无，请先配置责任）"
        raise UnknownTrigger(f"没有责任从“{trigger}”起算；可用的事由：{named}")
    if unit != ALL_UNITS and unit not in agency.units:
        raise UnknownTrigger(f"单位“{unit}”不存在")
    duties = [
        duty for duty in known[trigger] if unit in (ALL_UNITS, duty.unit) and duty.in_force(day)
    ]
    if not duties:
        whose = "各单位" if unit == ALL_UNITS else f"“{agency.units[unit].name}”"
        raise UnknownTrigger(f"{whose}在{day}没有从“{trigger}”起算的责任")
    return iter(duties)


def check_time(agency: Agency, rules: Iterable[str], moment: Moment, now: datetime) -> None:
    """What has not happened yet starts no limit; an announced hearing may lie ahead. Raises
    NotAllowed."""
    ahead = {Kind.BEFORE_EVENT, Kind.SIMULTANEOUS}
    kinds = {term.kind for rule in rules if (term := agency.readings[rule].term)}
    if in_future(moment, now) and not kinds <= ahead:
        raise NotAllowed("事由的时间不能晚于现在")


@dataclass(frozen=True)
class Beginnings:
    """What linked duties of a unit owe from what happened at one moment: by rule the event, the
    date and the reading; and the rules that do not stand, with the one that governs each."""

    dates: dict[str, tuple[Event, Due, str]]
    governed: dict[str, str]


def beginnings(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    duty: Duty,
    event: Event,
    now: datetime,
) -> Beginnings:
    """What a duty and those linked with it owe from the events of one moment: papers give one
    event different names. What a person closed stands as it is, and so does what is late when
    no duty asks for it any more."""
    events = {one.trigger: one for one in [event, *_together(session, event, duty.unit)]}
    dates: dict[str, tuple[Event, Due, str]] = {}
    for one in agency.linked.get(duty.key, (duty,)):
        named = events.get(agency.trigger_of(one))
        if named and one.in_force(day_of(named.at)):
            try:
                date = due_of_event(agency, calendar, one.rule, one.unit, named.moment)
                dates[one.rule] = (named, *date)
            except NoDate:  # it begins nothing here, and so governs nothing
                continue
    ends = {rule: due.end for rule, (_, due, _) in dates.items()}
    for (rule, unit), row in _begun(session, event).items():
        closed = row.status is not Status.OPEN and not row.withdrawn
        stays = closed or (rule not in dates and row.status is Status.OPEN and not row.ahead(now))
        if unit == duty.unit and stays and rule in agency.catalogue.rules:
            ends[rule] = min(row.end, ends.get(rule, row.end))
    return Beginnings(dates, governed(ends, agency.catalogue.rules))


def begin(
    session: Session,
    agency: Agency,
    duty: Duty,
    event: Event,
    computed: Due,
    reading: str,
    now: datetime,
) -> Obligation:
    """Store the obligation that begins with a stored event."""
    row = _obligation(agency, duty, event, computed, reading, now)
    session.add(row)
    session.flush()
    assert row.id is not None
    text = f"登记事由“{event.trigger}”，时间{local_iso(event.at)}，到期日{row.due_on}"
    journal.write(session, row.id, now, "created", event.by, text)
    tell(session, NewsType.CREATED, row.id, now)
    return row


def _governing(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    duties: list[Duty],
    event: Event,
    now: datetime,
) -> dict[Owing, str]:
    """By rule and unit what does not stand beside a linked rule, and that rule."""
    found: dict[Owing, str] = {}
    for duty in duties:
        if duty.key in agency.linked:
            begins = beginnings(session, agency, calendar, duty, event, now)
            found |= {(rule, duty.unit): by for rule, by in begins.governed.items()}
    return found


def _begun(session: Session, event: Event) -> dict[Owing, Obligation]:
    """What has begun at the moment of this event already, for whomever and under whichever name
    it was entered, by rule and unit."""
    query = (
        select(Obligation)
        .join(Event)
        .where(Event.at == event.at, Event.reference == event.reference)
    )
    rows = session.exec(query.order_by(col(Obligation.id))).all()
    return {(row.rule, row.unit): row for row in rows}


def _together(session: Session, event: Event, unit: str) -> list[Event]:
    """The stored events of a unit, or of all, at the moment of this one; the first come last."""
    query = select(Event).where(
        Event.at == event.at,
        Event.reference == event.reference,
        col(Event.unit).in_([unit, ALL_UNITS]),
    )
    return list(session.exec(query.order_by(col(Event.id).desc())).all())


def of_one_moment(session: Session, agency: Agency, event: Event) -> list[Event]:
    """An event and what else was entered of it: for the unit and for all, or under the other
    names that linked rules give it."""
    rules, duties = agency.catalogue.rules, agency.duties_in_force
    names = {event.trigger}
    for key, group in agency.linked.items():
        if rules[duties[key].rule].trigger == event.trigger:
            names |= {rules[duty.rule].trigger for duty in group}
    query = select(Event).where(
        Event.at == event.at, Event.reference == event.reference, col(Event.trigger).in_(names)
    )
    if event.unit != ALL_UNITS:
        query = query.where(col(Event.unit).in_([event.unit, ALL_UNITS]))
    return list(session.exec(query.order_by(col(Event.id))).all())


def same_event(
    session: Session, trigger: str, unit: str, instant: datetime, reference: str
) -> Event | None:
    query = select(Event).where(
        Event.trigger == trigger,
        Event.unit == unit,
        Event.at == instant,
        Event.reference == reference,
    )
    return session.exec(query).first()


def _obligation(
    agency: Agency, duty: Duty, event: Event, computed: Due, reading: str, now: datetime
) -> Obligation:
    return Obligation(
        rule=duty.rule,
        unit=duty.unit,
        occurrence=f"event:{event.id}",
        period=event.name,
        event_id=event.id,
        document=agency.catalogue.rules[duty.rule].document.id,
        reading=reading,
        opens_on=min(day_of(event.at), day_of(now), computed.due_on),
        **due_columns(computed),
        created_at=now,
    )
