"""正文 LoadedText: the text of a document, or of one of its wordings, as an office loaded it."""

from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, UniqueConstraint, func
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant
from engine.errors import NotFound


class LoadedText(SQLModel, table=True):
    """正文. Later versions of one text stand beside the earlier ones; the last one counts."""

    __tablename__ = "loaded_text"
    __table_args__ = (UniqueConstraint("text", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    text: str  # the document's id, or the id of one of its wordings
    document: str
    version: int
    name: str  # of the file
    sha256: str
    content: str
    entry: str  # the document as a catalogue file has it; empty where a file has it
    since: date | None  # the first day on which this version is in force, where one came before
    loaded_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    loaded_by: str

    @property
    def intact(self) -> bool:
        """Is it still what was loaded?"""
        return self.sha256 == digest_of(self.content)


def digest_of(content: str) -> str:
    """SHA-256 of the text in UTF-8, in hexadecimal digits."""
    return sha256(content.encode()).hexdigest()


def text_heads(session: Session) -> Sequence[Row[Any]]:
    """The last version of every text without its characters, whose number is `characters`."""
    newest = select(func.max(LoadedText.id)).group_by(col(LoadedText.text))
    names = ("id", "text", "document", "version", "name", "since", "loaded_at", "loaded_by")
    columns: list[Any] = [col(getattr(LoadedText, name)) for name in names]
    columns.append(func.length(LoadedText.content).label("characters"))
    query = select(*columns).where(col(LoadedText.id).in_(newest))
    return session.execute(query.order_by(col(LoadedText.id))).all()


def current_texts(session: Session) -> list[LoadedText]:
    """The last version of every text, in the order in which they were first loaded."""
    query = select(LoadedText).order_by(col(LoadedText.id))
    last: dict[str, LoadedText] = {}
    for row in session.exec(query).all():
        last[row.text] = row
    return list(last.values())


def any_text(session: Session) -> bool:
    """Has the office loaded one?"""
    return session.exec(select(LoadedText.id).limit(1)).first() is not None


def current_text(session: Session, text: str) -> LoadedText | None:
    """The last version of a text."""
    query = select(LoadedText).where(LoadedText.text == text)
    return session.exec(query.order_by(col(LoadedText.version).desc()).limit(1)).first()


def text_of(session: Session, id_: str) -> LoadedText:
    """The last version of a text, by its id, or by that of a document that has one only. Raises
    NotFound."""
    if found := current_text(session, id_):
        return found
    query = select(LoadedText.text).where(LoadedText.document == id_).distinct()
    names = list(session.exec(query.order_by(col(LoadedText.text))).all())
    if len(names) > 1:
        raise NotFound(f"“{id_}”有几个文本，请写明其中一个：{'、'.join(names)}")
    found = current_text(session, names[0]) if names else None
    if found is None:
        raise NotFound(f"没有载入“{id_}”的正文")
    return found
