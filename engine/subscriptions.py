"""订阅 Subscription: a system that is told what happens to obligations, and how far it has been told.

A subscription is a place in the one sequence of news. It moves on when the far side has taken a
piece over, so that nothing is left out and the order stays; a piece may come twice, under one id.
"""

import base64
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, or_
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.access_log import record
from engine.agency import Agency
from engine.database import Instant
from engine.errors import BadSubscription, NotFound
from engine.news import News, NewsType, last_news, tell
from engine.obligations import newly_late

PREVIOUS_FOR = timedelta(days=7)  # how long the secret before the present one signs, too
MOST = 50  # each is sent to for itself


class Subscription(SQLModel, table=True):
    """订阅. `through` is the last news that it was told, or that was not for it; `failures` counts in a
    row, since `failing_since`."""

    id: int | None = Field(default=None, primary_key=True)
    url: str = Field(repr=False)  # may carry a token of the far side
    secret: str = Field(repr=False)
    previous_secret: str = Field(default="", repr=False)
    previous_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    types: str  # comma between
    unit: str = ""  # at whose head it stands; empty for all units
    document: str = ""
    created_by: str
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    through: int
    told: int = 0
    told_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    failures: int = 0
    failing_since: datetime | None = Field(default=None, sa_column=Column(Instant))
    reason: str = ""  # why the last attempt failed, in a Chinese sentence
    next_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    lease_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    disabled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    disabled_reason: str = ""

    def secrets(self, now: datetime) -> list[str]:
        """What signs now: the present one first, then the one going out."""
        old = self.previous_until is not None and now < self.previous_until
        return [self.secret, *([self.previous_secret] if old else [])]

    def wants(self, news: News, units: Collection[str] | None) -> bool:
        """Is it for this one? `units` are those below `unit`, None for all."""
        return (
            news.type in self.types.split(",")
            and (units is None or news.unit in units)
            and self.document in ("", news.document)
        )


def add_subscription(
    session: Session,
    *,
    url: str,
    types: Iterable[NewsType],
    unit: str,
    document: str,
    by: str,
    now: datetime,
) -> Subscription:
    """A new one, told of what happens from now on. Raises BadSubscription when there are too many."""
    there = session.exec(select(func.count()).select_from(Subscription)).one()
    if there >= MOST:
        raise BadSubscription(f"订阅已有 {MOST} 个，请先删去不用的")
    if not there:
        newly_late(session, now)  # what was late before anybody asked is no news
    row = Subscription(
        url=url,
        secret=_new_secret(),
        types=_joined(types),
        unit=unit,
        document=document,
        created_by=by,
        created_at=now,
        through=last_news(session),
        next_at=now,
    )
    session.add(row)
    session.flush()
    _record(session, row, "subscription_added", "建立订阅", by, now)
    return row


def change_subscription(
    session: Session,
    row: Subscription,
    *,
    by: str,
    now: datetime,
    url: str | None = None,
    types: Iterable[NewsType] | None = None,
    unit: str | None = None,
    document: str | None = None,
) -> None:
    """Another address or filter; None leaves it. It is tried again at once."""
    row.url = row.url if url is None else url
    row.types = row.types if types is None else _joined(types)
    row.unit = row.unit if unit is None else unit
    row.document = row.document if document is None else document
    row.next_at = now
    _record(session, row, "subscription_changed", "修改订阅", by, now)


def renew_secret(session: Session, row: Subscription, *, by: str, now: datetime) -> None:
    """更换密钥. For a week the secret before it signs, too."""
    row.previous_secret, row.previous_until = row.secret, now + PREVIOUS_FOR
    row.secret = _new_secret()
    _record(session, row, "subscription_secret", "更换订阅的密钥", by, now)


def disable(session: Session, row: Subscription, reason: str, *, by: str, now: datetime) -> None:
    """停用: nothing is sent; what happens meanwhile waits, for a month at most."""
    row.disabled_at, row.disabled_reason, row.lease_until = now, reason, None
    _record(session, row, "subscription_disabled", f"停用订阅：{reason}", by, now)


def enable(session: Session, row: Subscription, skip: bool, *, by: str, now: datetime) -> None:
    """启用, from where it stopped; with `skip` from now on."""
    row.disabled_at, row.disabled_reason = None, ""
    row.failures, row.failing_since, row.reason, row.next_at = 0, None, "", now
    if skip:
        row.through = last_news(session)
    _record(session, row, "subscription_enabled", "启用订阅", by, now)


def remove(session: Session, row: Subscription, *, by: str, now: datetime) -> None:
    """删去, for good."""
    _record(session, row, "subscription_removed", "删去订阅", by, now)
    session.delete(row)


def get_subscription(session: Session, subscription_id: int) -> Subscription:
    """Raises NotFound."""
    row = session.get(Subscription, subscription_id)
    if row is None:
        raise NotFound(f"没有编号为 {subscription_id} 的订阅")
    return row


def list_subscriptions(session: Session) -> list[Subscription]:
    """All of them."""
    return list(session.exec(select(Subscription).order_by(col(Subscription.id))).all())


def tell_of_late(session: Session, now: datetime) -> None:
    """News of what has become late, once for each due date; where somebody subscribes."""
    if session.exec(select(Subscription.id).limit(1)).first() is not None:
        for id_ in newly_late(session, now):
            tell(session, NewsType.LATE, id_, now)


def silent(row: Subscription, agency: Agency) -> str:
    """Why nothing will be told to it any more, and what to do; empty while something may be."""
    if row.unit and row.unit not in agency.units:
        gone = f"单位 {row.unit} 已经撤销"
    elif row.document and row.document not in agency.catalogue.documents:
        gone = f"文件 {row.document} 已不在目录中"
    else:
        return ""
    return f"{gone}，不会再有事件；请改为别的（POST /api/v1/subscriptions/{row.id}），或者删去"


def waiting(session: Session, row: Subscription) -> int:
    """How many pieces of news it has not been told yet, those that are not for it included."""
    return session.exec(select(func.count()).where(col(News.id) > row.through)).one()


def behind(session: Session, now: datetime) -> list[int]:
    """The subscriptions that may be told something now."""
    free = or_(col(Subscription.lease_until).is_(None), col(Subscription.lease_until) <= now)
    query = select(Subscription.id).where(
        col(Subscription.disabled_at).is_(None),
        Subscription.next_at <= now,
        free,
        Subscription.through < select(func.max(News.id)).scalar_subquery(),
    )
    return [id_ for id_ in session.exec(query.order_by(col(Subscription.id))).all() if id_]


def take(session: Session, id_: int, now: datetime, lease: datetime) -> Subscription | None:
    """Hold it until `lease`, unless somebody was quicker or it is not to be told anything now."""
    row = _locked(session, id_)
    if row is None or row.disabled_at or row.next_at > now:
        return None
    if row.lease_until and row.lease_until > now:
        return None
    row.lease_until = lease
    return row


def held(session: Session, id_: int | None, lease: datetime) -> Subscription | None:
    """The subscription, locked, if it is still ours under that lease."""
    row = _locked(session, id_)
    return row if row and row.lease_until == lease else None


def _locked(session: Session, id_: int | None) -> Subscription | None:
    query = select(Subscription).where(col(Subscription.id) == id_)
    query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).first()


def _joined(types: Iterable[NewsType]) -> str:
    given = set(types)
    return ",".join(one for one in NewsType if one in given)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _record(
    session: Session, row: Subscription, kind: str, text: str, by: str, now: datetime
) -> None:
    record(session, now, kind, f"订阅 {row.id}", text, by=by)
