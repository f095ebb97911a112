"""The watched folder: a file is taken once it has settled, and a refused one is told once."""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.notice_folder import NoticeFolder, not_imported
from engine.agency import Agency
from engine.clock import Clock
from engine.current_agency import CurrentAgency
from engine.database import reading
from engine.imported_notices import imported_notices
from tests.builders import build_agency, calendar_through, memory
from tests.engine.notice_sentences import NOTICE_2027

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
TODAY = date(2026, 11, 22)
WRONG = NOTICE_2027.replace("5月8日（周六）", "5月8日（周日）")


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


@pytest.fixture
def agency() -> Agency:
    return build_agency([])


def numbers(db: Engine) -> list[str]:
    with reading(db) as session:
        return [notice.number for notice in imported_notices(session)]


def test_a_file_is_imported_when_it_has_kept_its_size(db: Engine, tmp_path: Path) -> None:
    folder = NoticeFolder(tmp_path, db)
    file = tmp_path / "2027.txt"
    file.write_text(NOTICE_2027[:200], encoding="utf-8")
    folder.take(NOW)
    file.write_text(NOTICE_2027, encoding="utf-8")
    folder.take(NOW)
    assert numbers(db) == []
    folder.take(NOW)
    assert numbers(db) == ["国办发明电〔2026〕99号"]
    folder.take(NOW)
    NoticeFolder(tmp_path, db).take(NOW)  # and a daemon that starts again
    assert numbers(db) == ["国办发明电〔2026〕99号"]
    assert file.read_text(encoding="utf-8") == NOTICE_2027
    assert list(not_imported(tmp_path, db, TODAY)) == []


def test_a_refused_file_is_logged_once_and_tried_again_when_it_changes(
    db: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = NoticeFolder(tmp_path, db)
    file = tmp_path / "2027.txt"
    file.write_text(WRONG, encoding="utf-8")
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            folder.take(NOW)
    (record,) = caplog.records
    assert "2027.txt" in record.getMessage()
    assert "实为星期六" in record.getMessage()
    ((name, refused),) = not_imported(tmp_path, db, TODAY)
    assert (name, "实为星期六" in refused) == ("2027.txt", True)
    file.write_text(NOTICE_2027 + "\n", encoding="utf-8")
    assert list(not_imported(tmp_path, db, TODAY)) == [("2027.txt", "")]
    folder.take(NOW)
    folder.take(NOW)
    assert numbers(db) == ["国办发明电〔2026〕99号"]


def test_what_is_no_notice_is_left_alone(db: Engine, tmp_path: Path) -> None:
    for name in (".2027.txt", "2027.pdf", "2027.txt.part"):
        (tmp_path / name).write_text(NOTICE_2027, encoding="utf-8")
    (tmp_path / "old.txt").mkdir()
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "zero.txt").write_bytes(b"\0")
    folder = NoticeFolder(tmp_path, db)
    folder.take(NOW)
    folder.take(NOW)
    assert numbers(db) == []
    assert [name for name, _ in not_imported(tmp_path, db, TODAY)] == ["broken.json", "zero.txt"]
    NoticeFolder(tmp_path / "nowhere", db).take(NOW)


def test_the_clock_works_by_what_came_in(db: Engine, agency: Agency, tmp_path: Path) -> None:
    (tmp_path / "2027.txt").write_text(NOTICE_2027, encoding="utf-8")
    folder = NoticeFolder(tmp_path, db)
    clock = Clock(db, CurrentAgency(db, agency, ()), calendar_through(2026), folder.take)
    folder.take(NOW)
    folder.take(NOW)
    assert clock.calendar.announced_through == 2026
    clock.renew_calendar()
    assert clock.calendar.announced_through == 2027
