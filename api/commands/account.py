"""qixian account add | list | change | disable | enable | password | log"""

import getpass
import sys
from typing import Annotated

import typer

from api.account_rows import account_row
from api.commands.context import Context, print_json
from api.errors import BadInput
from engine.access_log import access_of, latest_access
from engine.accounts import (
    ROLE_NAMES,
    Account,
    Role,
    add_account,
    change_account,
    disable,
    enable,
    get_account,
    list_accounts,
    set_password,
)
from engine.database import reading, writing
from engine.instants import local_iso

app = typer.Typer(help="帐户：建立、列出、修改、停用、启用、改密码。", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(metavar="NAME", help="登录名")]
_Stdin = Annotated[
    bool, typer.Option("--password-stdin", help="从标准输入读密码（一行），不在终端上问")
]
_WECOM = "企业微信账号（userid），本人可用它登录"
_ROLES = "administrator 管理员、office 政务公开办、clerk 单位经办、reader 只读"


@app.command()
def add(
    context: typer.Context,
    name: _Name,
    role: Annotated[str, typer.Option(help=_ROLES)],
    unit: Annotated[
        str, typer.Option(metavar="ID", help="单位编号：只看到它和下级；不写为全部单位")
    ] = "",
    shown_name: Annotated[str, typer.Option(help="姓名，默认与登录名相同")] = "",
    wecom_user: Annotated[str, typer.Option(metavar="ID", help=_WECOM)] = "",
    password_stdin: _Stdin = False,
) -> None:
    """建立帐户。密码在终端上输入两次，不显示。"""
    shared: Context = context.obj
    chosen, units = _role(role), shared.unit_ids
    db = shared.bare_database
    password = _password(password_stdin)
    with writing(db) as session:
        account = add_account(
            session,
            units,
            name=name,
            shown_name=shown_name,
            role=chosen,
            unit=unit,
            password=password,
            by=getpass.getuser(),
            now=shared.now,
            wecom_user=wecom_user,
        )
    _tell(shared, account, "已建立")


@app.command("list")
def list_(context: typer.Context) -> None:
    """列出帐户。"""
    shared: Context = context.obj
    with reading(shared.bare_database) as session:
        rows = [account_row(account, shared.now) for account in list_accounts(session)]
    if not shared.json:
        for row in rows:
            row["role"], row["unit"] = ROLE_NAMES[row["role"]], row["unit"] or "全部"
            row["state"] = "已停用" if row["disabled"] else "已锁定" if row["locked_until"] else ""
    columns = {"name": "登录名", "shown_name": "姓名", "role": "角色", "unit": "单位"}
    shared.emit(rows, columns | {"state": "状态", "signed_in_at": "最近登录"})


@app.command()
def change(
    context: typer.Context,
    name: _Name,
    role: Annotated[str | None, typer.Option(help=_ROLES)] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="ID", help="单位编号；写 all 为全部单位")
    ] = None,
    shown_name: Annotated[str | None, typer.Option(help="姓名")] = None,
    wecom_user: Annotated[
        str | None, typer.Option(metavar="ID", help=f'{_WECOM}；写 "" 为解除绑定')
    ] = None,
) -> None:
    """修改帐户的角色、单位、姓名或企业微信账号。"""
    shared: Context = context.obj
    if (role, unit, shown_name, wecom_user) == (None,) * 4:
        raise BadInput("没有写明改什么，可用 --role、--unit、--shown-name、--wecom-user")
    units = shared.unit_ids
    with writing(shared.bare_database) as session:
        account = get_account(session, name)
        change_account(
            session,
            units,
            account,
            by=getpass.getuser(),
            now=shared.now,
            role=None if role is None else _role(role),
            unit="" if unit == "all" else unit,
            shown_name=shown_name,
            wecom_user=wecom_user,
        )
    _tell(shared, account, "已修改")


@app.command("disable")
def disable_(context: typer.Context, name: _Name) -> None:
    """停用帐户：不能再登录，已登录的随即退出；办过的事留有记录。"""
    shared: Context = context.obj
    with writing(shared.bare_database) as session:
        account = get_account(session, name)
        disable(session, account, by=getpass.getuser(), now=shared.now)
    _tell(shared, account, "已停用")


@app.command("enable")
def enable_(context: typer.Context, name: _Name) -> None:
    """启用帐户，也解除因密码输错而来的锁定。"""
    shared: Context = context.obj
    with writing(shared.bare_database) as session:
        account = get_account(session, name)
        enable(session, account, by=getpass.getuser(), now=shared.now)
    _tell(shared, account, "已启用")


@app.command()
def password(context: typer.Context, name: _Name, password_stdin: _Stdin = False) -> None:
    """重新设置密码；这个帐户的登录全部退出，锁定解除。"""
    shared: Context = context.obj
    with reading(shared.bare_database) as session:
        get_account(session, name)
    given = _password(password_stdin)
    with writing(shared.bare_database) as session:
        account = get_account(session, name)
        set_password(session, account, given, by=getpass.getuser(), now=shared.now)
    _tell(shared, account, "已改密码")


@app.command("log")
def log_(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="登录名或令牌名称，默认全部")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="最近多少条")] = 50,
) -> None:
    """访问记录：登录、被拒、帐户和令牌的变动。"""
    shared: Context = context.obj
    with reading(shared.bare_database) as session:
        found = access_of(session, name)[-limit:] if name else latest_access(session, limit)
    columns = {
        "at": "时间",
        "name": "帐户或令牌",
        "text": "内容",
        "by": "操作人",
        "address": "地址",
    }
    rows = [
        {"at": local_iso(entry.at), "kind": entry.kind}
        | {key: getattr(entry, key) for key in ("name", "text", "by", "address")}
        for entry in found
    ]
    shared.emit(rows, columns)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise BadInput(f"--role 没有“{text}”，可用：{_ROLES}") from None


def _password(from_stdin: bool) -> str:
    """Raises BadInput. Never an argument: other users of the machine would see it."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise BadInput("密码应在终端上输入；由程序给出时请加 --password-stdin")
    first = getpass.getpass("密码：")
    if getpass.getpass("再输入一次：") != first:
        raise BadInput("两次输入的密码不同，请重新运行")
    return first


def _tell(shared: Context, account: Account, done: str) -> None:
    if shared.json:
        print_json(account_row(account, shared.now))
    else:
        where = f"单位 {account.unit}" if account.unit else "全部单位"
        print(
            f"帐户 {account.name}（{account.shown_name}，{ROLE_NAMES[account.role]}，{where}）{done}。"
        )
