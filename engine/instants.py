"""Instants and days: instants are aware and kept in UTC, legal days are dates in Asia/Shanghai."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


def local_day(instant: datetime) -> date:
    """The legal day (Asia/Shanghai) in which an aware instant lies."""
    return instant.astimezone(ZONE).date()


def at(day: date, moment: time) -> datetime:
    """The aware instant (UTC) of a wall-clock time on a legal day."""
    return datetime.combine(day, moment, ZONE).astimezone(UTC)


def start_of(day: date) -> datetime:
    """00:00 of a legal day."""
    return at(day, time())


def end_of(day: date) -> datetime:
    """24:00 of a legal day: from this instant on the day is past."""
    return start_of(day + timedelta(days=1))


def local_iso(instant: datetime | None) -> str | None:
    """ISO 8601 with +08:00, to the second; None stays None."""
    return instant.astimezone(ZONE).isoformat(timespec="seconds") if instant else None


def parse_event(text: str) -> date | datetime:
    """A day (`2026-03-02`) or an instant (`2026-10-01T22:40+08:00`) of an event.

    An instant without an offset is wall-clock time in Asia/Shanghai. Raises ValueError.
    """
    try:
        return date.fromisoformat(text)  # also 20260302: a day, and not its first minute
    except ValueError:
        moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(UTC)


def day_of(event: date | datetime) -> date:
    """The legal day of an event that is given as a day or as an instant."""
    return local_day(event) if isinstance(event, datetime) else event


def written(moment: date | datetime) -> str:
    """`2026-03-02`, or `2026-03-02 08:30` on the wall clock: a day or an instant in a sentence."""
    return (
        f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else f"{moment}"
    )


def in_future(moment: date | datetime, now: datetime) -> bool:
    """Is a day or an instant after now? Today is not."""
    return moment > now if isinstance(moment, datetime) else moment > local_day(now)
