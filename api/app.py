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

from api import health, oidc_pages, pages, problems, sign_in_pages
from api.body_limit import BodyLimit
from api.card_clicks import CardClicks
from api.dependencies import Running, asked_once
from api.forms import genuine
from api.guard import Guard
from api.interface_description import describe
from api.rates import PER_MINUTE, Rates
from api.routes import (
    bounces,
    callbacks,
    catalogue,
    channels,
    deliveries,
    documents,
    events,
    links,
    obligations,
    people,
    proposals,
    work_calendar,
    workdays,
)
from engine.clock import read_clock


def create_app(
    running: Running, now: Callable[[], datetime] = read_clock, per_minute: int = PER_MINUTE
) -> FastAPI:
    """The application over one database. `now` is the clock of the requests, of which one asker may
    make `per_minute`."""

    clicks = CardClicks(running, now)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        running.clock.start()
        rounds = create_task(clicks.keep_finishing())
        yield
        rounds.cancel()
        await gather(rounds, return_exceptions=True)
        await to_thread(running.clock.stop)  # it waits for its thread, and closes a loop of its own

    app = FastAPI(
        title="Qixian 期限",
        version=version("qixian"),
        lifespan=life,
        docs_url=None,  # their assets would come from outside; the intranet has no internet
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(genuine), Depends(asked_once)],
    )
    app.state.running, app.state.read_clock, app.state.card_clicks = running, now, clicks
    app.state.rates = Rates()
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard, per_minute=per_minute)  # outermost: it asks who, before all else
    problems.install(app)
    app.include_router(health.router)
    for open_door in (links, callbacks):  # the link, or the signature, is the credential
        app.include_router(open_door.router)
    for room in (
        obligations,
        events,
        documents,
        proposals,
        catalogue,
        deliveries,
        people,
        bounces,
        channels,
        work_calendar,
        workdays,
    ):
        app.include_router(room.router, prefix="/api/v1")
    app.include_router(sign_in_pages.router)
    app.include_router(oidc_pages.router)
    app.include_router(pages.router)
    app.add_api_route("/openapi.json", _description, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    return app


async def _description(request: Request) -> dict[str, Any]:
    """The OpenAPI of the application that is asked. FastAPI keeps what it calls as long as the
    process lives, so nothing that it calls may hold an application or its database."""
    return describe(request.app)
