"""Secrets in files of their own (`key = "file:secrets/robot-key"`), which only their owner reads."""

import os
import stat
from pathlib import Path

from api.errors import BadConfig

LONGEST = 10_000


def secret_in_file(path: Path, place: str) -> str:
    """What stands in the file, without the line's end. Raises BadConfig, which names the place."""
    try:
        if not path.is_file():
            raise BadConfig(f"{place} 取自文件 {path}，但没有这个文件")
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadConfig(f"{place} 取自文件 {path}，但其他用户也能读它，请运行 chmod 600 {path}")
        text = path.read_text(encoding="utf-8-sig")[:LONGEST].strip()
    except (OSError, UnicodeDecodeError):
        raise BadConfig(f"{place} 取自文件 {path}，但读不了它，请检查权限和编码") from None
    if not text:
        raise BadConfig(f"{place} 取自文件 {path}，但它是空的")
    return text


def keep_secret(path: Path, text: str) -> None:
    """Writes it so that nobody else could read it at any moment; also its folder is the owner's."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
