"""Calendar feeds over HTTP and on the command line: requests, and JSON objects."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import true
from sqlmodel import Session
from starlette.requests import Request

from api.dependencies import running
from api.permissions import Permission
from api.schemas import Line, Name
from api.viewer import Viewer
from engine.agency import Agency
from engine.errors import NotFound
from engine.feeds import Feed, add_feed, ended, get_feed, made_by
from engine.instants import local_iso


class NewFeed(BaseModel):
    """Body of `POST feeds`."""

    model_config = ConfigDict(extra="forbid")
    unit: Name | None = None
    below: Annotated[bool, Field(description="含下级单位")] = False
    person: Annotated[Name | None, Field(description="unit 的联系人：他任联系人的各单位")] = None
    document: Name | None = None
    name: Annotated[Line, Field(max_length=50, description="日历里显示的名称")] = ""


def new_feed(
    session: Session, agency: Agency, viewer: Viewer, asked: NewFeed, now: datetime
) -> tuple[Feed, str]:
    """A feed of the viewer's, and its token. Raises NotFound, NotAllowed, Refused."""
    if asked.unit in agency.units:
        viewer.check_own(asked.unit or "")
    feed = Feed(
        name=asked.name,
        token_hash="",
        unit=asked.unit or "",
        below=asked.below,
        person=asked.person or "",
        document=asked.document or "",
        made_at=now,
        made_by=viewer.acts_as(None),
        account_id=viewer.account.id if viewer.account else None,
        api_token_id=viewer.token_id,
    )
    return add_feed(session, agency, feed, viewer.units)


def own_feed(session: Session, viewer: Viewer, feed_id: int) -> Feed:
    """One that the viewer made; of an administrator anybody's. Raises NotFound."""
    feed = get_feed(session, feed_id)
    mine = (feed.account_id, feed.api_token_id) == _maker(viewer)
    if not mine and not sees_all(viewer):
        raise NotFound(f"没有编号为 {feed_id} 的日历订阅")
    return feed


def own_feeds(viewer: Viewer) -> Any:
    """The condition in SQL of the feeds that the viewer may see and revoke."""
    return true() if sees_all(viewer) else made_by(*_maker(viewer))


def sees_all(viewer: Viewer) -> bool:
    """An administrator of all units."""
    return Permission.ADMINISTER in viewer.permissions and viewer.units is None


def address_of(request: Request, token: str) -> str:
    """The address to subscribe to."""
    public = running(request).configuration.server.public_url
    return f"{(public or str(request.base_url)).rstrip('/')}/feeds/{token}.ics"


def feed_row(session: Session, agency: Agency, feed: Feed, now: datetime) -> dict[str, Any]:
    """A feed, without its address; `ended` says why it can be read no more."""
    return {
        "id": feed.id,
        "name": feed.name,
        "unit": feed.unit or None,
        "below": feed.below,
        "person": feed.person or None,
        "document": feed.document or None,
        "made_at": local_iso(feed.made_at),
        "made_by": feed.made_by,
        "last_used_at": local_iso(feed.last_used_at),
        "revoked_at": local_iso(feed.revoked_at),
        "ended": ended(session, agency, feed, now) or None,
    }


def _maker(viewer: Viewer) -> tuple[int | None, int | None]:
    return (viewer.account.id if viewer.account else None, viewer.token_id)
