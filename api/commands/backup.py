"""qixian backup FILE"""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from engine.backup import back_up
from engine.database import open_database


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件；不能是已有的文件")],
) -> None:
    """备份数据库；服务不必停。备份后经过检查，只有本用户可读。"""
    shared: Context = context.obj
    back_up(open_database(shared.database_url), file)
    size = file.stat().st_size
    if shared.json:
        print_json({"file": str(file), "bytes": size})
    else:
        print(f"已备份到 {file}（{size:,} 字节），检查无误。")
