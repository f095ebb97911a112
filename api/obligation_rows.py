"""Obligations over HTTP: what is asked of them, and their JSON objects."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas import Asked, By, Moment, Name, Reference, Text
from engine.acknowledgements import Acknowledgement
from engine.agency import Agency
from engine.clock_entries import ClockEntry
from engine.instants import local_day, local_iso
from engine.journal import JournalEntry
from engine.obligations import Obligation


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
