"""登录、退出、初次使用、修改密码."""

import secrets
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from api.cookies import FORM, SESSION, cookie, give, take_back
from api.dependencies import Now, Running, Viewing, host_name, is_loopback, running
from api.rendering import templates
from api.viewer import Viewer
from engine.access_log import record
from engine.accounts import (
    Account,
    Role,
    add_account,
    any_account,
    get_account,
    set_password,
    sign_out_everywhere,
)
from engine.database import reading, writing
from engine.errors import BadAccount, NotSignedIn
from engine.signing_in import sign_in
from engine.web_sessions import begin_session, end_session

router = APIRouter(include_in_schema=False)
Filled = Annotated[str, Form()]
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


@router.get("/sign-in")
def sign_in_form(request: Request, next: str = "/") -> Response:
    """登录."""
    if first_visit_is_open(request):
        return RedirectResponse("/first-visit", 303)
    return sign_in_page(request, {"next": next})


@router.post("/sign-in")
def sign_in_done(
    request: Request,
    now: Now,
    name: Filled = "",
    password: Filled = "",
    next: Filled = "/",
) -> Response:
    """登录: a new session, whatever the browser held before."""
    process = running(request)
    try:
        account = sign_in(process.db, name, password, now, client_address(request))
    except NotSignedIn as refused:
        return sign_in_page(request, {"next": next, "name": name, "fault": str(refused)}, 401)
    return signed_in(request, process, account, now, inside(next))


@router.post("/sign-out")
def sign_out(request: Request, viewer: Viewing, now: Now) -> Response:
    """退出登录, in this browser."""
    account = _person(viewer)
    with writing(running(request).db) as session:
        end_session(session, viewer.session_id)
        told = {"by": account.name, "address": client_address(request)}
        record(session, now, "sign_out", account.name, "退出登录", **told)
    return _signed_out(request)


@router.post("/sign-out-everywhere")
def sign_out_of_all(request: Request, viewer: Viewing, now: Now) -> Response:
    """退出全部登录, in every browser."""
    with writing(running(request).db) as session:
        sign_out_everywhere(session, _person(viewer), now, client_address(request))
    return _signed_out(request)


@router.get("/first-visit")
def first_visit_form(request: Request) -> Response:
    """初次使用: only on this machine, and only until there is an account."""
    _first_visit(request)
    return _form(request, "first_visit.html", {})


@router.post("/first-visit")
def first_visit_done(
    request: Request,
    now: Now,
    name: Filled = "",
    shown_name: Filled = "",
    password: Filled = "",
    again: Filled = "",
) -> Response:
    """Makes the first administrator, and signs him in."""
    _first_visit(request)
    process = running(request)
    filled = {"name": name, "shown_name": shown_name}
    try:
        if password != again:
            raise BadAccount("两次输入的密码不同，请重新输入")
        with writing(process.db) as session:
            if any_account(session):
                raise HTTPException(404)
            account = add_account(
                session,
                process.configuration.agency.units,
                **filled,
                role=Role.ADMINISTRATOR,
                unit="",
                password=password,
                by=name,
                now=now,
                address=client_address(request),
            )
    except BadAccount as refused:
        return _form(request, "first_visit.html", {**filled, "fault": str(refused)}, 422)
    return signed_in(request, process, account, now, "/")


@router.get("/password")
def password_form(request: Request, viewer: Viewing) -> Response:
    """修改密码."""
    return templates.TemplateResponse(request, "password.html", {"account": _person(viewer)})


@router.post("/password")
def password_done(
    request: Request,
    viewer: Viewing,
    now: Now,
    old: Filled = "",
    password: Filled = "",
    again: Filled = "",
) -> Response:
    """A new password, for which the old one is asked; every other session ends."""
    process, account = running(request), _person(viewer)
    try:
        if password != again:
            raise BadAccount("两次输入的新密码不同，请重新输入")
        sign_in(process.db, account.name, old, now, client_address(request), "confirmed")
        with writing(process.db) as session:
            row = get_account(session, account.name)
            told = {"by": account.name, "address": client_address(request)}
            set_password(session, row, password, now=now, **told)
    except (BadAccount, NotSignedIn) as refused:
        fault = "原密码不对，或者帐户已锁定" if isinstance(refused, NotSignedIn) else str(refused)
        again_with = {"account": account, "fault": fault}
        return templates.TemplateResponse(request, "password.html", again_with, 422)
    return signed_in(request, process, row, now, "/")


def sign_in_page(request: Request, filled: dict[str, Any], status: int = 200) -> Response:
    """The form, and the other ways in where there are any."""
    process = running(request)
    with reading(process.db) as session:
        ready = any_account(session)
    configured = process.configuration
    more = {"oidc": configured.oidc is not None, "wecom": configured.wecom_sign_in is not None}
    return _form(request, "sign_in.html", {**filled, "ready": ready, **more}, status)


def first_visit_is_open(request: Request) -> bool:
    """Nobody has an account yet, and the browser is on this machine: by its address and by the
    name that it asks for, through no server between, and the office has no address of its own."""
    client, public = client_address(request), running(request).configuration.server.public_url
    here = is_loopback(client) and is_loopback(host_name(request))
    direct = not any(name in request.headers for name in _FORWARDED)
    if not (here and direct and (not public or is_loopback(urlsplit(public).hostname or ""))):
        return False
    with reading(running(request).db) as session:
        return not any_account(session)


def _first_visit(request: Request) -> None:
    if not first_visit_is_open(request):
        raise HTTPException(404)


def _form(request: Request, template: str, context: dict[str, Any], status: int = 200) -> Response:
    """A form before there is a session: its secret is in a cookie of its own."""
    secret = cookie(request, FORM) or secrets.token_urlsafe(32)
    request.state.form_secret = secret
    answer = templates.TemplateResponse(request, template, context, status)
    give(request, answer, FORM, secret)
    return answer


def signed_in(request: Request, process: Running, account: Account, now: Now, to: str) -> Response:
    """A new session in this browser, and on to where he wanted to be."""
    assert account.id is not None
    with writing(process.db) as session:
        if before := cookie(request, SESSION):
            end_session(session, before)
        id_ = begin_session(session, account.id, now)
    answer = RedirectResponse(to, 303)
    give(request, answer, SESSION, id_)
    take_back(request, answer, FORM)
    return answer


def _signed_out(request: Request) -> Response:
    answer = RedirectResponse("/sign-in", 303)
    take_back(request, answer, SESSION)
    return answer


def _person(viewer: Viewer) -> Account:
    assert viewer.account is not None  # the operation asks for Permission.OWN
    return viewer.account


def inside(address: str) -> str:
    """Where to go after signing in: an address of ours, and no other site's."""
    return address if address.startswith("/") and address[1:2] not in ("/", "\\") else "/"


def client_address(request: Request) -> str:
    """The address of the client, where it is one."""
    try:
        return str(ip_address(request.client.host)) if request.client else ""
    except ValueError:
        return ""
