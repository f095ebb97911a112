"""登录 at a service that vouches for people: away to it, and back again in the same browser."""

import json
import secrets
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from api.cookies import cookie, give, take_back
from api.dependencies import running
from api.sign_in_pages import inside, sign_in_page, signed_in
from engine.accounts import Account
from engine.errors import NotSignedIn
from notifiers.errors import SignInFailed

LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class Journey:
    """To one service: `path` is where it begins and `name` what people call the service; in between
    the cookie `cookie` keeps `keeps` texts, of which the first is the state."""

    path: str
    name: str
    cookie: str
    keeps: int

    def home(self, request: Request) -> str:
        """Our own address, as the service was told to expect it."""
        base = running(request).configuration.server.public_url or str(request.base_url)
        return f"{base.rstrip('/')}{self.path}/return"

    def leave(
        self, request: Request, address: str, kept: list[str], to: str, now: datetime
    ) -> Response:
        """To the service at `address`; `to` is where he wanted to be here."""
        answer = RedirectResponse(address, 303)
        value = json.dumps([now.isoformat(), to, *kept])
        give(request, answer, self.cookie, value.encode().hex(), LASTS)
        return answer

    async def come_back(
        self,
        request: Request,
        now: datetime,
        state: str,
        code: str,
        vouched: Callable[[list[str]], Awaitable[Account]],
    ) -> Response:
        """From the service, with a code, or without one where it does not vouch for him. `vouched`
        gives the account by what was kept, or raises SignInFailed, NotSignedIn."""
        to, *kept = self._kept(request, now) or ["/"]
        if not kept or not secrets.compare_digest(kept[0].encode(), state.encode()):
            return self._failed(request, "这次登录已过期，请重新登录", "/")
        if not code:
            fault = f"{self.name}没有让您登录，请再试一次，或者用密码登录"
            return self._failed(request, fault, to)
        try:
            account = await vouched(kept)
        except (SignInFailed, NotSignedIn) as refused:
            return self._failed(request, str(refused), to)
        answer = await to_thread(signed_in, request, running(request), account, now, inside(to))
        take_back(request, answer, self.cookie)
        return answer

    def _kept(self, request: Request, now: datetime) -> list[str]:
        """Where he wanted to be and the secrets; nothing where it is not ours, or too old."""
        try:
            begun, *kept = json.loads(bytes.fromhex(cookie(request, self.cookie)))
            fresh = now - datetime.fromisoformat(begun) < LASTS
            "".join(kept).encode()  # texts, and such as can be compared and shown
        except (ValueError, TypeError, RecursionError):
            return []
        return kept if len(kept) == 1 + self.keeps and fresh else []

    def _failed(self, request: Request, fault: str, to: str) -> Response:
        answer = sign_in_page(request, {"next": to, "fault": fault}, 401)
        take_back(request, answer, self.cookie)
        return answer
