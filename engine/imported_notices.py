"""The notices that were imported: a table to which rows are only added, and the way into it."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import UniqueConstraint
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.announced_years import built_in_notices
from engine.database import Instant
from engine.errors import BadNotice
from engine.instants import local_day
from engine.notice_checks import Check, Draft, cautions, check_notice, refusal
from engine.notice_text import read_notice
from engine.notices import CN, Notice, days_as_rows, days_of_rows, read_json
from engine.workdays import work_calendar

LONGEST = 100_000  # characters; a notice has about 600


class ImportedNotice(SQLModel, table=True):
    """放假通知 that an office imported; `days` is JSON as in engine.notices."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("scope", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    number: str
    scope: str
    issued: date
    title: str
    text_sha256: str = Field(index=True)
    days: str
    imported_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    imported_by: str


@dataclass(frozen=True)
class Stated:
    """What a person says of a notice, over what its text says; empty where nothing is said."""

    number: str = ""
    issued: date | None = None
    scope: str = ""


@dataclass(frozen=True)
class Assessment:
    """A notice that was read and checked. `moved` are the days that are working days only before or
    only after it, in its own scope; none when it is refused."""

    draft: Draft
    checks: tuple[Check, ...]
    moved: tuple[date, ...]
    text_sha256: str

    @property
    def refusal(self) -> str:
        """One sentence for what failed; empty when nothing did."""
        return refusal(self.checks)

    @property
    def cautions(self) -> list[str]:
        """What did not hold, and is to be seen before the notice is added."""
        return cautions(self.checks)


def assess(text: str, stated: Stated, imported: tuple[Notice, ...], today: date) -> Assessment:
    """Read a notice's text, or its JSON form, and check it. Raises BadNotice for unreadable JSON or
    a text that is too long."""
    draft = _draft(text, stated)
    checks = check_notice(draft, (*built_in_notices(), *imported), today)
    moved: tuple[date, ...] = ()
    if not refusal(checks):
        before = work_calendar(imported, draft.scope)
        after = work_calendar((*imported, draft.notice()), draft.scope)
        moved = tuple(after.differs_from(before))
    return Assessment(draft, checks, moved, hash_of(text))


def import_notice(
    session: Session, text: str, stated: Stated, *, by: str, now: datetime
) -> Assessment:
    """Check a notice and add it, in a writing transaction: every door goes through here.

    A refused one is not stored: look at `refusal`. Raises BadNotice for unreadable JSON.
    """
    found = assess(text, stated, imported_notices(session), local_day(now))
    if not found.refusal:
        notice = found.draft.notice()
        session.add(
            ImportedNotice(
                number=notice.number,
                scope=notice.scope,
                issued=notice.issued,
                title=notice.title,
                text_sha256=found.text_sha256,
                days=json.dumps(days_as_rows(notice.days), ensure_ascii=False),
                imported_at=now,
                imported_by=by,
            )
        )
    return found


def list_imported(session: Session) -> list[ImportedNotice]:
    """The rows of every imported notice, in the order in which they came."""
    return list(session.exec(select(ImportedNotice).order_by(col(ImportedNotice.id))).all())


def imported_notices(session: Session) -> tuple[Notice, ...]:
    """Every imported notice, in the order in which they came."""
    return tuple(
        Notice(row.scope, row.number, row.issued, row.title, days_of_rows(json.loads(row.days)))
        for row in list_imported(session)
    )


def is_imported(session: Session, text: str) -> bool:
    """Has a file with just this text been imported?"""
    query = select(ImportedNotice.id).where(ImportedNotice.text_sha256 == hash_of(text))
    return session.exec(query).first() is not None


def hash_of(text: str) -> str:
    """SHA-256 of the text in UTF-8."""
    return sha256(text.encode()).hexdigest()


def _draft(text: str, stated: Stated) -> Draft:
    if len(text) > LONGEST:
        raise BadNotice(f"放假通知超过{LONGEST}字，请只留正文")
    draft = _draft_of_json(text) if text.lstrip().startswith("{") else _draft_of_text(text)
    number = stated.number or draft.number
    scope = stated.scope or draft.scope or (CN if number.startswith("国") else "")
    return replace(draft, scope=scope, number=number, issued=stated.issued or draft.issued)


def _draft_of_text(text: str) -> Draft:
    read = read_notice(text)
    return Draft("", read.number, read.issued, read.title, read.days, read.found, read.faults)


def _draft_of_json(text: str) -> Draft:
    read = read_json(text)
    faults = {} if read.days else {"items": ("days 是空的",)}
    found = {"items": 1, "dates": len(read.days)}
    return Draft(read.scope, read.number, read.issued, read.title, read.days, found, faults)
