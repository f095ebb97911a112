"""What was taken over is written in one go. Nothing follows from it but state and seal, and it is what
becomes of nearly all messages: so it is done without objects, for many in as few statements as for one.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, select
from sqlmodel import Session, SQLModel

from engine.channels import ChannelState
from engine.deliveries import SEALED, Attempt, Delivery, State, sealed_contents
from engine.ledger import Kind, Sealing, enter
from notifiers.message import Outcome

log = logging.getLogger(__name__)

_ATTEMPT, _DELIVERY, _CHANNEL = (
    SQLModel.metadata.tables[str(one.__tablename__)] for one in (Attempt, Delivery, ChannelState)
)
_ASKED: BindParameter[Any] = bindparam("asked", expanding=True)
_CHANNELS = (  # locked before their deliveries, as everywhere
    select(_CHANNEL.c.id, _CHANNEL.c.failures)
    .where(_CHANNEL.c.id.in_(select(_DELIVERY.c.channel).where(_DELIVERY.c.id.in_(_ASKED))))
    .order_by(_CHANNEL.c.id)
    .with_for_update()
)
_DELIVERIES = (
    select(*(_DELIVERY.c[name] for name in ("id", "channel", "state", "attempts")))
    .add_columns(*(_DELIVERY.c[name] for name in ("message_id", "recipient", "to")))
    .where(_DELIVERY.c.id.in_(_ASKED))
    .order_by(_DELIVERY.c.id)
    .with_for_update()
)
_ATTEMPTS = select(*(_ATTEMPT.c[name] for name in SEALED)).where(_ATTEMPT.c.delivery_id.in_(_ASKED))
_TOLD = ("provider", "http_status", "code", "detail", "provider_id", "size")
_CLOSE = (
    _ATTEMPT.update()
    .where(_ATTEMPT.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("ended_at", "outcome", *_TOLD)})
)
_ENDED = (
    _DELIVERY.update()
    .where(_DELIVERY.c.id.in_(_ASKED))
    .values(state=State.ACCEPTED, reason="", lease_until=None, finished_at=bindparam("now"))
)


class Result(NamedTuple):
    """What came of an attempt; `raised` where the fault was ours."""

    delivery_id: int
    number: int
    outcome: Outcome
    raised: bool = False


def record_accepted(session: Session, results: Sequence[Result], now: datetime) -> None:
    """Write attempts that were accepted. An answer that comes after the lease ran out and the attempt
    was closed changes nothing: what is in the ledger stays."""
    asked = {"asked": [result.delivery_id for result in results]}
    connection = session.connection()
    channels = connection.execute(_CHANNELS, asked).all()
    rows = {row.id: row for row in connection.execute(_DELIVERIES, asked)}
    attempts = {
        (row["delivery_id"], row["number"]): row
        for row in connection.execute(_ATTEMPTS, asked).mappings()
    }
    closed, ended = [], []
    for result in results:
        row, attempt = rows[result.delivery_id], attempts[result.delivery_id, result.number]
        if attempt["ended_at"] is not None:
            log.warning("delivery %s: answer after the lease: accepted", row.id)
            continue
        closed.append(_closed(session, row, attempt, result.outcome, now))
        if row.attempts == result.number and row.state is State.SENDING:
            ended.append(row.id)
    if not closed:
        return
    connection.execute(_CLOSE, closed)
    connection.execute(_ENDED, {"asked": ended, "now": now})
    if failed := [channel.id for channel in channels if channel.failures]:
        connection.execute(_CHANNEL.update().where(_CHANNEL.c.id.in_(failed)).values(failures=0))


def _closed(
    session: Session, row: Any, attempt: Mapping[Any, Any], outcome: Outcome, now: datetime
) -> dict[str, Any]:
    """What is written of an attempt; it is sealed with the transaction."""
    told = {name: getattr(outcome, name) for name in _TOLD}
    told |= {"ended_at": now, "outcome": outcome.kind}
    contents = sealed_contents(SimpleNamespace(**{**attempt, **told}), row)
    enter(session, Sealing(Kind.ATTEMPT, row.channel, attempt["id"], now, lambda: contents))
    return {"of": attempt["id"], **told}
