"""放假通知文件夹: the folder from which the daemon takes holiday notices. Nothing in it is changed."""

import logging
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Engine

from api.document_text import KINDS, read_document_text
from api.errors import BadInput
from engine.current_agency import CurrentAgency
from engine.database import reading
from engine.errors import BadNotice
from engine.imported_notices import Stated, assess, imported_notices, is_imported
from engine.recalculation import take_notice

log = logging.getLogger(__name__)

FOLDER_BY = "放假通知文件夹"
_KINDS = (*KINDS, ".json")

_State = tuple[int, int]  # size, and time of the last change


def read_notice_file(path: Path) -> str:
    """A notice's text, or its JSON form. Raises BadInput."""
    return read_document_text(path, kinds=_KINDS)


class NoticeFolder:
    """Looks into the folder each time it is asked. A file counts once it has kept its size from one
    look to the next; a refused one is tried again when it changes."""

    def __init__(self, folder: Path, db: Engine, current: CurrentAgency, region: str) -> None:
        self._folder, self._db, self._current, self._region = folder, db, current, region
        self._seen: dict[Path, _State] = {}
        self._done: dict[Path, _State] = {}

    def take(self, now: datetime) -> None:
        """Import what is new; log what was refused, once."""
        for path in notice_files(self._folder):
            try:
                stat = path.stat()
            except OSError:  # gone since
                continue
            state = (stat.st_size, stat.st_mtime_ns)
            settled, self._seen[path] = self._seen.get(path) == state, state
            if settled and self._done.get(path) != state:
                self._done[path] = state
                self._import(path, now)

    def _import(self, path: Path, now: datetime) -> None:
        try:
            text = read_notice_file(path)
            with reading(self._db) as session:
                if is_imported(session, text):
                    return
            taken = take_notice(
                self._db, self._current, self._region, text, Stated(), by=FOLDER_BY, now=now
            )
            found = taken.assessment
        except (BadInput, BadNotice) as error:
            log.warning("notice refused: %s: %s", path.name, error)
            return
        if found.refusal:
            log.warning("notice refused: %s: %s", path.name, found.refusal)
        else:
            log.info(
                "notice imported: %s: %s moves %s days",
                *(path.name, found.draft.number, len(found.moved)),
            )
            for caution in found.cautions:
                log.warning("notice imported: %s: %s", path.name, caution)


def notice_files(folder: Path) -> list[Path]:
    """The files that may be notices, by name; hidden ones are not."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in _KINDS and not path.name.startswith(".") and path.is_file()
    )


def not_imported(folder: Path, db: Engine, today: date) -> Iterator[tuple[str, str]]:
    """Each file that is not in the calendar: its name, and why it is refused; empty while it waits."""
    for path in notice_files(folder):
        try:
            text = read_notice_file(path)
            with reading(db) as session:
                if is_imported(session, text):
                    continue
                found = assess(text, Stated(), imported_notices(session), today)
            yield path.name, found.refusal
        except (BadInput, BadNotice) as error:
            yield path.name, str(error)
