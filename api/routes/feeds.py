"""/api/v1/feeds, and /feeds/{token}.ics: the address is the credential."""

import logging
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from api.dependencies import (
    AgencyNow,
    CalendarNow,
    Now,
    Reader,
    Running,
    Viewing,
    Writer,
    WriterAgency,
    running,
)
from api.errors import Refused
from api.feed_rows import NewFeed, address_of, feed_row, new_feed, own_feed, own_feeds
from api.idempotency import Room
from api.schemas import RowId
from engine.database import noting, reading
from engine.feed_calendar import mark_of, text_of
from engine.feeds import USED_EVERY, Feed, ended, feed_of, list_feeds, revoke_feed, used

log = logging.getLogger(__name__)
router = Room(prefix="/feeds")
subscribed = APIRouter(include_in_schema=False)
PER_MINUTE = 30  # of one address; who follows the feed's own wish asks once an hour
UNKNOWN_PER_MINUTE = 30  # of one client, for addresses that do not exist


@router.get("")
async def feeds(session: Reader, agency: AgencyNow, now: Now, viewer: Viewing) -> dict[str, Any]:
    """日历订阅 that one made and did not revoke; an administrator of all units sees everybody's."""
    found = list_feeds(session, own_feeds(viewer))
    return {"items": [feed_row(session, agency, feed, now) for feed in found]}


@router.post("", status_code=201)
async def add(
    asked: NewFeed,
    request: Request,
    session: Writer,
    agency: WriterAgency,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """A new feed. Its address is in this answer, and in none after it."""
    feed, token = new_feed(session, agency, viewer, asked, now)
    return feed_row(session, agency, feed, now) | {"address": address_of(request, token)}


@router.post("/{feed_id}/revoke")
async def revoke(
    feed_id: RowId, session: Writer, agency: WriterAgency, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """吊销: whoever subscribes to it reads nothing from now on."""
    feed = own_feed(session, viewer, feed_id)
    revoke_feed(session, feed, by=viewer.acts_as(None), now=now)
    return feed_row(session, agency, feed, now)


# Not `async`: to make a long feed takes a second, and nobody else is to wait for it.
@subscribed.get("/feeds/{token}.ics")
def calendar(
    token: str, request: Request, agency: AgencyNow, calendar: CalendarNow, now: Now
) -> Response:
    """The feed as iCalendar, or 304 where it is what the reader has already."""
    held = running(request)
    with reading(held.db) as session:
        feed = feed_of(session, token)
        over = ended(session, agency, feed, now) if feed else ""
        _count(request, feed, now)
        if feed is None or over:
            why = f"（{over}）" if over else ""
            raise Refused(
                404, "not_found", f"没有这个日历订阅{why}，请登录后在“日历”的“订阅到日历软件”中另建"
            )
        mark = mark_of(session, agency, calendar, feed, now)
        headers = {
            "ETag": f'"{mark.text}"',
            "Last-Modified": format_datetime(mark.changed_at, usegmt=True),
            "Cache-Control": "private, no-cache",  # keep it, and ask each time whether it holds
            "X-Robots-Tag": "noindex",
            "Referrer-Policy": "no-referrer",
        }
        known = _known(request, mark.text)
        text = "" if known else text_of(session, agency, calendar, feed, now)
    _note(held, feed, now)
    if known:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = "inline; filename=qixian.ics"
    return Response(text, headers=headers, media_type="text/calendar; charset=utf-8")


def _known(request: Request, mark: str) -> bool:
    """Has the reader got it? If-Modified-Since is not asked: a name that changed leaves the time
    as it was."""
    held = request.headers.get("if-none-match", "")
    tags = [tag.strip().removeprefix("W/") for tag in held.split(",")]
    return "*" in tags or f'"{mark}"' in tags


def _count(request: Request, feed: Feed | None, now: datetime) -> None:
    """Raises Refused for who asks too often; the guard leaves what carries its own credential alone."""
    client = request.client.host if request.client else ""
    key, limit = (
        (f"feed {feed.id}", PER_MINUTE) if feed else (f"no feed {client}", UNKNOWN_PER_MINUTE)
    )
    if wait := request.app.state.rates.wait(key, limit, now):
        text = f"读取太频繁，每分钟至多 {limit} 次，请在 {wait} 秒后再试"
        raise Refused(429, "too_many_requests", text, {"Retry-After": str(wait)})


def _note(held: Running, feed: Feed, now: datetime) -> None:
    """That it is in use; a database that cannot take this just now answers all the same."""
    if feed.id is None or (feed.last_used_at and now < feed.last_used_at + USED_EVERY):
        return
    try:
        with noting(held.db) as session:
            used(session, feed.id, now)
    except DBAPIError:
        log.warning("could not note that a calendar feed is in use")
