"""系统·接口令牌: what other systems show instead of signing in."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, Now, Viewing, running
from api.errors import BadInput
from api.rendering import templates
from api.typed_dates import day
from api.viewer import Viewer
from engine.agency import Agency
from engine.api_tokens import SCOPE_NAMES, Scope, add_token, list_tokens, revoke, token_by_id
from engine.database import reading, writing
from engine.errors import BadAccount
from engine.instants import local_day

router = APIRouter()
Filled = Annotated[str, Form()]
SAID = {"revoked": "接口令牌已吊销，随即失效。"}
USUAL = timedelta(days=365)


@router.get("/system/tokens")
def system_tokens(request: Request, agency: AgencyNow, viewer: Viewing, said: str = "") -> Response:
    """系统·接口令牌."""
    return _list(request, agency, viewer, {"said": SAID.get(said)})


@router.post("/system/tokens")
def add_or_revoke(
    request: Request,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
    token: Annotated[int | None, Form()] = None,
    name: Filled = "",
    scope: Filled = "",
    unit: Filled = "",
    expires: Filled = "",
) -> Response:
    """吊销 the `token`; without one a new token, whose text is on this page and nowhere else."""
    filled = {"name": name, "scope": scope, "unit": unit, "expires": expires}
    try:
        with writing(running(request).db) as session:
            if token is not None:
                row = token_by_id(session, token)
                viewer.check_own(row.unit)
                revoke(session, row, by=viewer.login, now=now)
                return RedirectResponse("/system/tokens?said=revoked", 303)
            viewer.check_own(unit)
            _, text = add_token(
                session,
                agency.units,
                name=name,
                scope=_scope(scope),
                unit=unit,
                expires=day(expires, "有效期至"),
                by=viewer.login,
                now=now,
            )
    except (BadAccount, BadInput) as refused:
        return _list(request, agency, viewer, {"filled": filled, "fault": str(refused)}, 422)
    answer = _list(request, agency, viewer, {"token": text, "token_name": name}, 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _list(
    request: Request, agency: Agency, viewer: Viewer, given: Mapping[str, Any], status: int = 200
) -> Response:
    with reading(running(request).db) as session:
        tokens = [one for one in list_tokens(session) if viewer.sees(one.unit)]
    shown = {
        "tokens": tokens,
        "scopes": SCOPE_NAMES,
        "units": {id_: one.name for id_, one in agency.units.items() if viewer.sees(id_)},
        "all_units": viewer.units is None,
        "usual": USUAL,
        "last_day": lambda one: local_day(one.expires_at - timedelta(days=1)),
        "filled": {},
        **given,
    }
    return templates.TemplateResponse(request, "system_tokens.html", shown, status)


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:
        raise BadInput("请选择范围") from None
