"""/callbacks/wecom/{channel}: what WeCom sends to an application. The signature is the credential."""

from asyncio import to_thread
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request
from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.card_clicks import CardClicks, click_of
from api.dependencies import Now, running
from api.limited_body import limited_body
from api.wecom_callback import NotGenuine, Signature, fields, opened
from engine.clicks import Click, store
from engine.database import writing
from notifiers.wecom_application import WecomApplication
from notifiers.wecom_card import BUTTON

router = APIRouter(prefix="/callbacks/wecom")
_LARGEST = 64 * 1024


def _application(channel: str, request: Request) -> WecomApplication:
    found = running(request).current.agency().channels.get(channel)
    if not isinstance(found, WecomApplication) or found.callback is None:
        raise HTTPException(404)
    return found


def _signature(request: Request) -> Signature:
    given = (request.query_params.get(name, "") for name in ("msg_signature", "timestamp", "nonce"))
    return Signature(*given)


Application = Annotated[WecomApplication, Depends(_application)]
Signed = Annotated[Signature, Depends(_signature)]


@router.get("/{channel}", include_in_schema=False)
async def verify(application: Application, signed: Signed, request: Request) -> Response:
    """WeCom checks the address: the answer is the text that it encrypted, and nothing else."""
    encrypted = request.query_params.get("echostr", "")
    return Response(_opened(application, encrypted, signed), media_type="text/plain")


@router.post("/{channel}", include_in_schema=False)
async def receive(
    channel: str,
    application: Application,
    signed: Signed,
    request: Request,
    after: BackgroundTasks,
    now: Now,
) -> Response:
    """An event: kept, answered with nothing, and handled after that. WeCom waits for 5 seconds."""
    body = await limited_body(request, _LARGEST)
    try:
        encrypted = fields(body).get("Encrypt", "")
        told = fields(_opened(application, encrypted, signed))
    except NotGenuine:
        raise HTTPException(403) from None
    if told.get("Event") == "template_card_event" and told.get("EventKey") == BUTTON:
        await to_thread(_store, running(request).db, click_of(channel, told, now))
        clicks: CardClicks = request.app.state.card_clicks
        after.add_task(clicks.finish)
    return Response(background=after)


def _store(db: Engine, click: Click) -> None:
    with writing(db) as session:
        store(session, click)


def _opened(application: WecomApplication, encrypted: str, signed: Signature) -> bytes:
    assert application.callback
    try:
        return opened(application.callback, application.corp_id, encrypted, signed)
    except NotGenuine:
        raise HTTPException(403) from None
