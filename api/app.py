"""Assembles the HTTP application: routes, pages, errors, and the clock's life."""

from asyncio import create_task, gather, to_thread
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api import oidc_pages, pages, problems, sign_in_pages
from api.body_limit import BodyLimit
from api.card_clicks import CardClicks
from api.dependencies import Now, Reader, Running, asked_once
from api.forms import genuine
from api.guard import Guard
from api.interface_description import describe
from api.rates import PER_MINUTE, Rates
from api.refusals import database_in_words
from api.routes import (
    bounces,
    callbacks,
    catalogue,
    channels,
    deliveries,
    documents,
    events,
    imports,
    links,
    obligations,
    people,
    proposals,
    registrations,
    work_calendar,
    workdays,
)
from engine.clock import read_clock
from engine.errors import BadDatabase

STALE = timedelta(minutes=5)


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
    app.include_router(_health(running))
    for open_door in (links, callbacks):  # the link, or the signature, is the credential
        app.include_router(open_door.router)
    for room in (
        obligations,
        events,
        documents,
        proposals,
        catalogue,
        registrations,
        imports,
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
    app.add_api_route("/openapi.json", lambda: describe(app), include_in_schema=False)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    return app


def _health(running: Running) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz(session: Reader, now: Now) -> Any:
        """The database answers and the clock ticks."""
        try:
            session.execute(text("SELECT 1 FROM slot LIMIT 1"))
        except (BadDatabase, DBAPIError) as error:
            return problems.problem(503, "database_unavailable", database_in_words(error))
        last = running.clock.last_tick
        if last is None or abs(now - last) > STALE:
            return problems.problem(
                503, "clock_stopped", "时钟没有走动，提醒可能没有发出，请查看服务日志"
            )
        return JSONResponse({"status": "ready", "last_tick": last.isoformat()})

    return router
