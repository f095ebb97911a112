"""What signing in with a robot's credentials means for its channels."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from engine.agency import Agency
from engine.channels import enable, lock
from engine.drain import apply_to_channel
from engine.line_states import state_of
from engine.retries import after_attempt
from engine.troubles import tell_of_channel
from notifiers.message import Fault, Outcome, OutcomeKind
from notifiers.wecom_answer import NO_LOGIN
from notifiers.wecom_bot import WecomBot


def record_sign_in(
    session: Session, agency: Agency, bots: Mapping[str, WecomBot], outcome: Outcome, now: datetime
) -> None:
    """In a writing transaction. Where it went well the channels are in use again; refused for good they
    are disabled, and the administrator hears of it at once."""
    rows = lock(session, {id_: bot.credential for id_, bot in bots.items()})
    if outcome.kind is OutcomeKind.ACCEPTED:
        for row in rows.values():
            if row.disabled_reason == NO_LOGIN.advice:
                enable(row)
        state_of(session, bots).up_since = now
    elif outcome.fault is Fault.CONFIG:
        next_ = after_attempt(outcome, 1, False, now)
        for row in rows.values():
            if apply_to_channel(session, row, next_, now):
                tell_of_channel(session, agency, row, now)
        line = state_of(session, bots)
        line.told_at = line.told_at or now
