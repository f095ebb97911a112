"""统一身份认证登录: away to the service and back, for accounts that there are already."""

from asyncio import to_thread

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from api.cookies import OIDC
from api.dependencies import Now, running
from api.sign_in_journey import Journey
from api.sign_in_pages import client_address, sign_in_page
from engine.accounts import Account
from engine.signing_in import sign_in_vouched
from notifiers.errors import SignInFailed
from notifiers.http_client import open_client
from notifiers.oidc import Flow, OidcProvider

router = APIRouter(include_in_schema=False, prefix="/sign-in/oidc")
_JOURNEY = Journey("/sign-in/oidc", "统一身份认证", OIDC, keeps=3)


@router.get("")
async def away(request: Request, now: Now, next: str = "/") -> Response:
    """To the service; what the browser has to bring back is in a cookie."""
    flow, provider = Flow.begin(), _provider(request)
    try:
        async with open_client() as client:
            address = await provider.address(client, flow, _JOURNEY.home(request))
    except SignInFailed as refused:
        return sign_in_page(request, {"next": next, "fault": str(refused)}, 502)
    kept = [flow.state, flow.nonce, flow.verifier]
    return _JOURNEY.leave(request, address, kept, next, now)


@router.get("/return")
async def back(
    request: Request, now: Now, state: str = "", code: str = "", error: str = ""
) -> Response:
    """From the service, with a code, or with the word that it does not vouch for anybody."""
    provider = _provider(request)

    async def vouched(kept: list[str]) -> Account:
        async with open_client() as client:
            name = await provider.name(client, Flow(*kept), code, _JOURNEY.home(request), now)
        db = running(request).db
        return await to_thread(sign_in_vouched, db, name, now, client_address(request))

    return await _JOURNEY.come_back(request, now, state, "" if error else code, vouched)


def _provider(request: Request) -> OidcProvider:
    provider = running(request).configuration.oidc
    if provider is None:
        raise HTTPException(404)
    return provider
