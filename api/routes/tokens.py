"""/api/v1/tokens: what other systems show"""

from datetime import timedelta
from typing import Any

from api.account_rows import NewToken, token_row
from api.dependencies import Now, Reader, Viewing, Writer, WriterAgency
from api.idempotency import Room
from api.typed_dates import day
from engine.api_tokens import add_token, get_token, list_tokens, revoke
from engine.instants import local_day

router = Room(prefix="/tokens")

USUAL = timedelta(days=365)


@router.get("")
async def tokens(session: Reader, viewer: Viewing) -> dict[str, Any]:
    """接口令牌 by name, those that are over too, without the tokens themselves."""
    return {"items": [token_row(row) for row in list_tokens(session) if viewer.sees(row.unit)]}


@router.post("", status_code=201)
async def add(
    asked: NewToken, session: Writer, agency: WriterAgency, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """A new token: `token` is shown here and never again."""
    viewer.check_own(asked.unit or "")
    row, text = add_token(
        session,
        agency.units,
        name=asked.name,
        scope=asked.scope,
        unit=asked.unit or "",
        expires=day(asked.expires, "expires ") if asked.expires else local_day(now) + USUAL,
        by=viewer.login,
        now=now,
    )
    return {"token": text} | token_row(row)


@router.post("/{name}/revoke")
async def end(name: str, session: Writer, now: Now, viewer: Viewing) -> dict[str, Any]:
    """吊销, at once and for good."""
    row = get_token(session, name)
    viewer.check_own(row.unit)
    revoke(session, row, by=viewer.login, now=now)
    return token_row(row)
