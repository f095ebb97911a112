"""日历订阅: the feeds that a person made, how to subscribe, and a form for another."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from api.dependencies import AgencyNow, Now, Reader, Viewing, Writer, WriterAgency
from api.errors import BadInput
from api.faults import fault_in_words
from api.feed_rows import NewFeed, address_of, feed_row, new_feed, own_feed, own_feeds
from api.forms import FIELD
from api.posted_forms import PostedForm
from api.rendering import templates
from api.schemas import RowId
from api.viewer import Viewer
from engine.agency import Agency
from engine.errors import NotAllowed, NotFound
from engine.feeds import list_feeds, revoke_feed

router = APIRouter(prefix="/feeds")
_SAID = {"revoked": "已吊销，用这个地址的日历不再更新。"}


@router.get("")
async def page(
    request: Request,
    session: Reader,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
    said: str = "",
) -> Response:
    """日历订阅."""
    shown = _shown(session, agency, viewer, now) | {"said": _SAID.get(said, "")}
    return templates.TemplateResponse(request, "feeds.html", shown)


@router.post("")
async def add(
    request: Request,
    posted: PostedForm,
    session: Writer,
    agency: WriterAgency,
    now: Now,
    viewer: Viewing,
) -> Response:
    """A new feed. Its address stands on this answer alone, so that it is no redirection: who loads
    it again is asked by the browser, and makes another feed at worst."""
    typed = {key: text for key, text in posted.fields.items() if key != FIELD}
    more: dict[str, Any] = {}
    try:
        _, token = new_feed(session, agency, viewer, _asked(typed), now)
        more["address"] = address_of(request, token)
        more["webcal"] = "webcal" + more["address"][more["address"].index(":") :]
        status = 201
    except (BadInput, NotAllowed, NotFound) as fault:
        more |= {"fault": str(fault), "typed": typed}
        status = 422
    shown = _shown(session, agency, viewer, now) | more
    return templates.TemplateResponse(request, "feeds.html", shown, status)


@router.post("/{feed_id}/revoke")
async def revoke(feed_id: RowId, session: Writer, now: Now, viewer: Viewing) -> Response:
    """吊销."""
    feed = own_feed(session, viewer, feed_id)
    revoke_feed(session, feed, by=viewer.acts_as(None), now=now)
    return RedirectResponse("/feeds?said=revoked", 303)


def _asked(typed: dict[str, str]) -> NewFeed:
    """Raises BadInput."""
    filled = {key: text for key, text in typed.items() if text.strip()}
    try:
        return NewFeed.model_validate(filled)
    except ValidationError as error:
        first: Any = error.errors()[0]
        raise BadInput(f"{first['loc'][0]}：{fault_in_words(first)}") from None


def _shown(session: Session, agency: Agency, viewer: Viewer, now: Any) -> dict[str, Any]:
    units = [unit for unit in agency.units.values() if viewer.sees(unit.id)]
    return {
        "feeds": [
            feed_row(session, agency, feed, now) for feed in list_feeds(session, own_feeds(viewer))
        ],
        "units": units,
        "people": [(unit, one) for unit in units for one in unit.contacts],
        "documents": agency.catalogue.documents.values(),
        "typed": {},
    }
