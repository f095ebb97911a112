"""Absences, silences and people over HTTP and on the command line: requests, and JSON objects."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.errors import BadInput
from api.schemas import By, Moment, Name, Text
from api.typed_dates import moment
from engine.absences import Absence
from engine.instants import end_of, local_iso
from engine.preview import Previewed, TooMany
from engine.reachability import Unreached
from engine.silences import Silence
from engine.units import ROLE_NAMES


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Page(_Request):
    """Query of the lists; `cursor` is an id."""

    limit: int = Field(default=50, ge=1, le=200)
    cursor: int | None = Field(default=None, ge=1, le=2**63 - 1)


class NewAbsence(_Request):
    """Body of `POST absences`: legal days, both included."""

    unit: Name
    name: Name
    first: str = Field(alias="from")
    last: str = Field(alias="to")
    by: By = None


class NewSilence(_Request):
    """Body of `POST silences`: of one obligation, rule or unit; `until` a day is through its end."""

    obligation: int | None = Field(default=None, ge=1, le=2**63 - 1)
    rule: Name | None = None
    unit: Name | None = None
    until: Moment
    by: By = None
    reason: Annotated[Text, Field(min_length=1)]


class Who(_Request):
    """Body of what takes something back."""

    by: By = None


def end_typed(text: str) -> datetime:
    """The end of a silence: an instant, or a day through its end. Raises BadInput."""
    end = moment(text, "until ")
    return end if isinstance(end, datetime) else end_of(end)


def name_typed(name: str | None, default: str) -> str:
    """Who does it, on the command line. Raises BadInput."""
    if name is not None and not (name.strip() and name.isprintable()):
        raise BadInput("--by 应是姓名，不能是空的，也不能含有控制字符")
    return name or default


def absence_row(row: Absence, today: date) -> dict[str, Any]:
    """An absence; `over` when it is past or cancelled."""
    return {
        "id": row.id,
        "unit": row.unit,
        "name": row.name,
        "from": row.first.isoformat(),
        "to": row.last.isoformat(),
        "over": row.over(today),
        "by": row.by,
        "noted_at": local_iso(row.noted_at),
        "cancelled_at": local_iso(row.cancelled_at),
        "cancelled_by": row.cancelled_by or None,
    }


def silence_row(row: Silence, now: datetime) -> dict[str, Any]:
    """A silence; `active` while it holds."""
    return {
        "id": row.id,
        "obligation": row.obligation_id,
        "rule": row.rule or None,
        "unit": row.unit or None,
        "until": local_iso(row.until),
        "active": row.active(now),
        "by": row.by,
        "reason": row.reason,
        "created_at": local_iso(row.created_at),
        "ended_at": local_iso(row.ended_at),
        "ended_by": row.ended_by or None,
    }


def unreached_row(one: Unreached) -> dict[str, Any]:
    """A contact whom no channel reaches."""
    return {
        "unit": one.unit.id,
        "unit_name": one.unit.name,
        "name": one.contact.name,
        "role": ROLE_NAMES[one.contact.role],
        "reason": one.reason,
    }


def preview_row(one: Previewed) -> dict[str, Any]:
    """A message that would go out, with its length against the channel's limit, and the exact text of
    each request in which it leaves."""
    return {
        "channel": one.channel,
        "recipient": one.recipient,
        "subject": one.subject,
        "body": one.body,
        "bytes": one.size,
        "limit": one.limit,
        "request": [request.decode() for request in one.requests],
    }


def too_many_row(one: TooMany) -> dict[str, Any]:
    """A day on which more goes out than a channel takes at once: `number` in `seconds`."""
    return {
        "date": one.day.isoformat(),
        "channels": list(one.channels),
        "messages": one.messages,
        "number": one.number,
        "seconds": one.length.total_seconds(),
    }
