"""/api/v1/accounts: who may sign in"""

from typing import Any

from sqlmodel import Session

from api.account_rows import AccountChange, NewAccount, NewPassword, account_row
from api.dependencies import Now, Reader, Viewing, Writer, WriterAgency
from api.entity_tags import Match, NoneMatch, check_match, tagged
from api.idempotency import Room
from api.viewer import Viewer
from engine.accounts import (
    Account,
    add_account,
    change_account,
    disable,
    enable,
    get_account,
    list_accounts,
    set_password,
)
from engine.errors import NotAllowed, NotFound

router = Room(prefix="/accounts")


@router.get("")
async def accounts(session: Reader, now: Now, viewer: Viewing) -> dict[str, Any]:
    """帐户, by login name."""
    rows = [row for row in list_accounts(session) if viewer.sees(row.unit)]
    return {"items": [account_row(row, now) for row in rows]}


@router.get("/{name}")
async def account(
    name: str, session: Reader, now: Now, viewer: Viewing, if_none_match: NoneMatch = None
) -> Any:
    """One of them."""
    row = get_account(session, name)
    if not viewer.sees(row.unit):
        raise NotFound(f"没有登录名为“{row.name}”的帐户")
    return tagged(account_row(row, now), if_none_match)


@router.post("", status_code=201)
def add(
    asked: NewAccount, session: Writer, agency: WriterAgency, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """A new account, with its first password."""
    viewer.check_own(asked.unit or "")
    row = add_account(
        session,
        agency.units,
        name=asked.name,
        shown_name=asked.shown_name or "",
        role=asked.role,
        unit=asked.unit or "",
        password=asked.password.get_secret_value(),
        by=viewer.login,
        now=now,
        wecom_user=asked.wecom_user or "",
    )
    return account_row(row, now)


@router.post("/{name}")
def change(
    name: str,
    asked: AccountChange,
    session: Writer,
    agency: WriterAgency,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> dict[str, Any]:
    """Another role, unit, shown name or userid; of one's own account the last two alone."""
    row = _own(session, viewer, name)
    check_match(if_match, lambda: account_row(row, now))
    given = asked.model_fields_set
    if given - {"shown_name", "wecom_user"}:
        _check_other(viewer, row)
    unit = (asked.unit or "") if "unit" in given else None
    if unit is not None:
        viewer.check_own(unit)
    change_account(
        session,
        agency.units,
        row,
        role=asked.role,
        unit=unit,
        shown_name=asked.shown_name,
        wecom_user=(asked.wecom_user or "") if "wecom_user" in given else None,
        by=viewer.login,
        now=now,
    )
    return account_row(row, now)


@router.post("/{name}/password")
def password(
    name: str, asked: NewPassword, session: Writer, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """A new password: whoever has signed in with the account is signed out."""
    row = _own(session, viewer, name)
    given = asked.password.get_secret_value()
    set_password(session, row, given, by=viewer.login, now=now)
    return account_row(row, now)


@router.post("/{name}/disable")
async def stop(name: str, session: Writer, now: Now, viewer: Viewing) -> dict[str, Any]:
    """停用: nobody can sign in with it."""
    row = _own(session, viewer, name)
    _check_other(viewer, row)
    disable(session, row, by=viewer.login, now=now)
    return account_row(row, now)


@router.post("/{name}/enable")
async def start(name: str, session: Writer, now: Now, viewer: Viewing) -> dict[str, Any]:
    """启用, also after a lock-out."""
    row = _own(session, viewer, name)
    enable(session, row, by=viewer.login, now=now)
    return account_row(row, now)


def _own(session: Session, viewer: Viewer, name: str) -> Account:
    """An account of the viewer's units. Raises Refused, BadAccount."""
    row = get_account(session, name)
    viewer.check_own(row.unit)
    return row


def _check_other(viewer: Viewer, row: Account) -> None:
    """Raises NotAllowed: nobody shuts himself out."""
    if viewer.account and viewer.account.name == row.name:
        raise NotAllowed("不能停用自己的帐户，也不能改自己的角色和单位，请由另一位管理员办理")
