"""密钥 Secret: what the server signs with; made once, kept in the database, never shown."""

import secrets
from datetime import datetime

from sqlmodel import Column, Field, Session, SQLModel

from engine.database import Instant, insert_missing

_BYTES = 32


class Secret(SQLModel, table=True):
    """密钥, in hexadecimal digits. It stands in no answer, export, page or log."""

    name: str = Field(primary_key=True)
    value: str = Field(repr=False)
    made_at: datetime = Field(sa_column=Column(Instant, nullable=False))


def secret_of(session: Session, name: str, now: datetime) -> bytes:
    """The secret of a purpose, made when it is first asked for: in a writing transaction."""
    known = known_secret(session, name)
    if known is None:
        made = {"name": name, "value": secrets.token_hex(_BYTES), "made_at": now}
        session.execute(insert_missing(session, Secret).values(**made))
        known = known_secret(session, name)  # another process may have been first
        assert known is not None
    return known


def known_secret(session: Session, name: str) -> bytes | None:
    """The secret of a purpose; None where nothing was ever signed with it."""
    row = session.get(Secret, name)
    return bytes.fromhex(row.value) if row else None
