"""提醒策略 Ladder: on which working days an obligation is brought to mind, and whose.

The handlers (承办人) are reminded before and after the end, the head (负责人) and the leader
(分管领导) of the unit are asked to press once it is late, and so is the unit above (上级). Rungs (档) are counted in working days back from the day to act (宜办日), and on from the due day
once that is past. Pure: which rung does an obligation stand on at an instant? Rungs that were
missed before the latest one are not made up for, so an outage ends in one reminder.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from engine.instants import at, local_day
from engine.units import Role
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class Ladder:
    """`before`: working days before the day to act. `every`: working days from one reminder of
    a late obligation to the next, 0 for none. `head`, `leader`: working days after the due day
    on which the head and the leader of the unit are told, 0 for the day to act itself.
    `superior`: the same of the superior unit, from 1. `hours`: hours before an instant, beside
    the one at once.
    """

    id: str = "default"
    before: tuple[int, ...] = (5, 3, 1, 0)
    every: int = 1
    head: tuple[int, ...] = (1,)
    leader: tuple[int, ...] = (3,)
    superior: tuple[int, ...] = (1, 3)
    hours: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class OfficeHours:
    """When ordinary alerts go out: on working days, wall-clock times in Asia/Shanghai."""

    begin: time = time(9)
    end: time = time(18)

    def are_now(self, now: datetime, calendar: WorkCalendar) -> bool:
        """May an ordinary alert go out at this instant?"""
        day = local_day(now)
        return calendar.is_workday(day) and at(day, self.begin) <= now < at(day, self.end)

    def last_begun(self, now: datetime, calendar: WorkCalendar) -> date:
        """The latest working day whose office hours have begun."""
        day = local_day(now)
        return calendar.on_or_before(day if at(day, self.begin) <= now else day - timedelta(days=1))


DEFAULT_LADDER = Ladder()
DEFAULT_HOURS = OfficeHours()


MOVED = "moved"


@dataclass(frozen=True)
class Rung:
    """档: `5` `3` `1` `0` before, `+1` `+2` after; `hours:start` `hours:1` `hours:0` where hours
    count; `head+1`, `leader+3`, `superior+1` and `head:hours`, `leader:hours`, `superior:hours`
    to those; `moved` when the date was moved. `send_at` is when it falls, `role` whom it asks."""

    name: str
    send_at: datetime
    role: Role = Role.HANDLER
    urgent: bool = False  # goes out at any hour


@dataclass(frozen=True)
class Dates:
    """What the ladder needs to know of an obligation."""

    opens_on: date
    due_on: date
    due_at: datetime | None
    act_by: date


def rungs_at(
    ladder: Ladder, dates: Dates, now: datetime, calendar: WorkCalendar, hours: OfficeHours
) -> list[Rung]:
    """The rungs of an open obligation that may be told now, at most one for each role. Outside
    office hours only the urgent ones: a later rung that has to wait for the morning must not
    silence an hour that has struck."""
    day = hours.last_begun(now, calendar)
    early = _by_hours(ladder, dates) if dates.due_at else _before(ladder, dates, calendar, hours)
    own = [*early, *_late(ladder, dates, day, calendar, hours)]
    above = [[*_escalated(role, ladder, dates, calendar, hours)] for role in _ABOVE]
    urgent_only = not hours.are_now(now, calendar)
    latest = (_latest(rungs, now, urgent_only) for rungs in (own, *above))
    return [rung for rung in latest if rung]


_ABOVE = (Role.HEAD, Role.LEADER, Role.SUPERIOR)


def _latest(rungs: Iterable[Rung], now: datetime, urgent_only: bool) -> Rung | None:
    fallen = [rung for rung in rungs if rung.send_at <= now and (rung.urgent or not urgent_only)]
    return max(fallen, key=lambda rung: rung.send_at, default=None)


def _before(
    ladder: Ladder, dates: Dates, calendar: WorkCalendar, hours: OfficeHours
) -> Iterator[Rung]:
    days = {number: calendar.add(dates.act_by, -number) for number in ladder.before}
    # Not before the period that it is for has begun.
    days = {number: day for number, day in days.items() if day >= dates.opens_on} or _last_chance(
        ladder, dates, calendar
    )
    for number, day in days.items():
        yield Rung(str(number), at(day, hours.begin))


def _last_chance(ladder: Ladder, dates: Dates, calendar: WorkCalendar) -> dict[int, date]:
    """Where every rung lies before the opening, nobody would hear of it until it is late: then
    the nearest rung falls when the office next opens or, in a period of days off, before it."""
    if not ladder.before:
        return {}
    nearest = min(ladder.before)
    opening = calendar.on_or_after(dates.opens_on)
    if opening <= dates.due_on:
        return {nearest: opening}
    return {nearest: calendar.add(dates.act_by, -nearest)}


def _by_hours(ladder: Ladder, dates: Dates) -> Iterator[Rung]:
    assert dates.due_at
    yield Rung("hours:start", at(dates.opens_on, time()), urgent=True)
    for number in (*ladder.hours, 0):
        yield Rung(f"hours:{number}", dates.due_at - timedelta(hours=number), urgent=True)


def _late(
    ladder: Ladder, dates: Dates, day: date, calendar: WorkCalendar, hours: OfficeHours
) -> Iterator[Rung]:
    if day > dates.due_on and ladder.every:
        number = calendar.count(dates.due_on, day)
        number -= (number - 1) % ladder.every
        yield Rung(f"+{number}", at(calendar.add(dates.due_on, number), hours.begin))


def _escalated(
    role: Role, ladder: Ladder, dates: Dates, calendar: WorkCalendar, hours: OfficeHours
) -> Iterator[Rung]:
    """Where hours count, the head is asked at the last warning, while there is still time; the
    leader and the superior when the time is over. Without days for them, head and leader are
    never asked."""
    days = {Role.HEAD: ladder.head, Role.LEADER: ladder.leader}.get(role, ladder.superior)
    if dates.due_at and (days or role is Role.SUPERIOR):
        warning = min(ladder.hours, default=0) if role is Role.HEAD else 0
        moment = dates.due_at - timedelta(hours=warning)
        yield Rung(f"{role}:hours", moment, role, urgent=True)
    for number in days:
        day = calendar.add(dates.due_on, number) if number else dates.act_by
        yield Rung(f"{role}+{number}", at(day, hours.begin), role)


def stage(
    ladder: Ladder, dates: Dates, now: datetime, calendar: WorkCalendar, hours: OfficeHours
) -> str:
    """The name of the handlers' latest rung that has fallen, told or not; empty before the first."""
    early = _by_hours(ladder, dates) if dates.due_at else _before(ladder, dates, calendar, hours)
    day = hours.last_begun(now, calendar)
    rung = _latest([*early, *_late(ladder, dates, day, calendar, hours)], now, False)
    return rung.name if rung else ""


def next_rung(
    ladder: Ladder,
    dates: Dates,
    now: datetime,
    calendar: WorkCalendar,
    hours: OfficeHours,
    late: bool,
) -> datetime | None:
    """When the next rung falls: of a late obligation the next on which it is put to the head, the
    leader or the superior, else the next of its handlers. None where the ladder has no more."""
    if late:
        above = (_escalated(role, ladder, dates, calendar, hours) for role in _ABOVE)
        coming = [rung for rungs in above for rung in rungs]
    else:
        by_hours = dates.due_at is not None
        early = _by_hours(ladder, dates) if by_hours else _before(ladder, dates, calendar, hours)
        first_late = at(calendar.add(dates.due_on, 1), hours.begin)
        coming = [*early, *([Rung("+1", first_late)] if ladder.every else [])]
    return min((rung.send_at for rung in coming if rung.send_at > now), default=None)
