"""/docs: the interface's description to look at and to try, with Swagger UI.

Its assets come from the package fastapi-offline and are served by us: the intranet has no internet.
It is the one page with a script; the policy of this path allows files of ours, and nothing inline.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.rendering import templates

# Swagger UI sets styles through the DOM, which no policy forbids, and its pictures are data: URLs.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def description(request: Request) -> Response:
    """The page; what is tried there goes out with the session and the token of its forms."""
    headers = {"Content-Security-Policy": _POLICY}
    return templates.TemplateResponse(request, "docs.html", {}, headers=headers)


@router.get("/docs/assets/{name}")
async def asset(
    name: Literal["swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"],
) -> Response:
    """One of its files."""
    return FileResponse(_folder() / name, headers={"Cache-Control": "private, max-age=86400"})


def _folder() -> Path:
    """Where they lie. The package itself is not loaded."""
    found = find_spec("fastapi_offline")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "static"
