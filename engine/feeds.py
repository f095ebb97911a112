"""日历订阅 Feed: the address at which a calendar program reads what falls due.

The address holds a random token, shown once; the database holds its hash. Who made a feed and may no
longer see what it shows, sees it no longer through the feed either.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.access_log import record
from engine.accounts import Account
from engine.agency import Agency
from engine.api_tokens import ApiToken
from engine.database import Instant
from engine.errors import NotAllowed, NotFound
from engine.units import Contact, subtree

USED_EVERY = timedelta(hours=1)  # that it is in use is written no more often
LONGEST = 50  # characters of a name
MOST = 100  # feeds of one maker that are not revoked


class Feed(SQLModel, table=True):
    """日历订阅. Of a unit (`below`: and those below it), of a `person` among its contacts and all
    that his units owe, of a `document`; of several of these what all of them leave. Made by an
    account, by an API token, or on the command line."""

    id: int | None = Field(default=None, primary_key=True)
    name: str
    token_hash: str = Field(unique=True)
    unit: str = ""
    below: bool = False
    person: str = ""
    document: str = ""
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    made_by: str
    account_id: int | None = Field(default=None, foreign_key="account.id", index=True)
    api_token_id: int | None = Field(default=None, foreign_key="api_token.id")
    revoked_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    revoked_by: str = ""
    last_used_at: datetime | None = Field(default=None, sa_column=Column(Instant))


def add_feed(
    session: Session, agency: Agency, feed: Feed, seen: Collection[str] | None
) -> tuple[Feed, str]:
    """A new feed and the token in its address, which nobody can ever read again. `feed` says what it
    is of and who made it, `seen` are the units that he sees, None for all. Raises NotFound,
    NotAllowed."""
    _check(session, agency, feed, seen)
    text = secrets.token_urlsafe(32)
    feed.token_hash = _hash(text)
    feed.name = feed.name or _named(agency, feed)
    session.add(feed)
    session.flush()
    told = f"建立日历订阅 {feed.id}（{_named(agency, feed)}）"
    record(session, feed.made_at, "feed_added", feed.name, told, by=feed.made_by)
    return feed, text


def revoke_feed(session: Session, feed: Feed, *, by: str, now: datetime) -> None:
    """吊销, for good."""
    if feed.revoked_at is None:
        feed.revoked_at, feed.revoked_by = now, by
        record(session, now, "feed_revoked", feed.name, f"吊销日历订阅 {feed.id}", by=by)


def feed_of(session: Session, text: str) -> Feed | None:
    """The feed whose address holds this token; found by the hash, so that how long the search takes
    says nothing about the token."""
    return session.exec(select(Feed).where(Feed.token_hash == _hash(text))).first()


def get_feed(session: Session, feed_id: int) -> Feed:
    """Raises NotFound."""
    feed = session.get(Feed, feed_id)
    if feed is None:
        raise NotFound(f"没有编号为 {feed_id} 的日历订阅")
    return feed


def list_feeds(session: Session, *conditions: object) -> list[Feed]:
    """Those that are not revoked, the newest first."""
    query = select(Feed).where(col(Feed.revoked_at).is_(None), *conditions)  # type: ignore[arg-type]
    return list(session.exec(query.order_by(col(Feed.id).desc())).all())


def made_by(account: int | None, api_token: int | None) -> object:
    """The condition in SQL of the feeds of one maker."""
    return (
        col(Feed.account_id) == account if account else (col(Feed.api_token_id) == (api_token or 0))
    )


def used(session: Session, feed_id: int, now: datetime) -> None:
    """It is in use."""
    if feed := session.get(Feed, feed_id):
        feed.last_used_at = now


def ended(session: Session, agency: Agency, feed: Feed, now: datetime) -> str:
    """Why nothing can be read through it any more; empty while it goes on."""
    if feed.revoked_at:
        return "已吊销"
    account = session.get(Account, feed.account_id) if feed.account_id else None
    token = session.get(ApiToken, feed.api_token_id) if feed.api_token_id else None
    if (account and account.disabled) or (token and not token.valid(now)):
        return "建立人的帐户已停用，或者令牌已失效"
    if feed.unit and feed.unit not in agency.units:
        return "单位已经撤销"
    if feed.person and _contact(agency, feed) is None:
        return "联系人已不在这个单位"
    if feed.document and feed.document not in agency.catalogue.documents:
        return "文件已不在目录中"
    units = units_of(session, agency, feed)
    return "建立人已看不到这个单位" if units is not None and not units else ""


def units_of(session: Session, agency: Agency, feed: Feed) -> frozenset[str] | None:
    """The ids of the units whose matters it shows, None for all: what it is of, as far as its maker
    sees it now."""
    wanted = _wanted(agency, feed)
    seen = _seen(session, agency, feed)
    if wanted is None or seen is None:
        return seen if wanted is None else wanted
    return wanted & seen


def _seen(session: Session, agency: Agency, feed: Feed) -> frozenset[str] | None:
    maker = session.get(Account, feed.account_id) if feed.account_id else None
    of_token = session.get(ApiToken, feed.api_token_id) if feed.api_token_id else None
    head = maker.unit if maker else of_token.unit if of_token else ""
    return subtree(head, agency.units) if head else None


def _wanted(agency: Agency, feed: Feed) -> frozenset[str] | None:
    if not feed.unit:
        return None
    person = _contact(agency, feed) if feed.person else None
    if person:
        return frozenset(
            unit.id
            for unit in agency.units.values()
            if unit.id == feed.unit or any(_same(person, one) for one in unit.contacts)
        )
    return subtree(feed.unit, agency.units) if feed.below else frozenset({feed.unit})


def _contact(agency: Agency, feed: Feed) -> Contact | None:
    unit = agency.units.get(feed.unit)
    found = (one for one in unit.contacts if one.name == feed.person) if unit else iter(())
    return next(found, None)


def _same(person: Contact, other: Contact) -> bool:
    """Is a contact of another unit the same person? Two of one name may be two."""
    ways = ((one.mobile, one.mail, one.account) for one in (person, other))
    shared = (mine and mine == theirs for mine, theirs in zip(*ways, strict=True))
    return person.name == other.name and any(shared)


def _check(session: Session, agency: Agency, feed: Feed, seen: Collection[str] | None) -> None:
    if feed.unit and (
        feed.unit not in agency.units or (seen is not None and feed.unit not in seen)
    ):
        raise NotFound(f"没有单位“{feed.unit}”，或者它不在您的范围内")
    if feed.document and feed.document not in agency.catalogue.documents:
        raise NotFound(f"没有文件“{feed.document}”")
    if len(feed.name) > LONGEST or not feed.name.isprintable():
        raise NotAllowed(f"日历名称至多 {LONGEST} 个字，不能含有控制字符，请改写")
    if not feed.unit and not feed.document:
        raise NotAllowed("unit 和 document 至少写一项：订阅哪个单位或者哪份文件的事项")
    if (feed.person or feed.below) and not feed.unit:
        raise NotAllowed("unit：请写明是哪个单位的联系人或者下级")
    if feed.person and feed.below:
        raise NotAllowed("person 和 below 只能写一项：一个人的订阅含他任联系人的各单位")
    if feed.person and _contact(agency, feed) is None:
        raise NotFound(f"{agency.units[feed.unit].name}没有联系人“{feed.person}”")
    own = list_feeds(session, made_by(feed.account_id, feed.api_token_id))
    if len(own) >= MOST and (feed.account_id or feed.api_token_id):
        raise NotAllowed(f"已有 {MOST} 个日历订阅，请先吊销不用的")


def _named(agency: Agency, feed: Feed) -> str:
    """`广元市财政局（含下级）`, `张三`, `《…》`: what a calendar program shows."""
    unit, documents = agency.units.get(feed.unit), agency.catalogue.documents
    where = unit.name if unit else ""
    parts = [
        f"{feed.person}（{where}）"
        if feed.person
        else where + ("（含下级）" if feed.below else ""),
        f"《{documents[feed.document].title}》" if feed.document in documents else "",
    ]
    return "".join(parts)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
