"""What the routes ask for: the configuration, a session, the clock, and that somebody may ask."""

import secrets
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlalchemy import Engine
from sqlmodel import Session

from api.configuration import Configuration
from engine.agency import Agency
from engine.clock import Clock
from engine.database import reading, writing
from engine.workdays import WorkCalendar

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Running:
    """What one process of the daemon holds."""

    configuration: Configuration
    db: Engine
    calendar: WorkCalendar
    clock: Clock


def running(request: Request) -> Running:
    """The process's own things."""
    found: Running = request.app.state.running
    return found


async def allowed(request: Request) -> None:
    """Raises 401 without the token, 403 for a foreign host name where there is no token.

    A browser gives the token as the password of the dialogue that the 401 opens. The host
    name is checked because a foreign page can make a browser ask 127.0.0.1 under its own name.
    """
    token = running(request).configuration.token
    if not token:
        if request.url.hostname not in LOOPBACK:
            raise HTTPException(403)
        return
    given = _given(request.headers.get("authorization", ""))
    if not secrets.compare_digest(given.encode(), token.encode()):
        raise HTTPException(401, headers={"WWW-Authenticate": 'Basic realm="Qixian"'})


def _given(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return b64decode(value).decode().partition(":")[2]
        except ValueError:
            return ""
    return ""


async def _now(request: Request) -> datetime:
    """The clock, read once a request."""
    now: datetime = request.app.state.read_clock()
    return now


async def _agency(request: Request) -> Agency:
    return running(request).configuration.agency


async def _calendar(request: Request) -> WorkCalendar:
    return running(request).calendar


async def _reader(request: Request) -> AsyncIterator[Session]:
    with reading(running(request).db) as session:
        yield session


async def _writer(request: Request) -> AsyncIterator[Session]:
    with writing(running(request).db) as session:
        yield session


AgencyNow = Annotated[Agency, Depends(_agency)]
CalendarNow = Annotated[WorkCalendar, Depends(_calendar)]
Now = Annotated[datetime, Depends(_now)]
Reader = Annotated[Session, Depends(_reader)]
Writer = Annotated[Session, Depends(_writer, scope="function")]
