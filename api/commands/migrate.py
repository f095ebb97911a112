"""qixian migrate"""

import typer

from api.commands.context import Context, print_json
from engine.schema import migrate as bring_up_to_date


def migrate(context: typer.Context) -> None:
    """建立数据库，或升级到本版本。"""
    shared: Context = context.obj
    db = shared.open(shared.database_url)
    before, after = bring_up_to_date(db)
    if shared.json:
        print_json({"before": before, "after": after})
    elif before == after:
        print(f"数据库已是最新版本（{after}）。")
    else:
        print(f"数据库已从 {before or '空'} 升级到 {after}。")
