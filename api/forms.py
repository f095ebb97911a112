"""That a form was ours: each carries a token that is made of a secret in the browser's cookie."""

import secrets
from collections.abc import AsyncIterator
from hashlib import sha256
from urllib.parse import urlsplit

from fastapi import Request

from api.cookies import FORM, cookie
from api.errors import Refused

FIELD, HEADER = "csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def form_token(secret: str) -> str:
    """What goes into the form. The secret cannot be found from it."""
    return sha256(f"csrf:{secret}".encode()).hexdigest() if secret else ""


async def genuine(request: Request) -> AsyncIterator[None]:
    """Raises Refused when a browser's request that changes something lacks the form's token. Lets
    go of the files of the form when the request is answered.

    What comes with an API token needs none: no other site can make a browser send that. Nor does what
    carries its own signature: the browser adds nothing of itself to it.
    """
    try:
        await _check(request)
        yield
    finally:
        await request.close()


async def _check(request: Request) -> None:
    if getattr(request.state, "signed", False):
        return
    viewer = getattr(request.state, "viewer", None)
    if request.method in SAFE or (viewer and viewer.account is None):
        return
    secret = viewer.session_id if viewer else cookie(request, FORM)
    given = request.headers.get(HEADER, "")
    if not given and request.headers.get("content-type", "").startswith(_FORMS):
        value = (await request.form()).get(FIELD)
        given = value if isinstance(value, str) else ""
    if not secret or not secrets.compare_digest(given.encode(), form_token(secret).encode()):
        raise Refused(403, "stale_form", "这个页面已过期，请返回刷新后再试（接口请用接口令牌）")


def from_our_pages(request: Request) -> bool:
    """Does the browser say that one of our own pages asks? One that says nothing is not refused
    here: the form's token decides."""
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    public = urlsplit(request.app.state.running.configuration.server.public_url)
    own = {request.headers.get("host", ""), public.netloc} - {""}
    return urlsplit(origin).netloc in own
