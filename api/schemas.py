"""What goes over HTTP: requests as pydantic models that forbid unknown keys, answers as rows."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from engine.acknowledgements import Acknowledgement
from engine.agency import Agency
from engine.channels import ChannelState
from engine.clock_entries import ClockEntry
from engine.confirmation import how_to_confirm
from engine.deliveries import Attempt, Delivery
from engine.instants import local_day, local_iso
from engine.journal import JournalEntry
from engine.obligations import Obligation

# Control characters, line separators, and marks that turn the direction of writing.
HIDDEN = r"\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
# One line of visible text: what stands in messages and pages may not break them.
Line = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        pattern=f"^[^{HIDDEN}]*$",
    ),
]
Name = Annotated[Line, Field(min_length=1, max_length=100)]
Reference = Annotated[Line, Field(max_length=100)]
By = Annotated[
    Name | None, Field(description="谁办理；登录的人不必写，只能是本人；接口令牌可写明代谁办理")
]
Text = Annotated[Line, Field(max_length=1000)]
Moment = Annotated[str, Field(min_length=10, max_length=40)]
RuleId = Annotated[Line, Path(min_length=1, max_length=200)]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]  # what an integer of the database can be


class Asked(BaseModel):
    """What is asked for: a key that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid")


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


class NewEvent(Asked):
    """Body of `POST events`: a day or an instant; without an offset it is Asia/Shanghai."""

    trigger: Name
    unit: Name = Field(description="单位编号，或 all")
    at: Moment
    reference: Reference = ""
    by: By = None


class ObligationChange(Asked):
    """Body of `POST obligations/{id}/events`."""

    type: Literal[
        "complete", "waive", "reopen", "acknowledge", "restart", "exclude", "extend", "correct"
    ]
    by: By = None
    at: Annotated[Moment | None, Field(description="日期或时刻；exclude 用 from 和 to")] = None
    since: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    until: Annotated[
        Moment | None, Field(description="acknowledge：暂缓提醒至哪个工作日，至多十个工作日")
    ] = None
    amount: Annotated[str, Field(max_length=10, description="20WD、PT5H、P20D、P3M 之类")] = ""
    approver: Reference = ""
    clause: Reference = Field(default="", description="所依据的计时条款的编号")
    entry: int | None = Field(default=None, ge=1, le=2**63 - 1, description="要更正的计时记录")
    void: bool = Field(default=False, description="作废 entry，不再计算")
    evidence: Text = ""
    reason: Text = ""


class TestMessage(Asked):
    """Body of `POST channels/{id}/test`."""

    to: Annotated[Line, Field(max_length=200, description="收件地址或账号；发给群的渠道不写")] = ""


class Confirmation(Asked):
    """Body of `POST channels/{id}/confirm`."""

    code: Annotated[str, Field(pattern=r"^[0-9]{4}$", description="测试消息里的四位确认码")]


class NewText(Asked):
    """Body of `POST documents`: `text`, or the file itself in `content` (base64)."""

    name: Annotated[Name, Field(description="文件名，其后缀说明格式")]
    text: str | None = None
    content: str | None = None
    id: Name | None = None
    title: Annotated[Line, Field(min_length=1, max_length=300)] | None = None
    year: int | None = Field(default=None, ge=1949, le=2999)
    since: str | None = Field(default=None, alias="from")
    by: By = None
    apply: bool = False


class ProposalFilter(Asked):
    """Query of `GET proposals`; `cursor` is an id."""

    document: str | None = None
    decision: Literal["open", "accepted", "dismissed", "superseded"] | None = None
    limit: int = Field(default=50, ge=1, le=200)
    cursor: int = Field(default=0, ge=0, le=2**63 - 1)


class Acceptance(Asked):
    """Body of `POST proposals/{id}/accept`."""

    by: By = None
    dry_run: bool = False


class Dismissal(Asked):
    """Body of `POST proposals/{id}/dismiss`."""

    by: By = None
    reason: Annotated[Text, Field(min_length=1)]


class Edit(Asked):
    """Body of `POST proposals/{id}/edit`: keys of a rule in a catalogue file; null takes one out."""

    by: By = None
    quote: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    kind: str | None = None
    value: str | None = None
    trigger: Text | None = None
    holders: list[Name] | None = None
    place: Text | None = None
    hard: bool | None = None
    note: Text | None = None
    anchor: str | None = None
    share: str | None = None
    holder_kind: str | None = None
    exception: Text | None = None
    softened: Text | None = None
    starts_after: str | None = None
    same_as: list[str] | None = None
    refers_to: list[str] | None = None
    since: str | None = Field(default=None, alias="from")
    until: str | None = None


