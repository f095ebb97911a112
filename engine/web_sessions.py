"""会话 WebSession: somebody's sign-in in one browser. The browser holds a random id of 256 bits, the
database only its hash."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, or_
from sqlmodel import Column, Field, Session, SQLModel, col

from engine.database import Instant

IDLE = timedelta(hours=2)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)  # that it is in use is written no more often


class WebSession(SQLModel, table=True):
    """会话. It ends after two hours without a request, and after twelve in any case."""

    __tablename__ = "web_session"

    id_hash: str = Field(primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True)
    started_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    seen_at: datetime = Field(sa_column=Column(Instant, nullable=False))

    def over(self, now: datetime) -> bool:
        """Has it ended by itself?"""
        return now >= self.started_at + LONGEST or now >= self.seen_at + IDLE


def begin_session(session: Session, account_id: int, now: datetime) -> str:
    """A new session; the id that only the browser will know."""
    id_ = secrets.token_urlsafe(32)
    session.add(WebSession(id_hash=_hash(id_), account_id=account_id, started_at=now, seen_at=now))
    return id_


def find_session(session: Session, id_: str, now: datetime) -> WebSession | None:
    """The session of an id, unless it is over."""
    found = session.get(WebSession, _hash(id_))
    return None if found is None or found.over(now) else found


def seen(session: Session, id_: str, now: datetime) -> None:
    """It is in use."""
    if found := find_session(session, id_, now):
        found.seen_at = now


def end_session(session: Session, id_: str) -> None:
    """Sign out of one browser."""
    session.execute(delete(WebSession).where(col(WebSession.id_hash) == _hash(id_)))


def end_all(session: Session, account_id: int) -> None:
    """Sign out of every browser."""
    session.execute(delete(WebSession).where(col(WebSession.account_id) == account_id))


def forget(session: Session, now: datetime) -> None:
    """Remove the sessions that are over."""
    over = or_(col(WebSession.started_at) <= now - LONGEST, col(WebSession.seen_at) <= now - IDLE)
    session.execute(delete(WebSession).where(over))


def _hash(id_: str) -> str:
    return sha256(id_.encode()).hexdigest()
