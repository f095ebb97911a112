"""What a delivery carries: the alerts that still hold, and the matters that they speak of.

A delivery that was sent again by hand carries the alerts of the first one.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlmodel import Session, col, select

from engine.acknowledgements import acknowledged
from engine.alerts import Alert, fresh_items, fresh_items_of
from engine.deliveries import Delivery
from engine.digest_items import Item
from engine.digest_items import items_of as matters_of
from engine.obligations import Obligation, Status

Pair = tuple[Alert, Obligation]
_IN_HAND = "已签收"
NOTHING_LEFT = "其中事项均已办结、免除、改期或静默，或已另行提醒"


def carried(session: Session, row: Delivery, now: datetime) -> list[Pair]:
    """The alerts of a delivery that still hold, each with its obligation."""
    return fresh_items(session, _first(row), now)


def carried_by(
    session: Session, rows: Collection[Delivery], now: datetime
) -> Mapping[int, list[Pair]]:
    """The same of many deliveries, by their ids."""
    found = fresh_items_of(session, [_first(row) for row in rows], now)
    return {row.id or 0: found.get(_first(row), []) for row in rows}


def _first(row: Delivery) -> int:
    """The delivery that holds the alerts."""
    id_ = row.resend_of or row.id
    assert id_ is not None
    return id_


def told(session: Session, row: Delivery) -> list[Pair]:
    """All alerts of a delivery, whether they still hold or not, each with its obligation, the first
    due first."""
    query = (
        select(Alert, Obligation)
        .join(Obligation, col(Alert.obligation_id) == col(Obligation.id))
        .where(Alert.delivery_id == (row.resend_of or row.id))
        .order_by(col(Obligation.due_on), col(Alert.id))
    )
    return [(alert, obligation) for alert, obligation in session.exec(query).all()]


def items_of(pairs: Iterable[Pair]) -> list[Item]:
    """The matters of these alerts, one for each obligation."""
    return matters_of((obligation, alert.role, alert.asked) for alert, obligation in pairs)


def reason_to_skip(session: Session, row: Delivery, now: datetime) -> str:
    """Why nothing of a reminder is left to be told."""
    pairs, in_hand = told(session, row), acknowledged(session, now)
    signed = [
        one.status is Status.OPEN and in_hand(one, alert.rung, alert.role) for alert, one in pairs
    ]
    if pairs and all(signed):
        return _IN_HAND
    return f"{_IN_HAND}；其余办结、免除、改期、静默或已另行提醒" if any(signed) else NOTHING_LEFT
