"""企业微信登录: away to WeCom and back, for accounts to which a userid is bound."""

import secrets
from asyncio import to_thread
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from api.cookies import WECOM
from api.dependencies import Now, running
from api.sign_in_journey import Journey
from api.sign_in_pages import client_address
from engine.accounts import Account
from engine.signing_in import sign_in_by_wecom
from notifiers.http_client import open_client
from notifiers.wecom_sign_in import WecomSignIn, in_client

router = APIRouter(include_in_schema=False, prefix="/sign-in/wecom")
_JOURNEY = Journey("/sign-in/wecom", "企业微信", WECOM, keeps=1)


@router.get("")
async def away(request: Request, now: Now, next: str = "/") -> Response:
    """To WeCom: in a browser to its QR code, inside its client on at once."""
    state = secrets.token_hex(32)
    address = _service(request).address(state, _JOURNEY.home(request), _agent(request))
    return _JOURNEY.leave(request, address, [state], next, now)


@router.get("/return")
async def back(request: Request, now: Now, state: str = "", code: str = "") -> Response:
    """From WeCom, without a code where he did not agree."""
    service = _service(request)

    async def vouched(_: list[str]) -> Account:
        async with open_client() as client:
            user = await service.user(client, code, now)
        db = running(request).db
        return await to_thread(sign_in_by_wecom, db, user, now, client_address(request))

    return await _JOURNEY.come_back(request, now, state, code, vouched)


def way_from(request: Request) -> str:
    """The path by which whoever opened this page inside WeCom signs in and comes back to it; empty
    elsewhere, and where this way is not configured."""
    if running(request).configuration.wecom_sign_in is None or not in_client(_agent(request)):
        return ""
    return f"/sign-in/wecom?next={quote(request.url.path, safe='')}"


def _service(request: Request) -> WecomSignIn:
    service = running(request).configuration.wecom_sign_in
    if service is None:
        raise HTTPException(404)
    return service


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")
