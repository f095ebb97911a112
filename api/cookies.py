"""Cookies: of the session, and of a form that is filled in before there is one."""

from datetime import timedelta
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from engine.web_sessions import LONGEST

SESSION, FORM = "qixian", "qixian-form"
OIDC, WECOM = "qixian-oidc", "qixian-wecom"  # while somebody is at the service that vouches for him


def cookie(request: Request, name: str) -> str:
    """What the browser sent, or nothing."""
    return request.cookies.get(_full(request, name), "")


def give(
    request: Request, response: Response, name: str, value: str, lasts: timedelta = LONGEST
) -> None:
    """A cookie that scripts cannot read and that other sites cannot send."""
    response.set_cookie(
        _full(request, name),
        value,
        max_age=int(lasts.total_seconds()),
        secure=_secure(request),
        httponly=True,
        samesite="lax",
    )


def take_back(request: Request, response: Response, name: str) -> None:
    """Let the browser forget it."""
    response.delete_cookie(
        _full(request, name), secure=_secure(request), httponly=True, samesite="lax"
    )


def _full(request: Request, name: str) -> str:
    """Of a name with `__Host-` the browser knows that no other host has set it."""
    return f"__Host-{name}" if _secure(request) else name


def _secure(request: Request) -> bool:
    """Did it come over https, to us or to the server before us?"""
    public = urlsplit(request.app.state.running.configuration.server.public_url)
    at_public = public.scheme == "https" and request.headers.get("host") == public.netloc
    return request.url.scheme == "https" or at_public
