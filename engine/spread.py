"""错峰: the ordinary messages of a morning, over some minutes, so that not all leave at once."""

from datetime import datetime, timedelta
from hashlib import sha256

from engine.instants import at, local_day
from engine.ladder import OfficeHours

LONGEST = 240  # seconds
_FIRST_MINUTE = timedelta(minutes=1)


def spread_after(hours: OfficeHours, channel: str, recipient: str, now: datetime) -> timedelta:
    """How long a message that is planned now waits: 1 to 240 seconds when office hours have just
    begun, else not at all. The same for a recipient on a channel all day, another one tomorrow.
    """
    day = local_day(now)
    if not timedelta() <= now - at(day, hours.begin) < _FIRST_MINUTE:
        return timedelta()
    digest = sha256(repr((channel, recipient, day.isoformat())).encode()).digest()
    return timedelta(seconds=1 + int.from_bytes(digest[:8]) % LONGEST)
