"""留存答复 KeptAnswer: what was answered to a request that carried a key, so that the same request
again gets the same answer and does nothing twice.

The answer is written in the transaction of the change itself: either both are there or neither. A
key without an answer belongs to a request that is being carried out, or whose process died and
left nothing behind.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, update
from sqlmodel import Column, Field, Session, SQLModel, col

from engine.database import Instant, insert_missing

KEPT = timedelta(hours=24)
ABANDONED = timedelta(minutes=5)  # longer than any request takes


class KeptAnswer(SQLModel, table=True):
    """留存答复. `who` asked with `key`; `claim` names the one request that may answer."""

    __tablename__ = "kept_answer"

    who: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str  # of method, address and body
    claim: str
    claimed_at: datetime = Field(sa_column=Column(Instant, nullable=False, index=True))
    status: int | None = None
    body: str = ""


@dataclass
class Claim:
    """The right of one request to answer under a key."""

    who: str
    key: str
    claim: str
    answered: bool = False


def claim(
    session: Session, who: str, key: str, fingerprint: str, now: datetime
) -> Claim | KeptAnswer | None:
    """The right to answer; what was answered, or is asked under the key by another request; None
    where that has just gone."""
    own = (col(KeptAnswer.who) == who, col(KeptAnswer.key) == key)
    unanswered = and_(
        col(KeptAnswer.status).is_(None), col(KeptAnswer.claimed_at) <= now - ABANDONED
    )
    over = or_(col(KeptAnswer.claimed_at) <= now - KEPT, unanswered)
    session.execute(delete(KeptAnswer).where(*own, over))
    text = secrets.token_hex(16)
    values = {"who": who, "key": key, "fingerprint": fingerprint, "claim": text}
    statement = insert_missing(session, KeptAnswer).values(**values, claimed_at=now, body="")
    if session.execute(statement.returning(col(KeptAnswer.key))).first():
        return Claim(who, key, text)
    return session.get(KeptAnswer, (who, key))


def keep(session: Session, claim: Claim, status: int, body: str) -> bool:
    """Write the answer, in the transaction of the change; False where the right to it was lost."""
    statement = update(KeptAnswer).where(*_of(claim)).values(status=status, body=body)
    claim.answered = session.execute(statement.returning(col(KeptAnswer.key))).first() is not None
    return claim.answered


def release(session: Session, claim: Claim) -> None:
    """Nothing was changed: the key is free again."""
    session.execute(delete(KeptAnswer).where(*_of(claim)))


def forget(session: Session, now: datetime) -> None:
    """Remove what is older than a day."""
    session.execute(delete(KeptAnswer).where(col(KeptAnswer.claimed_at) <= now - KEPT))


def _of(claim: Claim) -> tuple[Any, ...]:
    own = (col(KeptAnswer.who) == claim.who, col(KeptAnswer.key) == claim.key)
    return (*own, col(KeptAnswer.claim) == claim.claim, col(KeptAnswer.status).is_(None))
