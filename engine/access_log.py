"""访问记录 AccessEntry: who signed in, who was refused, who changed which account or token. Entries
are only added, and kept for a year (网络安全法 asks for six months)."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant

KEPT = timedelta(days=366)


class AccessEntry(SQLModel, table=True):
    """访问记录, in a Chinese sentence. `name` is that of the account or of the token."""

    __tablename__ = "access"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=Column(Instant, nullable=False, index=True))
    # account: added, changed, password, disabled, enabled; sign_in, confirmed, refused, locked, sign_out,
    # sign_out_everywhere; token_added, token_revoked, feed_added, feed_revoked
    kind: str
    name: str = Field(index=True)
    by: str  # the login name or the name on the command line; empty where nobody is signed in
    address: str  # of the client; empty on the command line
    text: str


def record(
    session: Session,
    now: datetime,
    kind: str,
    name: str,
    text: str,
    *,
    by: str = "",
    address: str = "",
) -> None:
    """Add an entry, in the transaction of the change itself."""
    session.add(AccessEntry(at=now, kind=kind, name=name, by=by, address=address, text=text))


def access_of(session: Session, name: str) -> list[AccessEntry]:
    """The entries of an account or a token, oldest first."""
    query = select(AccessEntry).where(AccessEntry.name == name)
    return list(session.exec(query.order_by(col(AccessEntry.id))).all())


def latest_access(session: Session, limit: int) -> list[AccessEntry]:
    """The last entries of all, oldest first."""
    query = select(AccessEntry).order_by(col(AccessEntry.id).desc()).limit(limit)
    return list(session.exec(query).all())[::-1]


def forget(session: Session, now: datetime) -> None:
    """Remove entries older than a year."""
    session.execute(delete(AccessEntry).where(col(AccessEntry.at) < now - KEPT))
