"""载入正文: a text that came in over the interface or a page, read and offered to the engine."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from api.dependencies import Running
from api.errors import BadInput
from api.typed_dates import day
from engine.agency import Agency
from engine.loading import Loading, Offer, load_text, text_id_of
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class Handed:
    """What was handed in: the text of a file, and what a person says of it, where he does."""

    name: str
    content: str
    id: str = ""
    title: str | None = None
    year: int | None = None
    since: str = ""
    apply: bool = False


def take_in(
    process: Running,
    agency: Agency,
    calendar: WorkCalendar,
    handed: Handed,
    by: str,
    now: datetime,
    then: Callable[[Session, Loading], None] | None = None,
) -> Loading:
    """Read it and load it; `then` is called in the transaction that stores it. Raises BadInput, NotAllowed, CatalogueError; then nothing is changed."""
    since = day(handed.since, "from ") if handed.since else None
    read = process.texts.read(handed.content, handed.id)
    text_id = handed.id or text_id_of(read, handed.name, agency.catalogue, handed.title or "")
    if not text_id:
        raise BadInput("看不出是哪份文件，请写明标题，或者编号（小写字母、数字、连字符）")
    offer = Offer(
        text_id=text_id,
        name=handed.name,
        content=handed.content,
        by=by,
        data={"title": handed.title, "year": handed.year},
        since=since,
        apply=handed.apply,
    )
    files = process.configuration.files
    done = load_text(process.db, agency, files, calendar, read, offer, now, then)
    if done.stored:
        process.texts.keep(done.text, read.hits)
    return done
