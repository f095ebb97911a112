"""租约 Lease: what one process of several does until it says no more, such as holding a connection."""

import os
import socket
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, or_, update
from sqlmodel import Column, Field, Session, SQLModel, col

from engine.database import Instant, insert_missing

APART = timedelta(minutes=5)  # the clocks of two machines may differ by so much
_MARK = " #"


class Lease(SQLModel, table=True):
    """租约. Whose it is, and until when without a word from him."""

    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_column=Column(Instant, nullable=False))


def new_holder() -> str:
    """A holder in this process: in words, and with a mark that makes it unique."""
    return f"主机 {socket.gethostname()} 的进程 {os.getpid()}{_MARK}{uuid4().hex}"


def holder_of(session: Session, name: str, now: datetime) -> str:
    """Who holds a lease, in words; empty where nobody does."""
    lease = session.get(Lease, name)
    return lease.holder.partition(_MARK)[0] if lease and lease.until > now else ""


def hold(session: Session, name: str, holder: str, now: datetime, until: datetime) -> bool:
    """Take a lease that is free or has run out, or prolong one's own; is it held now? One that ends
    far ahead is left from before the clock was moved back."""
    fresh = insert_missing(session, Lease).values(name=name, holder=holder, until=until)
    session.execute(fresh)
    end = col(Lease.until)
    free = or_(col(Lease.holder) == holder, end <= now, end > until + APART)
    mine = update(Lease).where(col(Lease.name) == name, free).values(holder=holder, until=until)
    return session.execute(mine.returning(col(Lease.name))).first() is not None


def release(session: Session, name: str, holder: str) -> None:
    """Give a lease back, so that another need not wait for its end."""
    session.execute(delete(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder))
