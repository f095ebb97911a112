"""Merging: after an outage a recipient gets a digest of what waits for him, not a flood."""

from datetime import datetime

from sqlmodel import Session, col, select

from engine.carried import carried, items_of
from engine.deliveries import Delivery, Purpose, State, finish
from engine.digest import Composer


def merge(session: Session, composer: Composer, row: Delivery, now: datetime) -> None:
    """Pack what waits for the recipient of `row`, the first of his that is due, into as few
    messages as hold it: the earliest deliveries carry it, the others end.

    Only reminders that are due and surely never arrived; the urgent are not mixed with others,
    and what one tick planned together is packed already.
    """
    if row.possible_duplicate or row.repeats or row.resend_of:
        return
    rows = _waiting(session, row, now)
    if len({one.planned_at for one in rows}) < 2:
        return
    loads = [(one, pairs) for one in rows if (pairs := carried(session, one, now))]
    pairs = [pair for _, load in loads for pair in load]
    parts = composer.pack(items_of(pairs))
    if len(parts) >= len(loads):
        return
    taken: dict[int, Delivery] = {}  # by obligation
    for number, (part, (target, _)) in enumerate(zip(parts, loads, strict=False), 1):
        target.part, target.parts = number, len(parts)
        taken |= {item.obligation.id or 0: target for item in part}
    mentions: dict[int, dict[str, None]] = {}
    for source, load in loads:
        into = {id(taken[obligation.id or 0]): taken[obligation.id or 0] for _, obligation in load}
        for alert, obligation in load:
            alert.delivery_id = taken[obligation.id or 0].id or 0
        for target in into.values():
            mentions.setdefault(target.id or 0, {}).update(
                dict.fromkeys(filter(None, source.mentions.split(",")))
            )
        if source not in taken.values():
            numbers = "、".join(str(target.id) for target in into.values())
            finish(source, State.SKIPPED, f"并入送达记录 {numbers}", now)
    for target in taken.values():
        target.mentions = ",".join(mentions[target.id or 0])


def _waiting(session: Session, row: Delivery, now: datetime) -> list[Delivery]:
    """In the order in which they are claimed."""
    query = select(Delivery).where(
        Delivery.channel == row.channel,
        Delivery.recipient == row.recipient,
        Delivery.purpose == Purpose.REMINDER,
        Delivery.state == State.QUEUED,
        Delivery.urgent == row.urgent,
        col(Delivery.possible_duplicate).is_(False),
        col(Delivery.repeats).is_(False),
        col(Delivery.resend_of).is_(None),
        col(Delivery.next_at) <= now,
    )
    order = (col(Delivery.planned_at), col(Delivery.part), col(Delivery.id))
    return list(session.exec(query.order_by(*order)).all())
