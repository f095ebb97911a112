"""How many requests one asker may make in a minute: a sliding log in memory, for each process."""

from collections import deque
from datetime import datetime, timedelta
from math import ceil

PER_MINUTE = 600  # of one token, one session, or one address that has neither
SIGN_INS_PER_MINUTE = 60  # of one address, behind which may be a whole office
_MINUTE = timedelta(minutes=1)
_MANY = 10_000  # askers in memory before those who have gone are looked for


class Rates:
    """When each asker asked in the last minute."""

    def __init__(self) -> None:
        self._asked: dict[str, deque[datetime]] = {}

    def wait(self, asker: str, limit: int, now: datetime) -> int:
        """Count one request; 0 when it is within the limit, else the seconds until one will be."""
        if len(self._asked) > _MANY:
            self._forget(now)
        asked = self._asked.setdefault(asker, deque())
        while asked and not now - _MINUTE < asked[0] <= now:
            asked.popleft()
        if len(asked) >= limit:
            return max(1, ceil((asked[0] + _MINUTE - now).total_seconds()))
        asked.append(now)
        return 0

    def _forget(self, now: datetime) -> None:
        gone = [name for name, asked in self._asked.items() if asked[-1] <= now - _MINUTE]
        for name in gone:
            del self._asked[name]
