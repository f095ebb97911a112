"""系统·帐户: who may sign in, as what, for which units; each has a page of his own."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, Now, Viewing, running
from api.errors import BadInput
from api.rendering import templates
from api.schemas import RowId
from api.sign_in_pages import client_address
from api.viewer import Viewer
from engine.access_log import access_of
from engine.accounts import (
    ROLE_NAMES,
    Account,
    Role,
    account_by_id,
    add_account,
    change_account,
    disable,
    enable,
    list_accounts,
    set_password,
    sign_out_everywhere,
)
from engine.agency import Agency
from engine.database import reading, writing
from engine.errors import BadAccount, NotFound

router = APIRouter()
Filled = Annotated[str, Form()]
SAID = {
    "added": "帐户已建立，请把登录名和初始密码当面告诉本人，并请他登录后修改密码。",
    "change": "已修改。",
    "disable": "帐户已停用，已登录的随即退出。",
    "enable": "帐户已启用。",
    "password": "新密码已设好，请当面告诉本人，并请他登录后修改密码。",
    "sign_out": "已在所有电脑和手机上退出。",
}
ENTRIES = 50  # of an account's log, the latest


@router.get("/system/accounts")
def system_accounts(
    request: Request, agency: AgencyNow, viewer: Viewing, said: str = ""
) -> Response:
    """系统·帐户."""
    return _list(request, agency, viewer, {"said": SAID.get(said)})


@router.post("/system/accounts")
def add(
    request: Request,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
    name: Filled = "",
    shown_name: Filled = "",
    role: Filled = "",
    unit: Filled = "",
    password: Filled = "",
    wecom_user: Filled = "",
) -> Response:
    """建立帐户, with a first password."""
    filled = {"name": name, "shown_name": shown_name, "role": role, "unit": unit}
    filled["wecom_user"] = wecom_user
    try:
        viewer.check_own(unit)
        with writing(running(request).db) as session:
            add_account(
                session,
                agency.units,
                name=name,
                shown_name=shown_name,
                role=_role(role),
                unit=unit,
                password=password,
                by=viewer.login,
                now=now,
                address=client_address(request),
                wecom_user=wecom_user,
            )
    except (BadAccount, BadInput) as refused:
        return _list(request, agency, viewer, {"filled": filled, "fault": str(refused)}, 422)
    return RedirectResponse("/system/accounts?said=added", 303)


@router.get("/system/accounts/{account_id}")
def system_account(
    request: Request, account_id: RowId, agency: AgencyNow, viewer: Viewing, said: str = ""
) -> Response:
    """One account."""
    return _one(request, account_id, agency, viewer, {"said": SAID.get(said)})


@router.post("/system/accounts/{account_id}")
def change(
    request: Request,
    account_id: RowId,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
    act: Filled = "",
    shown_name: Filled = "",
    role: Filled = "",
    unit: Filled = "",
    password: Filled = "",
    wecom_user: Filled = "",
) -> Response:
    """修改, 停用, 启用, 新密码, 全部退出: the button that was pressed says which."""
    told: dict[str, Any] = {"by": viewer.login, "now": now}
    try:
        with writing(running(request).db) as session:
            account = account_by_id(session, account_id)
            viewer.check_own(account.unit)
            if viewer.login == account.name:
                _check_own(account, act, role, unit)
            if act == "change":
                viewer.check_own(unit)
                told |= {"role": _role(role), "unit": unit, "shown_name": shown_name}
                if running(request).configuration.wecom_sign_in:  # else the form does not ask
                    told["wecom_user"] = wecom_user
                change_account(session, agency.units, account, **told)
            elif act == "disable":
                disable(session, account, **told)
            elif act == "enable":
                enable(session, account, **told)
            elif act == "password":
                set_password(session, account, password, **told, address=client_address(request))
            elif act == "sign_out":
                sign_out_everywhere(session, account, now, client_address(request), viewer.login)
            else:
                raise BadInput("没有写明做什么，请用页面上的按钮")
    except (BadAccount, BadInput) as refused:
        filled = {"shown_name": shown_name, "role": role, "unit": unit, "wecom_user": wecom_user}
        told = {"fault": str(refused), "fault_at": act, "filled": filled if act == "change" else {}}
        return _one(request, account_id, agency, viewer, told, 422)
    if viewer.login == account.name and act in ("password", "sign_out"):
        return RedirectResponse("/sign-in", 303)
    return RedirectResponse(f"/system/accounts/{account_id}?said={act}", 303)


def _check_own(account: Account, act: str, role: str, unit: str) -> None:
    """Raises BadInput: nobody shuts himself out."""
    if act == "disable" or (act == "change" and (role, unit) != (account.role.value, account.unit)):
        raise BadInput("不能停用自己的帐户，也不能改自己的角色和单位，请由另一位管理员办理")


def _list(
    request: Request, agency: Agency, viewer: Viewer, given: Mapping[str, Any], status: int = 200
) -> Response:
    with reading(running(request).db) as session:
        accounts = [one for one in list_accounts(session) if viewer.sees(one.unit)]
    shown = {"accounts": accounts, "filled": {}, **given, **_choices(request, agency, viewer)}
    return templates.TemplateResponse(request, "system_accounts.html", shown, status)


def _one(
    request: Request,
    account_id: int,
    agency: Agency,
    viewer: Viewer,
    given: Mapping[str, Any],
    status: int = 200,
) -> Response:
    with reading(running(request).db) as session:
        account = _seen(session, viewer, account_id)
        entries = access_of(session, account.name)[: -ENTRIES - 1 : -1]
    shown = {"account": account, "access": entries, "filled": {}, **given}
    shown |= _choices(request, agency, viewer)
    return templates.TemplateResponse(request, "system_account.html", shown, status)


def _choices(request: Request, agency: Agency, viewer: Viewer) -> dict[str, Any]:
    units = {id_: unit.name for id_, unit in agency.units.items() if viewer.sees(id_)}
    wecom = running(request).configuration.wecom_sign_in is not None
    return {"roles": ROLE_NAMES, "units": units, "all_units": viewer.units is None, "wecom": wecom}


def _seen(session: Session, viewer: Viewer, account_id: int) -> Account:
    """Raises NotFound: an administrator of a unit administers those of his units only."""
    account = account_by_id(session, account_id)
    if not viewer.sees(account.unit):
        raise NotFound(f"没有编号为 {account_id} 的帐户")
    return account


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise BadInput("请选择角色") from None
