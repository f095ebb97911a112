"""统一身份认证登录: away to the service and back, for accounts that there are already."""

import json
import secrets
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from api.cookies import OIDC, cookie, give, take_back
from api.dependencies import Now, running
from api.sign_in_pages import client_address, inside, sign_in_page, signed_in
from engine.errors import NotSignedIn
from engine.signing_in import sign_in_vouched
from notifiers.errors import SignInFailed
from notifiers.http_client import open_client
from notifiers.oidc import Flow, OidcProvider

router = APIRouter(include_in_schema=False, prefix="/sign-in/oidc")


@router.get("")
async def away(request: Request, next: str = "/") -> Response:
    """To the service; what the browser has to bring back is in a cookie."""
    flow, provider = Flow.begin(), _provider(request)
    try:
        async with open_client() as client:
            address = await provider.address(client, flow, _back(request))
    except SignInFailed as refused:
        return sign_in_page(request, {"next": next, "fault": str(refused)}, 502)
    answer = RedirectResponse(address, 303)
    kept = json.dumps([flow.state, flow.nonce, flow.verifier, inside(next)])
    give(request, answer, OIDC, kept.encode().hex())
    return answer


@router.get("/return")
async def back(
    request: Request, now: Now, state: str = "", code: str = "", error: str = ""
) -> Response:
    """From the service, with a code, or with the word that it does not vouch for anybody."""
    provider, kept = _provider(request), _kept(cookie(request, OIDC))
    if not kept or not secrets.compare_digest(kept[0].encode(), state.encode()):
        return _failed(request, "这次登录已过期，请重新登录")
    if error or not code:
        return _failed(request, "统一身份认证没有让您登录，请再试一次，或者用密码登录")
    try:
        async with open_client() as client:
            name = await provider.name(client, Flow(*kept[:3]), code, _back(request), now)
        process = running(request)
        account = sign_in_vouched(process.db, name, now, client_address(request))
    except (SignInFailed, NotSignedIn) as refused:
        return _failed(request, str(refused))
    answer = signed_in(request, process, account, now, inside(kept[3]))
    take_back(request, answer, OIDC)
    return answer


def _provider(request: Request) -> OidcProvider:
    provider = running(request).configuration.oidc
    if provider is None:
        raise HTTPException(404)
    return provider


def _back(request: Request) -> str:
    """Our own address, as the service was told to expect it."""
    base = running(request).configuration.server.public_url or str(request.base_url)
    return base.rstrip("/") + "/sign-in/oidc/return"


def _kept(value: str) -> list[str]:
    try:
        kept: Any = json.loads(bytes.fromhex(value))
    except ValueError:
        return []
    good = isinstance(kept, list) and len(kept) == 4 and all(isinstance(one, str) for one in kept)
    return kept if good else []


def _failed(request: Request, fault: str) -> Response:
    answer = sign_in_page(request, {"next": "/", "fault": fault}, 401)
    take_back(request, answer, OIDC)
    return answer
