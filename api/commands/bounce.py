"""qixian bounce [FILE|-]"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.errors import BadInput
from api.json_rows import bounce_row
from engine.bounces import take_bounce
from engine.database import writing

_LARGEST = 28 * 1024 * 1024  # as over HTTP


def bounce(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="[FILE|-]", help="退信（邮件原文），- 为标准输入")
    ] = Path("-"),
) -> None:
    """处理一封退信：核对退信标记，记到对应的送达记录，停用不存在的邮箱。"""
    shared: Context = context.obj
    raw = _read(file)
    agency, calendar = shared.configuration.agency, shared.calendar
    with writing(shared.database) as session:
        row = bounce_row(take_bounce(session, agency, calendar, raw, shared.now))
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
        raise BadInput(f"读不了退信 {file}（{error.strerror}）") from None
    if len(raw) > _LARGEST:
        raise BadInput(f"{file}：超过 28 MB，不是退信")
    return raw
