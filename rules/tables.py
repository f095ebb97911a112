"""Strict reading of a TOML table: each key by its exact type; what is wrong is named."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from rules.amounts import Amount
from rules.errors import CatalogueError, TermError
from rules.toml_faults import toml_fault

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")

_TYPE_NAMES: Mapping[type, str] = {
    str: "文字，请加引号",
    int: "整数",
    bool: "true 或 false",
    list: '列表，请写作 ["…", "…"]',
    dict: "表，请写作 { … }",
    date: "日期，请写作 2017-12-31，不加引号",
    datetime: "时刻，请写作 2026-10-01T22:40:00+08:00，不加引号",
}


def read_toml(path: Path) -> dict[str, object]:
    """The file as a dict; raises CatalogueError."""
    try:
        # utf-8-sig: Windows Notepad puts a mark before the text, and it is no fault of the text.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise CatalogueError(
            f"{path}：读不到这个目录文件（{error.strerror}），请检查路径"
        ) from error
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{path}：目录文件不是 UTF-8 编码，请另存为 UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise CatalogueError(f"{path}：不是合法的 TOML：{toml_fault(str(error))}") from error


@dataclass(frozen=True)
class Table:
    """A TOML table with its place in the file, for reading one key at a time."""

    place: str
    values: Mapping[str, object]

    def refusal(self, key: str, complaint: str) -> CatalogueError:
        return CatalogueError(f"{self.place}的 {key} {complaint}")

    def allow(self, known: Sequence[str]) -> None:
        for key in self.values:
            if key not in known:
                raise self.refusal(key, f"不是规定的键，可用：{'、'.join(known)}")

    def get(self, key: str, kind: type[T]) -> T | None:
        value = self.values.get(key)
        if value is None:
            return None
        # The exact type: for isinstance true is an int, and a moment a date.
        if isinstance(value, kind) and type(value) is kind:
            return value
        raise self.refusal(key, f"应为{_TYPE_NAMES[kind]}")

    def need(self, key: str, kind: type[T]) -> T:
        value = self.get(key, kind)
        if value is None:
            raise self.refusal(key, "没有写，请补上")
        return value

    def text(self, key: str) -> str:
        """A required text that is not blank."""
        text = self.need(key, str)
        if not text.strip():
            raise self.refusal(key, "是空的，请写明")
        return text

    def option(self, key: str) -> str:
        return self.get(key, str) or ""

    def words(self, key: str) -> str:
        """A text that may be missing, but not blank."""
        return self.text(key) if key in self.values else ""

    def id(self, key: str = "id") -> str:
        text = self.text(key)
        if not _ID.fullmatch(text):
            raise self.refusal(key, f"“{text}”只能用小写字母、数字和连字符，请改写")
        return text

    def id_within(self, document: str) -> str:
        """The id of an entry of a document, whose id it begins with."""
        id_ = self.id()
        if not id_.removeprefix(f"{document}-") or not id_.startswith(f"{document}-"):
            raise self.refusal("id", f"应以文件的 id 开头，请写作 {document}-01 之类")
        return id_

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E:
        """One of a few words; without a default it is required."""
        if default is not None and key not in self.values:
            return default
        text = self.text(key)
        if text not in {*kind}:
            raise self.refusal(key, f"“{text}”不是规定的词，可用：{'、'.join(kind)}")
        return kind(text)

    def amount(self, key: str) -> Amount | None:
        """A length of time: `20WD`, `P3M`."""
        text = self.words(key)
        try:
            return Amount.parse(text) if text else None
        except TermError as error:
            raise self.refusal(key, f"不合规定：{error}") from error

    def moment(self, key: str) -> datetime | None:
        moment = self.get(key, datetime)
        if moment and moment.tzinfo is None:
            raise self.refusal(key, "没有时区，请写作 2026-10-01T22:40:00+08:00")
        return moment

    def day_or_moment(self, key: str) -> date | datetime | None:
        is_moment = isinstance(self.values.get(key), datetime)
        return self.moment(key) if is_moment else self.get(key, date)

    def names(self, key: str) -> tuple[str, ...]:
        """A list of texts, none blank, none twice; it may be empty: the paper names nobody."""
        return self._checked_names(key, self.need(key, list))

    def optional_names(self, key: str) -> tuple[str, ...]:
        """A list of texts that may be missing."""
        return self._checked_names(key, self.get(key, list) or [])

    def _checked_names(self, key: str, names: list[Any]) -> tuple[str, ...]:
        if not all(isinstance(name, str) and name.strip() for name in names):
            raise self.refusal(key, "中每一项都应为文字，不能是空的，请改正")
        for name in names:
            if names.count(name) > 1:
                raise self.refusal(key, f"中“{name}”出现了两次，请去掉一个")
        return tuple(names)


def entries(path: Path, values: Sequence[object], key: str, noun: str) -> Iterator[Table]:
    """The tables of `[[key]]`, in order, each called by its id, or else by its number."""
    for number, entry in enumerate(values, start=1):
        if not isinstance(entry, dict):
            raise CatalogueError(f"{path}：第{number}条{noun}的 {key} 应为表，请写作 [[{key}]]")
        id_ = entry.get("id")
        named = isinstance(id_, str) and id_.strip()
        yield Table(f"{path}：{noun} {id_} " if named else f"{path}：第{number}条{noun}", entry)
