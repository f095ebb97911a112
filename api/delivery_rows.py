"""Deliveries over HTTP: what is asked of them, and their JSON objects."""

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas import Asked, By, Moment, Name, Text
from engine.deliveries import Attempt, Delivery
from engine.instants import local_iso


class DeliveryFilter(Asked):
    """Query of `GET deliveries`; `from` and `to` are the first and the last day on which they were
    planned, `cursor` is an id."""

    state: (
        Literal["queued", "sending", "accepted", "rejected", "unknown", "failed", "skipped"] | None
    ) = None
    channel: str | None = None
    since: str | None = Field(default=None, alias="from")
    to: str | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: int | None = Field(default=None, ge=1, le=2**63 - 1)


class Resending(Asked):
    """Body of `POST deliveries/{id}/resend`."""

    by: By = None
    reason: Annotated[Text, Field(min_length=1)]


class ResendingBetween(Resending):
    """Body of `POST deliveries/resend`: planned from `from` to `to`, days or instants."""

    since: Moment = Field(alias="from")
    to: Moment
    channel: Name | None = None


def delivery_row(row: Delivery) -> dict[str, Any]:
    """A delivery, without its text."""
    return {
        "id": row.id,
        "message_id": row.message_id,
        "channel": row.channel,
        "recipient": row.recipient,
        "planned_at": local_iso(row.planned_at),
        "part": row.part,
        "parts": row.parts,
        "state": row.state.value,
        "reason": row.reason or None,
        "attempts": row.attempts,
        "possible_duplicate": row.possible_duplicate,
        "next_at": local_iso(row.next_at) if row.state.value in ("queued", "sending") else None,
        "finished_at": local_iso(row.finished_at),
        "subject": row.subject or None,
        "resend_of": row.resend_of,
    }


def attempt_row(row: Attempt) -> dict[str, Any]:
    """An attempt and how it ended."""
    return {
        "number": row.number,
        "started_at": local_iso(row.started_at),
        "ended_at": local_iso(row.ended_at),
        "seconds": (row.ended_at - row.started_at).total_seconds() if row.ended_at else None,
        "outcome": row.outcome.value if row.outcome else None,
        "fault": row.fault or None,
        "provider": row.provider or None,
        "http_status": row.http_status,
        "code": row.code or None,
        "detail": row.detail or None,
        "provider_id": row.provider_id or None,
        "bytes": row.size,
    }
