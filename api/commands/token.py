"""qixian token add | list | revoke"""

import getpass
from datetime import timedelta
from typing import Annotated

import typer

from api.account_rows import token_row
from api.commands.context import Context, print_json
from api.errors import BadInput
from api.typed_dates import day
from engine.api_tokens import (
    SCOPE_NAMES,
    Scope,
    add_token,
    get_token,
    list_tokens,
    revoke,
)
from engine.database import reading, writing

app = typer.Typer(help="接口令牌：建立、列出、吊销。", no_args_is_help=True)

USUAL = timedelta(days=365)
_Name = Annotated[str, typer.Argument(metavar="NAME", help="令牌名称，例如接入的系统")]
_SCOPES = "read 只读、act 办理、admin 全部"


@app.command()
def add(
    context: typer.Context,
    name: _Name,
    scope: Annotated[str, typer.Option(help=_SCOPES)],
    unit: Annotated[
        str, typer.Option(metavar="ID", help="单位编号：只看到它和下级；不写为全部单位")
    ] = "",
    expires: Annotated[
        str | None, typer.Option(metavar="DATE", help="有效期的最后一日，默认一年")
    ] = None,
) -> None:
    """建立接口令牌。令牌只显示这一次，数据库里只有它的校验值。"""
    shared: Context = context.obj
    now = shared.now
    last = day(expires, "--expires ") if expires else shared.today + USUAL
    units = shared.unit_ids
    with writing(shared.bare_database) as session:
        token, text = add_token(
            session,
            units,
            name=name,
            scope=_scope(scope),
            unit=unit,
            expires=last,
            by=getpass.getuser(),
            now=now,
        )
    if shared.json:
        print_json({"token": text} | token_row(token))
    else:
        print(text)
        print("请现在就保存，以后不能再显示。用法：在请求中写 Authorization: Bearer 令牌")


@app.command("list")
def list_(context: typer.Context) -> None:
    """列出接口令牌，不显示令牌本身。"""
    shared: Context = context.obj
    with reading(shared.bare_database) as session:
        tokens = list_tokens(session)
    rows = [token_row(token) for token in tokens]
    if not shared.json:
        for row, token in zip(rows, tokens, strict=True):
            row["scope"], row["unit"] = SCOPE_NAMES[token.scope], token.unit or "全部"
            over = "" if token.valid(shared.now) else "已过期"
            row["state"] = "已吊销" if token.revoked_at else over
    columns = {"name": "名称", "scope": "范围", "unit": "单位", "expires": "有效期至"}
    shared.emit(
        rows, columns | {"state": "状态", "last_used_at": "最近使用", "created_by": "建立人"}
    )


@app.command("revoke")
def revoke_(context: typer.Context, name: _Name) -> None:
    """吊销接口令牌，随即失效，不能恢复。"""
    shared: Context = context.obj
    with writing(shared.bare_database) as session:
        token = get_token(session, name)
        revoke(session, token, by=getpass.getuser(), now=shared.now)
    print_json(token_row(token)) if shared.json else print(f"接口令牌 {token.name} 已吊销。")


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise BadInput(f"--scope 没有“{text}”，可用：{_SCOPES}") from None
