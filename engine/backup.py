"""备份 Backup: a consistent copy of the database in one file, while the daemon goes on."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy import Engine

from engine.errors import BadBackup
from engine.schema import revision


def back_up(db: Engine, file: Path) -> None:
    """Copy an SQLite database into a new file that only its owner can read (mode 600).

    The copy is the state of one moment, with all that was committed by then; nobody who writes is
    held up. It gets its name when SQLite has found nothing wrong with it, and never takes the
    place of a file that is there. Raises BadBackup.
    """
    if db.dialect.name != "sqlite":
        raise BadBackup(
            "PostgreSQL 的数据库请用它自带的 pg_dump 备份："
            f"pg_dump --format=custom --file={file} --host={db.url.host or 'localhost'} {db.url.database}"
        )
    if revision(db) is None:
        raise BadBackup(f"没有可备份的数据库：{db.url.database} 不存在，或还没有建表")
    with _reserved(file):
        handle, part = mkstemp(prefix=f".{file.name}.", dir=file.parent)  # mode 600
        os.close(handle)
        try:
            _copy(db, part)
            os.replace(part, file)
        except sqlite3.Error as error:
            raise BadBackup(f"备份没有写成：{error}") from None
        finally:
            Path(part).unlink(missing_ok=True)


@contextmanager
def _reserved(file: Path) -> Iterator[None]:
    """Take the name while the copy is made; give it back when none comes of it."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise BadBackup(f"{file} 已经存在，备份不覆盖文件，请换一个文件名") from None
    except OSError as error:
        raise BadBackup(f"不能写入 {file}（{error.strerror}），请检查目录和权限") from None
    try:
        yield
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _copy(db: Engine, part: str) -> None:
    """Raises sqlite3.Error, BadBackup."""
    with closing(sqlite3.connect(part)) as copy:
        with closing(db.raw_connection()) as source:
            driver: sqlite3.Connection = source.driver_connection  # type: ignore[assignment]
            driver.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, no -wal beside it
        found = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        if found != ["ok"] or copy.execute("PRAGMA foreign_key_check").fetchone():
            raise BadBackup(
                "数据库有损坏，没有留下备份，请用 qixian verify 查看，并用以前的备份恢复"
            )
