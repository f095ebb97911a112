"""What a delivery carries: the alerts that still hold, and the matters that they speak of.

A delivery that was sent again by hand carries the alerts of the first one.
"""

from collections.abc import Iterable

from sqlmodel import Session

from engine.alerts import Alert, fresh_items
from engine.deliveries import Delivery
from engine.digest import Item
from engine.obligations import Obligation

Pair = tuple[Alert, Obligation]
NOTHING_LEFT = "其中事项均已办结、免除或改期，或已另行提醒"


def carried(session: Session, row: Delivery) -> list[Pair]:
    """The alerts of a delivery that still hold, each with its obligation."""
    id_ = row.resend_of or row.id
    assert id_ is not None
    return fresh_items(session, id_)


def items_of(pairs: Iterable[Pair]) -> list[Item]:
    """One item for each obligation; told to its own unit, it is not told to the superior too."""
    by_id: dict[int | None, Item] = {}
    items = (Item(obligation, alert.to_superior) for alert, obligation in pairs)
    for item in sorted(items, key=lambda item: item.superior):
        by_id.setdefault(item.obligation.id, item)
    return list(by_id.values())
