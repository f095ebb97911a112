"""中断 Outage: a robot's line that has not stood for some minutes is told to the administrator once,
and once that it is back.

The tick looks, so that it is told by whichever process lives. A line stands when it has stood for a
minute: one that another program ends again and again does not. Of a refused sign-in he hears at
once (`engine.bot_lines`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlmodel import Session

from engine.agency import Agency
from engine.line_states import LineNow, bots_of, line_now, state_of
from engine.troubles import tell_of_line, tell_of_line_back
from notifiers.wecom_bot import WecomBot

LONG = timedelta(minutes=5)
STEADY = timedelta(minutes=1)


def tell_of_outages(session: Session, agency: Agency, now: datetime) -> None:
    """Look at every line, in a writing transaction."""
    for bots in bots_of(agency):
        _look(session, agency, bots, line_now(session, bots, now), now)


def _look(
    session: Session, agency: Agency, bots: Mapping[str, WecomBot], line: LineNow, now: datetime
) -> None:
    row = state_of(session, bots)
    if line.up_since and now - line.up_since >= STEADY:
        if row.told_at:
            tell_of_line_back(session, agency, list(bots), line.up_since, now)
        row.down_since = row.told_at = None
        return
    row.down_since = row.down_since or now
    if not line.connected and not row.told_at and now - row.down_since >= LONG:
        tell_of_line(session, agency, list(bots), line.in_words, row.down_since, now)
        row.told_at = now
