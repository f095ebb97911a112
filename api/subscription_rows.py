"""Subscriptions over HTTP: requests, and JSON objects; what an event shows of an obligation."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from api.configuration import Configuration
from api.obligation_rows import obligation_row
from api.schemas import By, Name
from engine.agency import Agency
from engine.clock import clock_of
from engine.courier import Courier
from engine.current_agency import CurrentAgency
from engine.instants import local_iso
from engine.news import NewsType
from engine.obligations import Obligation
from engine.subscriptions import Subscription
from notifiers.message import Outcome, OutcomeKind

_Url = Annotated[str, Field(min_length=1, max_length=1000)]
_Types = Annotated[list[NewsType], Field(min_length=1, max_length=len(NewsType))]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSubscription(_Request):
    """Body of `POST subscriptions`."""

    url: Annotated[_Url, Field(description="接收事件的地址")]
    events: Annotated[_Types, Field(description="不写为全部")] = list(NewsType)
    unit: Annotated[Name | None, Field(description="只要这个单位和它的下级；不写为全部")] = None
    document: Annotated[Name | None, Field(description="只要这份文件；不写为全部")] = None
    by: By = None


class SubscriptionChange(_Request):
    """Body of `POST subscriptions/{id}`: what is not given stays; null of `unit` and `document` is
    all."""

    url: _Url | None = None
    events: _Types | None = None
    unit: Name | None = None
    document: Name | None = None
    by: By = None


class Disabling(_Request):
    """Body of `POST subscriptions/{id}/disable`."""

    reason: Annotated[Name, Field(description="为什么停用")] = "由管理员停用"
    by: By = None


class Enabling(_Request):
    """Body of `POST subscriptions/{id}/enable`."""

    skip: Annotated[bool, Field(description="true：停用期间的事件不再发")] = False
    by: By = None


def subscription_row(row: Subscription, waiting: int, silent: str) -> dict[str, Any]:
    """A subscription, without its secret; `waiting` is how many events it has not gone through,
    `silent` why there will be none for it."""
    return {
        "id": row.id,
        "url": row.url,
        "events": row.types.split(","),
        "unit": row.unit or None,
        "document": row.document or None,
        "created_by": row.created_by,
        "created_at": local_iso(row.created_at),
        "told": row.told,
        "told_at": local_iso(row.told_at),
        "waiting": waiting,
        "silent": silent or None,
        "failures": row.failures,
        "next_at": local_iso(row.next_at) if row.failures else None,
        "reason": row.reason or None,
        "previous_secret_until": local_iso(row.previous_until),
        "disabled_at": local_iso(row.disabled_at),
        "disabled_reason": row.disabled_reason or None,
    }


def tried_row(outcome: Outcome) -> dict[str, Any]:
    """What became of a test event."""
    return {
        "accepted": outcome.kind is OutcomeKind.ACCEPTED,
        "outcome": outcome.kind.value,
        "http_status": outcome.http_status,
        "detail": outcome.detail or None,
        "advice": outcome.advice or None,
    }


def told_row(row: Obligation, agency: Agency, at: datetime) -> dict[str, Any]:
    """What an event shows: the obligation as the interface does, but for who has acknowledged it."""
    shown = obligation_row(row, agency, at)
    del shown["acknowledged"]
    return shown


def courier_of(db: Engine, current: CurrentAgency, configuration: Configuration) -> Courier:
    """Who tells the subscribers of a database."""
    return Courier(db, current, told_row, configuration.reach, clock_of(db))
