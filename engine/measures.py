"""What the monitoring of a server asks about: counts in SQL, and none of them loads rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_
from sqlmodel import Session, col, func, select

from engine.channels import ChannelState
from engine.deliveries import Delivery, Purpose, State
from engine.instants import local_day
from engine.obligations import Obligation, Status, late
from engine.subscriptions import Subscription


@dataclass(frozen=True)
class Measures:
    """At one instant. `obligations` by status, with `overdue` beside (it is part of `open`);
    `deliveries` by channel and state; `waiting` by purpose."""

    obligations: dict[str, int]
    deliveries: dict[tuple[str, str], int]
    waiting: dict[str, int]
    oldest_due: datetime | None  # since when the first of those whose time has come has waited
    disabled: dict[str, bool]  # by channel
    subscriptions: dict[str, int]  # enabled, failing, disabled


def measures(session: Session, now: datetime) -> Measures:
    """Ask for all of them."""
    number = func.count()
    by_status = select(Obligation.status, number).group_by(col(Obligation.status))
    obligations = dict.fromkeys([*map(str, Status), "overdue"], 0)
    obligations |= {str(status): n for status, n in session.exec(by_status)}
    near = col(Obligation.act_by) <= local_day(now)
    obligations["overdue"] = session.exec(select(number).where(late(now), near)).one()
    by_state = select(Delivery.channel, Delivery.state, number)
    by_state = by_state.group_by(col(Delivery.channel), col(Delivery.state))
    queued = col(Delivery.state) == State.QUEUED
    by_purpose = select(Delivery.purpose, number).where(queued).group_by(col(Delivery.purpose))
    oldest = select(func.min(Delivery.next_at)).where(and_(queued, col(Delivery.next_at) <= now))
    channels = select(ChannelState.id, ChannelState.disabled_reason)
    return Measures(
        obligations=obligations,
        deliveries={(channel, str(state)): n for channel, state, n in session.exec(by_state)},
        waiting=dict.fromkeys(map(str, Purpose), 0)
        | {str(one): n for one, n in session.exec(by_purpose)},
        oldest_due=session.exec(oldest).one(),
        disabled={id_: bool(reason) for id_, reason in session.exec(channels)},
        subscriptions=_subscriptions(session),
    )


def _subscriptions(session: Session) -> dict[str, int]:
    rows = session.exec(select(Subscription.disabled_at, Subscription.failures)).all()
    disabled = sum(at is not None for at, _ in rows)
    failing = sum(at is None and failures > 0 for at, failures in rows)
    return {"enabled": len(rows) - disabled - failing, "failing": failing, "disabled": disabled}
