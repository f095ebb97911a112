"""A second daemon on one SQLite file does no harm and is of no use, so it is told about.

Whoever runs holds a lock on a file beside the database. It is the system's own lock: it ends with
the process, however that ends.
"""

import logging
import os
from pathlib import Path

from sqlalchemy import Engine

from engine.postgres import is_postgres

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)


def warn_of_another(db: Engine) -> bool:
    """Log a warning if another daemon runs on the same SQLite file; else be the one that runs, to
    the end of this process. Is there another?"""
    if is_postgres(db) or not db.url.database or fcntl is None:
        return False
    path = Path(f"{db.url.database}.lock")
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:  # the folder is not ours to write in
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        log.warning(
            "已有一个期限服务在使用同一个数据库文件 %s：消息不会发两遍，但第二个没有用处，请停掉一个；"
            "数据库文件不要放在网络共享盘上；要用多台机器，请改用 PostgreSQL",
            db.url.database,
        )
        return True
    return False
