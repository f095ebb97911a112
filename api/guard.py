"""The one door: every request says who asks before anything else is made of it.

What is not in `api.permissions.OPERATIONS` is refused to everybody, whatever it is: a route, a
mounted folder, a web socket.
"""

from asyncio import to_thread
from datetime import datetime
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import DBAPIError
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.cookies import SESSION, cookie
from api.errors import Refused
from api.forms import SAFE, from_our_pages
from api.metrics import PATH as METRICS
from api.metrics import may_read
from api.permissions import OPERATIONS, WHOLE, Permission
from api.problems import database_refusal, is_for_people, refusal
from api.rates import PER_MINUTE, SIGN_INS_PER_MINUTE
from api.viewer import Viewer, viewer_of_session, viewer_of_token
from engine.errors import EngineError
from rules.errors import RulesError

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
_WHO = "需要登录；接口请在 Authorization 头中给出接口令牌（Bearer qx_…）"
_NOT_HIS = "您的角色（{}）不能做这件事，请联系管理员或政务公开办"


class Guard:
    """Lets through who may ask, with `request.state.viewer`; answers everybody else itself."""

    def __init__(self, app: ASGIApp, per_minute: int = PER_MINUTE) -> None:
        self._app, self._per_minute = app, per_minute

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            request = Request(scope)
            send = _with_headers(request, send)
            answer = await self._answer(request) or self._app
            await answer(scope, receive, send)
        else:  # we have no web sockets
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, request: Request) -> Response | None:
        """The answer to one who may not ask."""
        now: datetime = request.app.state.read_clock()
        exists, name = operation(request)
        asks_for = OPERATIONS.get(name)
        server = request.app.state.running.configuration.server
        if request.url.path == METRICS and may_read(server, _address(request)):
            asks_for = Permission.OPEN
        if asks_for is Permission.SIGNED:
            request.state.signed = True
            return None
        try:
            if asks_for is Permission.OPEN:
                if request.method not in SAFE or request.url.path.startswith("/sign-in/"):
                    self._count(request, f"sign-in {_address(request)}", SIGN_INS_PER_MINUTE, now)
                if request.method not in SAFE:
                    _check_origin(request)
                return None
            try:
                viewer = await _viewer(request, now)
            except Refused:  # a token that is none is counted too
                self._count(request, _address(request), self._per_minute, now)
                raise
            key = viewer.key if viewer else _address(request)
            self._count(request, key, self._per_minute, now)
            if viewer is None:
                return _who(request)
            request.state.viewer = viewer  # a refusal has the head of his pages too
            _check(request, viewer, name if exists else None)
        except Refused as refused:
            return refusal(request, refused)
        except (EngineError, RulesError, DBAPIError) as error:
            return await database_refusal(request, error)
        return None

    def _count(self, request: Request, key: str, limit: int, now: datetime) -> None:
        if wait := request.app.state.rates.wait(key, limit, now):
            text = f"请求太多，每分钟至多 {limit} 次，请在 {wait} 秒后再试"
            raise Refused(429, "too_many_requests", text, {"Retry-After": str(wait)})


def operation(request: Request) -> tuple[bool, str]:
    """Is there such an operation, and how is it called in OPERATIONS? One that is not in there is one
    that nobody has classified."""
    app: FastAPI = request.app
    path = request.scope["path"]
    for route in iter_route_contexts(app.routes):
        if route.path is None or not route.path_regex.match(path):
            continue
        if route.methods is None:
            return True, route.path
        if request.method in route.methods:
            return True, f"{request.method} {route.path}"
    return False, ""


async def _viewer(request: Request, now: datetime) -> Viewer | None:
    running = request.app.state.running
    db, agency = running.db, running.current.agency
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, text = header.partition(" ")
        token = text.strip() if scheme.lower() == "bearer" else ""
        return await to_thread(viewer_of_token, db, agency, token, now)
    id_ = cookie(request, SESSION)
    return await to_thread(viewer_of_session, db, agency, id_, now) if id_ else None


def _check(request: Request, viewer: Viewer, name: str | None) -> None:
    """Raises Refused. An address that does not exist is answered by the router, 404 or 405."""
    if viewer.account and request.method not in SAFE:
        _check_origin(request)
    if name is None or viewer.may(name):
        return
    asks_for = OPERATIONS.get(name)
    if asks_for is None:
        text = "这个地址还没有写明谁可以用，请联系管理员"
    elif asks_for in viewer.permissions:
        text = WHOLE
    elif viewer.account is None:
        text = f"接口令牌的范围（{viewer.standing}）不能做这件事，请联系管理员"
    else:
        text = _NOT_HIS.format(viewer.standing)
    raise Refused(403, "forbidden", text)


def _check_origin(request: Request) -> None:
    if not from_our_pages(request):
        raise Refused(403, "foreign_origin", "请求来自别的网站，没有处理；请从本系统的页面操作")


def _who(request: Request) -> Response:
    """A person is sent to sign in, and comes back; a program is told what is missing."""
    if request.method == "GET" and is_for_people(request):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        back = "" if asked == "/" else f"?next={quote(asked, safe='')}"
        return RedirectResponse(f"/sign-in{back}", 303)
    return refusal(request, Refused(401, "unauthorized", _WHO, {"WWW-Authenticate": "Bearer"}))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _with_headers(request: Request, send: Send) -> Send:
    """What every answer tells a browser: nothing from elsewhere, in no frame, not kept."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            request.app.state.requests.count(request.method, message["status"])
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if not request.url.path.startswith("/static/"):
                headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
