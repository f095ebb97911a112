"""/api/v1/subscriptions: systems that are told what happens to obligations"""

from asyncio import to_thread
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlmodel import Session
from starlette.responses import Response

from api.dependencies import AgencyNow, Now, Reader, Viewing, Writer, WriterAgency, running
from api.entity_tags import Match, NoneMatch, check_match, tagged
from api.errors import BadInput
from api.idempotency import Room, answered
from api.people_rows import Who
from api.schemas import RowId
from api.subscription_rows import (
    Disabling,
    Enabling,
    NewSubscription,
    SubscriptionChange,
    courier_of,
    subscription_row,
    tried_row,
)
from api.viewer import Viewer
from engine.agency import Agency
from engine.database import reading, writing
from engine.errors import NotFound
from engine.subscriptions import (
    Subscription,
    add_subscription,
    change_subscription,
    disable,
    enable,
    get_subscription,
    list_subscriptions,
    remove,
    renew_secret,
    silent,
    waiting,
)

router = Room(prefix="/subscriptions")


@dataclass(frozen=True)
class _Desk:
    """What is said of subscriptions, and done to them, for one viewer in one transaction."""

    session: Session
    agency: Agency
    viewer: Viewer
    now: datetime

    def shown(self, row: Subscription) -> dict[str, Any]:
        """How it stands."""
        return subscription_row(row, waiting(self.session, row), silent(row, self.agency))

    def own(self, id_: int) -> Subscription:
        """One that tells of his units only. Raises NotFound, Refused."""
        row = get_subscription(self.session, id_)
        self.viewer.check_own(row.unit)
        return row

    def done(self, asked: NewSubscription | SubscriptionChange | Disabling | Enabling | Who) -> Any:
        """Who did it, and when."""
        return {"by": self.viewer.acts_as(asked.by), "now": self.now}

    def check_filter(self, unit: str | None, document: str | None) -> None:
        """Raises BadInput, Refused. Who does not see all units names one that he sees."""
        if unit and unit not in self.agency.units:
            raise BadInput(f"unit：没有“{unit}”")
        self.viewer.check_own(unit or "")
        if document and document not in self.agency.catalogue.documents:
            raise BadInput(f"document：没有“{document}”")


async def _reading(session: Reader, agency: AgencyNow, viewer: Viewing, now: Now) -> _Desk:
    return _Desk(session, agency, viewer, now)


async def _writing(session: Writer, agency: WriterAgency, viewer: Viewing, now: Now) -> _Desk:
    return _Desk(session, agency, viewer, now)


Asked = Annotated[_Desk, Depends(_reading)]
Changed = Annotated[_Desk, Depends(_writing, scope="function")]


@router.get("")
async def subscriptions(desk: Asked) -> dict[str, Any]:
    """订阅: who is told what, how far each has been told, and why one is not."""
    rows = [row for row in list_subscriptions(desk.session) if desk.viewer.sees(row.unit)]
    return {"items": [desk.shown(row) for row in rows]}


@router.get("/{subscription_id}")
async def subscription(subscription_id: RowId, desk: Asked, if_none_match: NoneMatch = None) -> Any:
    """One of them."""
    row = get_subscription(desk.session, subscription_id)
    if not desk.viewer.sees(row.unit):
        raise NotFound(f"没有编号为 {subscription_id} 的订阅")
    return tagged(desk.shown(row), if_none_match)


@router.post("", status_code=201)
async def add(asked: NewSubscription, request: Request, desk: Changed) -> dict[str, Any]:
    """A new one, with its secret, which is shown here and never again."""
    running(request).configuration.reach.check(asked.url)
    desk.check_filter(asked.unit, asked.document)
    row = add_subscription(
        desk.session,
        url=asked.url,
        types=asked.events,
        unit=asked.unit or "",
        document=asked.document or "",
        **desk.done(asked),
    )
    return desk.shown(row) | {"secret": row.secret}


@router.post("/{subscription_id}")
async def change(
    subscription_id: RowId,
    asked: SubscriptionChange,
    request: Request,
    desk: Changed,
    if_match: Match = None,
) -> dict[str, Any]:
    """Another address, other events, another filter."""
    row = desk.own(subscription_id)
    check_match(if_match, lambda: desk.shown(row))
    if asked.url is not None:
        running(request).configuration.reach.check(asked.url)
    unit = asked.unit if "unit" in asked.model_fields_set else row.unit
    document = asked.document if "document" in asked.model_fields_set else row.document
    desk.check_filter(unit, document)
    change_subscription(
        desk.session,
        row,
        url=asked.url,
        types=asked.events,
        unit=unit or "",
        document=document or "",
        **desk.done(asked),
    )
    return desk.shown(row)


@router.post("/{subscription_id}/secret")
async def secret(subscription_id: RowId, asked: Who, desk: Changed) -> dict[str, Any]:
    """更换密钥: a new secret, shown once. For a week the one before it signs, too."""
    row = desk.own(subscription_id)
    renew_secret(desk.session, row, **desk.done(asked))
    return desk.shown(row) | {"secret": row.secret}


@router.post("/{subscription_id}/disable")
async def stop(subscription_id: RowId, asked: Disabling, desk: Changed) -> dict[str, Any]:
    """停用: nothing is sent until it is enabled."""
    row = desk.own(subscription_id)
    disable(desk.session, row, asked.reason, **desk.done(asked))
    return desk.shown(row)


@router.post("/{subscription_id}/enable")
async def start(subscription_id: RowId, asked: Enabling, desk: Changed) -> dict[str, Any]:
    """启用, from where it stopped, or with `skip` from now on."""
    row = desk.own(subscription_id)
    enable(desk.session, row, asked.skip, **desk.done(asked))
    return desk.shown(row)


@router.post("/{subscription_id}/remove")
async def end(subscription_id: RowId, asked: Who, desk: Changed) -> dict[str, Any]:
    """删去, for good; the answer is what it was."""
    row = desk.own(subscription_id)
    shown = desk.shown(row)
    remove(desk.session, row, **desk.done(asked))
    return shown


@router.post("/{subscription_id}/test")
async def test(
    subscription_id: RowId, request: Request, agency: AgencyNow, viewer: Viewing, now: Now
) -> Any:
    """Send a `qixian.test` event now, and say what the far side made of it. Nothing is changed."""
    process = running(request)
    with reading(process.db) as session:
        row = _Desk(session, agency, viewer, now).own(subscription_id)
    courier = courier_of(process.db, process.current, process.configuration)
    tried = tried_row(await courier.try_out(row))
    return await to_thread(_kept, process.db, request, tried)


def _kept(db: Engine, request: Request, row: dict[str, Any]) -> Response:
    with writing(db) as session:
        return answered(request, session, row)
