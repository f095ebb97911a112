"""Dates as people type them, on the command line and over HTTP; one sentence when they are not."""

from datetime import date, datetime, timedelta

from api.errors import BadInput
from engine.errors import OutsideCalendar
from engine.instants import day_of, parse_event, start_of
from engine.notices import CN, Notice, is_scope
from engine.workdays import FIRST_DAY, LAST_DAY, WorkCalendar, work_calendar


def day(text: str, name: str) -> date:
    """A date; `name` is what the sentence calls it. Raises BadInput."""
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{name}“{text}”不是日期，应写作 2026-03-02") from None


def typed_calendar(
    imported: tuple[Notice, ...], region: str, known_on: str | None, today: date
) -> WorkCalendar:
    """The calendar of a region as it was known on a day. Raises BadInput, OutsideCalendar."""
    if not is_scope(region):
        raise BadInput(f"“{region}”不是六位行政区划代码，应写作 510800，全国为 {CN}")
    asked = day(known_on, "known-on ") if known_on else None
    if asked and asked > today:
        raise BadInput(f"known-on {asked} 晚于今天，那一天会知道什么还不知道")
    return work_calendar(imported, region, asked)


def moment(text: str, name: str) -> date | datetime:
    """A day or an instant within the calendar; without an offset in Asia/Shanghai.

    Raises BadInput, OutsideCalendar.
    """
    try:
        event = parse_event(text)
        _covered(day_of(event), name)
        return event
    except (ValueError, OverflowError):
        raise BadInput(
            f"{name}“{text}”不是日期或时刻，应写作 2026-03-02 或 2026-03-02T08:30+08:00"
        ) from None


def stretch(first: str, last: str) -> tuple[date, date]:
    """--from and --to. Raises BadInput, OutsideCalendar."""
    start, end = day(first, "--from "), day(last, "--to ")
    _covered(start, "--from ")
    _covered(end, "--to ")
    if end < start:
        raise BadInput(f"--to {end} 早于 --from {start}")
    if (end - start).days > 3660:
        raise BadInput("--from 到 --to 不能超过十年")
    return start, end


def between(first: str, last: str) -> tuple[datetime, datetime]:
    """A time from its beginning up to, not including, its end; a day as `last` is included.

    Raises BadInput, OutsideCalendar.
    """
    begin, end = moment(first, "from "), moment(last, "to ")
    start = begin if isinstance(begin, datetime) else start_of(begin)
    stop = end if isinstance(end, datetime) else start_of(end + timedelta(days=1))
    if stop <= start:
        raise BadInput(f"to {last} 早于 from {first}")
    return start, stop


def _covered(found: date, name: str) -> None:
    """What begins outside the calendar would fail only later, at its reminders."""
    if not FIRST_DAY <= found <= LAST_DAY:
        raise OutsideCalendar(f"{name}{found}超出工作日历的范围（{FIRST_DAY}至{LAST_DAY}）")
