"""What the routes ask for: the configuration, a session, the clock, and who asks."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Engine
from sqlmodel import Session

from api.configuration import Configuration
from api.errors import BadInput
from api.read_texts import ReadTexts
from api.viewer import Viewer
from engine.agency import Agency
from engine.clock import Clock
from engine.current_agency import CurrentAgency
from engine.database import reading, writing
from engine.imported_notices import imported_notices
from engine.workdays import WorkCalendar

_HOST = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?|([A-Za-z0-9.-]+)(?::[0-9]+)?")


@dataclass(frozen=True)
class Running:
    """What one process of the daemon holds."""

    configuration: Configuration
    db: Engine
    clock: Clock
    current: CurrentAgency
    texts: ReadTexts = field(default_factory=ReadTexts)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # of the requests that write


def running(request: Request) -> Running:
    """The process's own things."""
    found: Running = request.app.state.running
    return found


def host_name(request: Request) -> str:
    """The host that was asked for, without its port; nothing where the header is malformed.

    A foreign page can make a browser ask 127.0.0.1 under the page's own name.
    """
    # Of a malformed header request.url would show our own address instead.
    host = _HOST.fullmatch(request.headers.get("host", ""))
    return (host[1] or host[2]) if host else ""


def is_loopback(host: str) -> bool:
    """Does a host name or address mean this machine?"""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


async def viewing(request: Request) -> Viewer:
    """Who asks: the guard has let him in."""
    viewer: Viewer = request.state.viewer
    return viewer


async def asked_once(request: Request) -> None:
    """Raises BadInput: of a filter that is given twice, one would be left out silently."""
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name in seen:
            raise BadInput(f"{name}：写了不止一次，请只留一个")
        seen.add(name)


async def _now(request: Request) -> datetime:
    """The clock, read once a request."""
    now: datetime = request.app.state.read_clock()
    return now


async def _agency(request: Request) -> Agency:
    return running(request).current.agency()


async def _calendar(request: Request) -> WorkCalendar:
    clock = running(request).clock
    clock.renew_calendar()  # another process may have taken a notice since the last tick
    return clock.calendar


async def _reader(request: Request) -> AsyncIterator[Session]:
    with reading(running(request).db) as session:
        yield session


async def _writer(request: Request) -> AsyncIterator[Session]:
    """One of those who wait for the lock waits in a thread, the others behind him: whoever only asks
    is answered meanwhile."""
    process = running(request)
    async with process.turn:
        with ExitStack() as opened:
            session = await run_in_threadpool(_alone, opened, process.db)
            request.state.session = session  # the answer is kept in it, see api.idempotency
            yield session


def _alone(opened: ExitStack, db: Engine) -> Session:
    session = opened.enter_context(writing(db))
    session.connection()  # where SQLite waits
    return session


async def _calendar_of_writer(
    request: Request, session: Annotated[Session, Depends(_writer, scope="function")]
) -> WorkCalendar:
    """Read in the writing transaction, which it begins: no notice comes in between this calendar and
    the commit, or a date would stay on the old one with nothing left to move it."""
    return running(request).clock.calendar.knowing(imported_notices(session))


async def _agency_of_writer(
    request: Request, session: Annotated[Session, Depends(_writer, scope="function")]
) -> Agency:
    """As the writing transaction sees it, which it begins: what was registered or decided while it
    waited for its turn counts, or an event would miss a duty and nothing would ever make up for it."""
    return running(request).current.agency_in(session)


AgencyNow = Annotated[Agency, Depends(_agency)]
CalendarNow = Annotated[WorkCalendar, Depends(_calendar)]
Now = Annotated[datetime, Depends(_now)]
Reader = Annotated[Session, Depends(_reader)]
Writer = Annotated[Session, Depends(_writer, scope="function")]
WriterAgency = Annotated[Agency, Depends(_agency_of_writer, scope="function")]
WriterCalendar = Annotated[WorkCalendar, Depends(_calendar_of_writer, scope="function")]
Viewing = Annotated[Viewer, Depends(viewing)]