class NewInterpretation(Asked):
    """Body of `POST rules/{id}/interpretation`."""

    reading: Annotated[
        Line,
        Field(min_length=1, max_length=100, description="20WD、P1M;after=15D、2026-12-31 之类"),
    ]
    decided_by: Annotated[Name, Field(description="由谁决定，例如市政府办公室")]
    decided_on: Annotated[Moment, Field(description="决定日期")]
    reason: Annotated[Line, Field(min_length=1, max_length=500)]
    by: By = None
    apply: Annotated[bool, Field(description="不写只看影响，不确定")] = False


class Withdrawal(Asked):
    """Body of `POST rules/{id}/interpretation/withdraw`."""

    reason: Annotated[Line, Field(min_length=1, max_length=500)]
    by: By = None
    apply: Annotated[bool, Field(description="不写只看影响，不撤回")] = False


def obligation_row(
    row: Obligation, agency: Agency, now: datetime, signed: Acknowledgement | None = None
) -> dict[str, Any]:
    """An obligation with the keys of the command line, its sentence, how its date is read, the
    linked rules by which the unit owes the same, and who has taken it into hand."""
    rule, unit = agency.catalogue.rules.get(row.rule), agency.units.get(row.unit)
    same = agency.same_duties(row.rule, row.unit, row.due_on)
    return {
        "id": row.id,
        "rule": row.rule,
        "document": row.document,
        "quote": rule.quote if rule else None,
        "kind": rule.term.kind.value if rule else None,
        "value": rule.term.value if rule else None,
        "unit": row.unit,
        "unit_name": unit.name if unit else None,
        "period": row.period,
        "event": row.event_id,
        "reading": row.reading,
        "due_on": row.due_on.isoformat(),
        "due_at": local_iso(row.due_at),
        "act_by": row.act_by.isoformat(),
        "provisional": row.provisional,
        "earliest": row.earliest.isoformat(),
        "latest": row.latest.isoformat(),
        "status": row.status.value,
        "overdue": row.overdue(now),
        "closed_at": local_iso(row.closed_at),
        "closed_by": row.closed_by or None,
        "evidence": row.evidence or None,
        "same_as": [
            {"rule": one.id, "document": one.document.id, "quote": one.quote} for one in same
        ],
        "acknowledged": acknowledgement_row(signed) if signed else None,
    }


def acknowledgement_row(row: Acknowledgement) -> dict[str, Any]:
    """Who acknowledged, when, how, on which rung; `resumes_at` is when its unit is told again."""
    return {
        "by": row.by,
        "at": local_iso(row.at),
        "via": row.via.value,
        "rung": row.rung or None,
        "until": row.until.isoformat() if row.until else None,
        "resumes_at": local_iso(row.resumes_at),
    }


def channel_row(id_: str, kind: str, state: ChannelState | None, waiting: int) -> dict[str, Any]:
    """A channel and what its owner should do; null where it is in order."""
    reason = state.disabled_reason if state else ""
    confirmed_at = state.confirmed_at if state else None
    unconfirmed = None if confirmed_at else f"未确认：{how_to_confirm(id_)}"
    return {
        "id": id_,
        "kind": kind,
        "disabled": bool(reason),
        "disabled_at": local_iso(state.disabled_at) if state else None,
        "hold_until": local_iso(state.hold_until) if state else None,
        "waiting": waiting,
        "confirmed_at": local_iso(confirmed_at),
        "advice": f"已停用：{reason}；修好后用 send-test 恢复" if reason else unconfirmed,
    }


def journal_row(entry: JournalEntry) -> dict[str, Any]:
    """A journal entry."""
    return {"at": local_iso(entry.at), "kind": entry.kind, "by": entry.by, "text": entry.text}


def clock_row(entry: ClockEntry) -> dict[str, Any]:
    """A clock entry; `from` and `to` of an exclusion, `at` of the others."""
    excludes = entry.until is not None
    return {
        "id": entry.id,
        "type": entry.type.value,
        "at": None if excludes else _written(entry, entry.at),
        "from": _written(entry, entry.at) if excludes else None,
        "to": _written(entry, entry.until),
        "amount": entry.amount or None,
        "approver": entry.approver or None,
        "clause": entry.clause or None,
        "reason": entry.reason or None,
        "corrects": entry.corrects,
        "by": entry.by,
        "recorded_at": local_iso(entry.recorded_at),
    }


def _written(entry: ClockEntry, at: datetime | None) -> str | None:
    return local_day(at).isoformat() if at and entry.day_only else local_iso(at)


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
