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
from engine.obligations import STATUS_NAMES, Obligation, Status
from engine.silences import active_silences, silenced
from engine.units import Role

Pair = tuple[Alert, Obligation]
SILENCED = "静默中"


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
    """Why nothing of a reminder is left to be told: `已办结`, or of several `已办结、已改期`."""
    in_hand, silences = acknowledged(session, now), active_silences(session, now)
    whys: dict[str, None] = {}
    for alert, one in told(session, row):
        if one.status is not Status.OPEN:
            why = STATUS_NAMES[one.status]
        elif alert.due_version != one.version:
            why = "已改期"
        elif in_hand(one, alert.rung, alert.role):
            why = "已签收"
        elif alert.role is Role.HANDLER and silenced(silences, one):
            why = SILENCED
        else:
            why = "已另行提醒"
        whys[why] = None
    return "、".join(whys) or SILENCED  # it takes back what did not go out
