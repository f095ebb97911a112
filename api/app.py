"""Assembles the HTTP application: routes, pages, errors, and the clock's life."""

from asyncio import create_task, gather, to_thread
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.staticfiles import StaticFiles

from api import (
    description_page,
    health,
    metrics,
    oidc_pages,
    pages,
    problems,
    sign_in_pages,
    wecom_sign_in_pages,
)
from api.body_limit import BodyLimit
from api.card_clicks import CardClicks
from api.dependencies import Running, asked_once
from api.forms import genuine
from api.guard import Guard
from api.head_requests import HeadAsGet
from api.idempotency import once
from api.interface_description import describe
from api.rates import PER_MINUTE, Rates
from api.routes import (
    accounts,
    bounces,
    callbacks,
    catalogue,
    channels,
    deliveries,
    documents,
    events,
    exports,
    feeds,
    imports,
    interpretations,
    links,
    obligations,
    people,
    proposals,
    registrations,
    statistics,
    status,
    subscriptions,
    tokens,
    work_calendar,
    workdays,
)
from engine.clock import read_clock
from engine.counted_by_unit import CountedByUnit
from engine.database import reading
from engine.loaded_texts import current_texts

OF_THE_INTERFACE = (
    exports,  # before the obligations, of which none is called `.xlsx`
    obligations,
    statistics,
    feeds,
    events,
    documents,
    proposals,
    catalogue,
    interpretations,
    registrations,
    imports,
    deliveries,
    people,
    bounces,
    channels,
    work_calendar,
    workdays,
    subscriptions,
    accounts,
    tokens,
    status,
)


def create_app(
    running: Running, now: Callable[[], datetime] = read_clock, per_minute: int = PER_MINUTE
) -> FastAPI:
    """The application over one database. `now` is the clock of the requests, of which one asker may
    make `per_minute`."""
    clicks = CardClicks(running, now)
    app = FastAPI(
        title="Qixian 期限",
        version=version("qixian"),
        lifespan=lambda _app: _life(running, clicks),
        docs_url=None,  # their assets would come from outside; the intranet has no internet
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # it would send to whatever host, and scheme, the request names
        dependencies=[Depends(genuine), Depends(asked_once), Depends(once, scope="function")],
    )
    app.state.running, app.state.read_clock, app.state.card_clicks = running, now, clicks
    app.state.rates, app.state.requests = Rates(), metrics.Requests()
    app.state.counted = CountedByUnit()
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard, per_minute=per_minute)  # it asks who, before all else
    app.add_middleware(HeadAsGet)
    problems.install(app)
    _open_doors(app)
    return app


def _open_doors(app: FastAPI) -> None:
    """All that can be asked; of two that answer to one address the first."""
    app.include_router(health.router)
    for open_door in (links, callbacks):  # the link, or the signature, is the credential
        app.include_router(open_door.router)
    app.include_router(feeds.subscribed)  # so is the address of a calendar feed
    for room in OF_THE_INTERFACE:
        app.include_router(room.router, prefix="/api/v1")
    app.include_router(sign_in_pages.router)
    app.include_router(oidc_pages.router)
    app.include_router(wecom_sign_in_pages.router)
    app.include_router(exports.router, include_in_schema=False)
    app.include_router(pages.router)
    app.include_router(metrics.router)
    app.include_router(description_page.router)
    app.add_api_route("/openapi.json", _description, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))


@asynccontextmanager
async def _life(running: Running, clicks: CardClicks) -> AsyncIterator[None]:
    running.clock.start()
    rounds = create_task(clicks.keep_finishing())
    await to_thread(_begin_reading, running)
    yield
    rounds.cancel()
    await gather(rounds, return_exceptions=True)
    running.texts.close()
    await to_thread(running.clock.stop)  # it waits for its thread, and closes a loop of its own


def _begin_reading(running: Running) -> None:
    """The loaded texts, so that the first page that shows one need not wait."""
    with reading(running.db) as session:
        running.texts.begin(current_texts(session))


async def _description(request: Request) -> dict[str, Any]:
    """The OpenAPI of the application that is asked. FastAPI keeps what it calls as long as the
    process lives, so nothing that it calls may hold an application or its database."""
    return describe(request.app)
