"""What an answer to `qixian init` must be; each raises BadInput, or what the rooms below raise."""

import socket
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from api.errors import BadInput
from api.faults import fault_in_words
from api.refusals import database_in_words
from api.settings_file import AdministratorTable, UnitTable
from engine.database import open_database


def unit_name(text: str) -> str:
    """What can stand in every message."""
    _valid(UnitTable, {"id": "x", "name": text})
    return text


def unit_names(text: str, agency: str) -> list[str]:
    """Several of them, each once."""
    parts = text.replace("，", "、").replace(",", "、").split("、")
    names = [unit_name(part.strip()) for part in parts if part.strip()]
    for name in names:
        if [agency, *names].count(name) > 1:
            raise BadInput(f"“{name}”写了两次")
    return names


def mail_address(text: str) -> str:
    """One, or nothing."""
    _valid(AdministratorTable, {"mail": text})
    return text


def needed_mail_address(text: str) -> str:
    """One."""
    if not text:
        raise BadInput("没有邮箱就收不到提醒")
    return mail_address(text)


def _valid(table: type[UnitTable | AdministratorTable], given: Mapping[str, str]) -> None:
    try:
        table.model_validate(dict(given))
    except ValidationError as error:
        raise BadInput(
            f"“{error.errors()[0]['input']}”{fault_in_words(error.errors()[0])}"
        ) from None


def database_address(text: str, folder: Path) -> str:
    """The address: of a server that answers, or of a file in a folder that is there."""
    text = text.removeprefix("sqlite:///")
    if "://" in text:
        db = open_database(text)
        try:
            db.connect().close()
        except DBAPIError as error:
            raise BadInput(database_in_words(error)) from None
        finally:
            db.dispose()
        return text
    if not (folder / text).parent.is_dir() or (folder / text).is_dir():
        raise BadInput(f"没有文件夹 {(folder / text).parent}，或者 {text} 是文件夹")
    return f"sqlite:///{text}"


def free_port(text: str) -> int:
    """A port on which nobody listens here."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise BadInput(f"“{text}”不是 1 到 65535 的数字")
    try:
        socket.create_server(("127.0.0.1", int(text))).close()
    except OSError:
        raise BadInput(f"端口 {text} 不能用，可能被别的程序占用") from None
    return int(text)
