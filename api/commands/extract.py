"""qixian extract FILE"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.context import Context
from api.document_text import read_document_text
from rules.reader import Hit, read_document
from rules.rule import Document
from rules.terms import KIND_NAMES, Term

_COLUMNS = {
    "line": "行",
    "time_phrase": "时间用语",
    "kind": "类型",
    "value": "期限",
    "trigger": "起算事由",
    "duty_holder": "责任主体",
    "quote": "原文",
}


def extract(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="文件正文：.txt、.md、.html、.docx")],
) -> None:
    """找出文件中的时间用语，提出规则建议；是否采用由人确认。"""
    shared: Context = context.obj
    reading = read_document(read_document_text(file))
    if shared.json:
        return shared.emit(map(asdict, reading.hits), _COLUMNS)
    print(_heading(reading.document, len(reading.hits)))
    return shared.emit(map(_row, reading.hits), _COLUMNS)


def _row(hit: Hit) -> dict[str, Any]:
    value = Term(hit.kind, hit.value).in_words() if hit.value else ""
    return asdict(hit) | {"kind": KIND_NAMES[hit.kind], "value": value}


def _heading(document: Document, found: int) -> str:
    named = "，".join(filter(None, (document.title or "（没有找到标题）", document.number)))
    year = f"“年内”指 {document.year} 年" if document.year else "没有找到年份，“年内”之类未定日期"
    return f"{named}：时间用语 {found} 处，{year}"
