"""Idempotency-Key: a POST that is sent again with its key is answered again, and does nothing twice.

The key belongs to who asks; the same key with another address or body is a slip. Only what was
done is kept: what was refused changed nothing, and may be sent again, put right, under its key.
"""

import re
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable, Coroutine
from hashlib import sha256
from typing import Any

from fastapi import Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute, APIRouter
from sqlmodel import Session
from starlette.responses import Response

from api.errors import BadInput, Refused
from engine import kept_answers
from engine.database import recording
from engine.kept_answers import Claim, KeptAnswer

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
PATTERN = "^[!-~]{1,255}$"
_OURS = "/api/v1/"
# What is asked or answered here is not kept: passwords, and a token that is shown once.
SECRET = ("/api/v1/accounts", "/api/v1/tokens", "/api/v1/feeds")


class Replayed(Exception):
    """This was answered before; carries the answer."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__()
        self.response = Response(
            answer.body, answer.status or 200, {REPLAYED: "true"}, "application/json"
        )


class Room(APIRouter):
    """A router whose answers are kept where the request has a key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=_Route, **options)


class _Route(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            response = await handle(request)
            session: Session | None = getattr(request.state, "session", None)
            if _open_claim(request) and session:  # the request's transaction, not committed yet
                _keep(session, request, response)
            return response

        return handler


async def once(request: Request) -> AsyncIterator[None]:
    """For the application: claims the key before the route's own transaction begins, and gives it
    back, after that has ended, where nothing was done. Raises Replayed, Refused, BadInput."""
    key = _key(request)
    if key is None:
        yield
        return
    db, now = request.app.state.running.db, request.app.state.read_clock()
    fingerprint = await _fingerprint(request)

    def claimed() -> Claim | KeptAnswer | None:
        with recording(db) as session:
            return kept_answers.claim(session, _who(request), key, fingerprint, now)

    def release(claim: Claim) -> None:
        with recording(db) as session:
            kept_answers.release(session, claim)

    found = await to_thread(claimed)
    if not isinstance(found, Claim):
        raise _instead(found, fingerprint)
    request.state.claim = found
    try:
        yield
    except BaseException:
        await to_thread(release, found)
        raise
    if not found.answered:
        await to_thread(release, found)


def answered(request: Request, session: Session, row: Any, status: int = 200) -> Response:
    """The answer of a route that has a transaction of its own, kept in that transaction."""
    response = JSONResponse(jsonable_encoder(row), status)
    if _open_claim(request):
        _keep(session, request, response)
    return response


def _open_claim(request: Request) -> bool:
    claim: Claim | None = getattr(request.state, "claim", None)
    return claim is not None and not claim.answered


def _keep(session: Session, request: Request, response: Response) -> None:
    """Raises Refused, so that nothing is changed, where another request has the key by now."""
    if not 200 <= response.status_code < 300:
        return
    session.flush()
    body = bytes(response.body).decode()
    if not kept_answers.keep(session, request.state.claim, response.status_code, body):
        raise _running()


def _key(request: Request) -> str | None:
    path: str = request.scope["path"]
    if request.method != "POST" or not path.startswith(_OURS) or HEADER not in request.headers:
        return None
    if len(request.headers.getlist(HEADER)) > 1:
        raise BadInput(f"{HEADER}：写了不止一次，请只留一个")
    key = request.headers[HEADER]
    if not re.fullmatch(PATTERN, key):
        raise BadInput(f"{HEADER}：应是 1 到 255 个可见的 ASCII 字符，例如一个 UUID")
    if path.startswith(SECRET):
        raise BadInput(f"{HEADER}：这里的内容或答复含有密码、令牌，不留存，请去掉")
    return key


def _who(request: Request) -> str:
    viewer = request.state.viewer
    return f"account {viewer.account.id}" if viewer.account else f"token {viewer.token_id}"


async def _fingerprint(request: Request) -> str:
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return sha256(asked + await request.body()).hexdigest()


def _running() -> Refused:
    text = "带这个 Idempotency-Key 的请求正在办理，请稍后再发"
    return Refused(409, "request_in_progress", text, {"Retry-After": "1"})


def _instead(found: KeptAnswer | None, fingerprint: str) -> Exception:
    if found and found.fingerprint != fingerprint:
        text = "这个 Idempotency-Key 已用于内容不同的请求，没有办理；新的请求请换一个"
        return Refused(422, "idempotency_key_reused", text)
    if found and found.status is not None:
        return Replayed(found)
    return _running()
