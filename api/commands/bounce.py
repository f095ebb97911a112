"""qixian bounce [FILE|-]"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.errors import BadInput
from api.json_rows import letter_row
from engine.database import writing
from engine.replies import take_letter

_LARGEST = 28 * 1024 * 1024  # as over HTTP


def bounce(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="[FILE|-]", help="退信或回复（邮件原文），- 为标准输入")
    ] = Path("-"),
) -> None:
    """处理一封退信或回复：核对地址里的标记，记到对应的送达记录；退信停用不存在的邮箱，回复“收到”即签收。"""
    shared: Context = context.obj
    raw = _read(file)
    agency, calendar = shared.configuration.agency, shared.calendar
    with writing(shared.database) as session:
        row = letter_row(take_letter(session, agency, calendar, raw, shared.now))
    if shared.json:
        print_json(row)
    else:
        print(
            f"送达记录 {row['delivery']}（{row['channel']}，{row['recipient']}）：{row['reason']}"
        )


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            raw = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with file.open("rb") as stream:
                raw = stream.read(_LARGEST + 1)
    except OSError as error:
        raise BadInput(f"读不了来信 {file}（{error.strerror}）") from None
    if len(raw) > _LARGEST:
        raise BadInput(f"{file}：超过 28 MB，不是退信，也不是回复")
    return raw
