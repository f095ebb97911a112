"""/api/v1/subscriptions: systems that are told what happens to obligations"""

from typing import Any

from fastapi import Request
from sqlmodel import Session

from api.dependencies import AgencyNow, Now, Reader, Viewing, Writer, running
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
    waiting,
)

router = Room(prefix="/subscriptions")


@router.get("")
async def subscriptions(session: Reader, viewer: Viewing) -> dict[str, Any]:
    """订阅: who is told what, how far each has been told, and why one is not."""
    rows = [row for row in list_subscriptions(session) if viewer.sees(row.unit)]
    return {"items": [_row(session, row) for row in rows]}


@router.get("/{subscription_id}")
async def subscription(
    subscription_id: RowId, session: Reader, viewer: Viewing, if_none_match: NoneMatch = None
) -> Any:
    """One of them."""
    row = get_subscription(session, subscription_id)
    if not viewer.sees(row.unit):
        raise NotFound(f"没有编号为 {subscription_id} 的订阅")
    return tagged(_row(session, row), if_none_match)


@router.post("", status_code=201)
async def add(
    asked: NewSubscription,
    request: Request,
    session: Writer,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """A new one, with its secret, which is shown here and never again."""
    running(request).configuration.reach.check(asked.url)
    _check_filter(viewer, agency, asked.unit, asked.document)
    row = add_subscription(
        session,
        url=asked.url,
        types=asked.events,
        unit=asked.unit or "",
        document=asked.document or "",
        by=viewer.acts_as(asked.by),
        now=now,
    )
    return _row(session, row) | {"secret": row.secret}


@router.post("/{subscription_id}")
async def change(
    subscription_id: RowId,
    asked: SubscriptionChange,
    request: Request,
    session: Writer,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
    if_match: Match = None,
) -> dict[str, Any]:
    """Another address, other events, another filter."""
    row = _own(session, viewer, subscription_id)
    check_match(if_match, lambda: _row(session, row))
    if asked.url is not None:
        running(request).configuration.reach.check(asked.url)
    unit = asked.unit if "unit" in asked.model_fields_set else row.unit
    document = asked.document if "document" in asked.model_fields_set else row.document
    _check_filter(viewer, agency, unit, document)
    change_subscription(
        session,
        row,
        url=asked.url,
        types=asked.events,
        unit=unit or "",
        document=document or "",
        by=viewer.acts_as(asked.by),
        now=now,
    )
    return _row(session, row)


@router.post("/{subscription_id}/secret")
async def secret(
    subscription_id: RowId, asked: Who, session: Writer, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """更换密钥: a new secret, shown once. For a week the one before it signs, too."""
    row = _own(session, viewer, subscription_id)
    renew_secret(session, row, by=viewer.acts_as(asked.by), now=now)
    return _row(session, row) | {"secret": row.secret}


@router.post("/{subscription_id}/disable")
async def stop(
    subscription_id: RowId, asked: Disabling, session: Writer, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """停用: nothing is sent until it is enabled."""
    row = _own(session, viewer, subscription_id)
    disable(session, row, asked.reason, by=viewer.acts_as(asked.by), now=now)
    return _row(session, row)


@router.post("/{subscription_id}/enable")
async def start(
    subscription_id: RowId, asked: Enabling, session: Writer, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """启用, from where it stopped, or with `skip` from now on."""
    row = _own(session, viewer, subscription_id)
    enable(session, row, asked.skip, by=viewer.acts_as(asked.by), now=now)
    return _row(session, row)


@router.post("/{subscription_id}/remove")
async def end(
    subscription_id: RowId, asked: Who, session: Writer, now: Now, viewer: Viewing
) -> dict[str, Any]:
    """删去, for good; the answer is what it was."""
    row = _own(session, viewer, subscription_id)
    shown = _row(session, row)
    remove(session, row, by=viewer.acts_as(asked.by), now=now)
    return shown


@router.post("/{subscription_id}/test")
async def test(subscription_id: RowId, request: Request, viewer: Viewing) -> Any:
    """Send a `qixian.test` event now, and say what the far side made of it. Nothing is changed."""
    process = running(request)
    with reading(process.db) as session:
        row = _own(session, viewer, subscription_id)
    courier = courier_of(process.db, process.current, process.configuration)
    tried = tried_row(await courier.try_out(row))
    with writing(process.db) as session:
        return answered(request, session, tried)


def _own(session: Session, viewer: Viewer, subscription_id: int) -> Subscription:
    """One that tells of his units only. Raises NotFound, Refused."""
    row = get_subscription(session, subscription_id)
    viewer.check_own(row.unit)
    return row


def _check_filter(viewer: Viewer, agency: Agency, unit: str | None, document: str | None) -> None:
    """Raises BadInput, Refused. Who does not see all units names one that he sees."""
    if unit and unit not in agency.units:
        raise BadInput(f"unit：没有“{unit}”")
    viewer.check_own(unit or "")
    if document and document not in agency.catalogue.documents:
        raise BadInput(f"document：没有“{document}”")


def _row(session: Session, row: Subscription) -> dict[str, Any]:
    return subscription_row(row, waiting(session, row))
