"""接口令牌 ApiToken: what another system shows instead of signing in."""

import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.access_log import record
from engine.database import Instant, words
from engine.errors import BadAccount, NotFound
from engine.instants import end_of, local_day

PREFIX = "qx_"
USED_EVERY = timedelta(minutes=1)  # that it is in use is written no more often
LONGEST = timedelta(days=3660)


class Scope(StrEnum):
    """令牌范围: what may be done with it."""

    READ = "read"
    ACT = "act"
    ADMIN = "admin"


SCOPE_NAMES = {Scope.READ: "只读", Scope.ACT: "办理", Scope.ADMIN: "全部"}


class ApiToken(SQLModel, table=True):
    """接口令牌. The token itself is random and shown once; the database holds its hash."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    token_hash: str = Field(unique=True)
    scope: Scope = Field(sa_column=Column(words(Scope), nullable=False))
    unit: str  # at whose head it stands; empty for all units
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    created_by: str
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    last_used_at: datetime | None = Field(default=None, sa_column=Column(Instant))

    def valid(self, now: datetime) -> bool:
        """Can it be used still?"""
        return self.revoked_at is None and now < self.expires_at


def add_token(
    session: Session,
    units: Collection[str],
    *,
    name: str,
    scope: Scope,
    unit: str,
    expires: date,
    by: str,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token that is good up to the end of `expires`, and its text, which nobody can ever read
    again. Raises BadAccount."""
    name, today = name.strip(), local_day(now)
    if not name or len(name) > 50 or not name.isprintable():
        raise BadAccount("令牌名称应是 1 到 50 个字，不能含有控制字符")
    if unit and unit not in units:
        raise BadAccount(f"没有单位“{unit}”，请另选；单位的编号见“单位”页")
    if not today <= expires <= today + LONGEST:
        raise BadAccount(f"令牌的有效期应从今天起，至多十年，{expires} 不行")
    if find_token(session, name) is not None:
        raise BadAccount(f"令牌“{name}”已经有了，请另起名称")
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        name=name,
        token_hash=_hash(text),
        scope=scope,
        unit=unit,
        created_at=now,
        created_by=by,
        expires_at=end_of(expires),
    )
    session.add(token)
    where = f"单位 {unit}" if unit else "全部单位"
    told = f"建立接口令牌（{SCOPE_NAMES[scope]}，{where}，有效期至 {expires}）"
    record(session, now, "token_added", name, told, by=by)
    return token, text


def revoke(session: Session, token: ApiToken, *, by: str, now: datetime) -> None:
    """吊销, for good."""
    if token.revoked_at is None:
        token.revoked_at = now
        record(session, now, "token_revoked", token.name, "吊销接口令牌", by=by)


def token_of(session: Session, text: str) -> ApiToken | None:
    """The token of a text, valid or not."""
    if not text.startswith(PREFIX):
        return None
    return session.exec(select(ApiToken).where(ApiToken.token_hash == _hash(text))).first()


def used(session: Session, token_id: int, now: datetime) -> None:
    """It is in use."""
    if token := session.get(ApiToken, token_id):
        token.last_used_at = now


def find_token(session: Session, name: str) -> ApiToken | None:
    """By its name."""
    return session.exec(select(ApiToken).where(ApiToken.name == name)).first()


def token_by_id(session: Session, token_id: int) -> ApiToken:
    """Raises NotFound."""
    token = session.get(ApiToken, token_id)
    if token is None:
        raise NotFound(f"没有编号为 {token_id} 的接口令牌")
    return token


def get_token(session: Session, name: str) -> ApiToken:
    """Raises NotFound."""
    token = find_token(session, name.strip())
    if token is None:
        raise NotFound(f"没有名为“{name}”的接口令牌")
    return token


def list_tokens(session: Session) -> list[ApiToken]:
    """All of them by name, also those that are over."""
    return list(session.exec(select(ApiToken).order_by(col(ApiToken.name))).all())


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
