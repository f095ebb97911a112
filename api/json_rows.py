"""The JSON objects that the command line and the HTTP interface share, key for key."""

from datetime import date, timedelta
from typing import Any

from api.channel_test import Tested
from api.errors import BadInput
from api.typed_dates import day
from engine.agency import Agency
from engine.alternatives import Answers
from engine.bounces import Returned
from engine.due_dates import Due
from engine.explanation import Step
from engine.imported_notices import Assessment
from engine.instants import local_iso
from engine.notices import days_as_rows
from engine.replies import Replied
from engine.resending import Resent
from engine.workdays import FIRST_DAY, LAST_DAY, DayReason, WorkCalendar
from rules.rule import Rule


def letter_row(found: Returned | Replied) -> dict[str, Any]:
    """A letter that came back (`verdict` is gone, lost or noted) or that answers one (signed,
    nothing, other, foreign, automatic or repeated)."""
    if isinstance(found, Replied):
        verdict, status = found.answer.value, None
    else:
        verdict, status = found.bounce.verdict.value, found.bounce.status or None
    return {
        "delivery": found.delivery.id,
        "channel": found.delivery.channel,
        "recipient": found.delivery.recipient,
        "verdict": verdict,
        "status": status,
        "state": found.delivery.state.value,
        "reason": found.reason,
    }


def tested_row(tested: Tested) -> dict[str, Any]:
    """What became of a test message; `code` is the far side's."""
    outcome = tested.outcome
    return {
        "channel": tested.channel,
        "outcome": outcome.kind.value,
        "http_status": outcome.http_status,
        "code": outcome.code,
        "detail": outcome.detail,
        "advice": outcome.advice,
    }


def rule_row(rule: Rule) -> dict[str, Any]:
    """A rule."""
    return {
        "id": rule.id,
        "document": rule.document.id,
        "quote": rule.quote,
        "kind": rule.term.kind.value,
        "value": rule.term.value,
        "trigger": rule.trigger,
        "holders": list(rule.holders),
        "hard": rule.hard,
    }


def rule_details(rule: Rule) -> dict[str, Any]:
    """What else a rule says; null where the text says nothing."""
    return {
        "place": rule.place or None,
        "text": rule.text or None,
        "from": rule.since.isoformat() if rule.since else None,
        "until": rule.until.isoformat() if rule.until else None,
        "anchor": rule.anchor.value,
        "share": rule.share.value,
        "holder_kind": rule.holder_kind.value,
        "exception": rule.exception or None,
        "softened": rule.softened or None,
        "starts_after": rule.starts_after or None,
        "same_as": list(rule.same_as),
        "refers_to": list(rule.refers_to),
        "replaces": rule.replaces or None,
        "note": rule.note or None,
    }


def whole_rule(agency: Agency, rule: Rule) -> dict[str, Any]:
    """All of it, how it is read, and the units that answer to its holders."""
    reading = agency.readings[rule.id]
    matched = {holder: agency.matched[holder] for holder in rule.holders}
    waits = reading.term is None
    extra = {"reading": reading.in_words, "waits": waits, "holder_units": matched}
    return rule_row(rule) | rule_details(rule) | extra


def due_row(due: Due) -> dict[str, Any]:
    """A computed date."""
    return {
        "due_on": due.due_on.isoformat(),
        "due_at": local_iso(due.due_at),
        "act_by": due.act_by.isoformat(),
        "provisional": due.provisional,
        "earliest": due.earliest.isoformat(),
        "latest": due.latest.isoformat(),
        **({"reason": due.reason} if due.provisional else {}),
    }


def trace_rows(steps: tuple[Step, ...]) -> list[dict[str, str]]:
    """The steps to a date."""
    return [{"date": s.date.isoformat(), "text": s.text, "basis": s.basis} for s in steps]


def answer_rows(answers: Answers) -> dict[str, list[dict[str, str]]]:
    """How a date was read (`readings`), and what else is open (`alternatives`)."""
    return {
        key: [
            {
                "question": one.question,
                "reading": one.reading,
                "basis": one.basis,
                "due_on": one.due_on.isoformat(),
            }
            for one in found
        ]
        for key, found in (("readings", answers.taken), ("alternatives", answers.alternatives))
    }


def added_row(calendar: WorkCalendar, start: str, number: int) -> dict[str, Any]:
    """The N-th working day after (before) a day. Raises BadInput."""
    span = calendar.add_span(day(start, "日期"), number)
    return {
        "date": span.date.isoformat(),
        "provisional": span.provisional,
        "earliest": span.earliest.isoformat(),
        "latest": span.latest.isoformat(),
        **({"reason": span.reason} if span.provisional else {}),
    }


def counted_row(calendar: WorkCalendar, a: str, b: str) -> dict[str, Any]:
    """Working days after A, up to and including B. Raises BadInput."""
    return {"count": calendar.count(day(a, "日期"), day(b, "日期"))}


def checked_row(calendar: WorkCalendar, text: str) -> dict[str, Any]:
    """Is a day a working day, what is it called, and who says so? Raises BadInput."""
    return reason_row(calendar.reason(day(text, "日期")))


def reason_row(reason: DayReason) -> dict[str, Any]:
    """What a day is."""
    return {
        "date": reason.date.isoformat(),
        "workday": reason.workday,
        "name": reason.name,
        "basis": reason.basis,
    }


def year_rows(calendar: WorkCalendar, year: int) -> list[dict[str, Any]]:
    """Every day of a year. Raises BadInput."""
    if not FIRST_DAY.year <= year <= LAST_DAY.year:
        raise BadInput(f"{year}年超出工作日历的范围（{FIRST_DAY.year}年至{LAST_DAY.year}年）")
    first = date(year, 1, 1)
    days = (first + timedelta(k) for k in range((date(year, 12, 31) - first).days + 1))
    return [
        reason_row(calendar.reason(day)) | {"provisional": not calendar.certain(day)}
        for day in days
    ]


def assessment_row(found: Assessment) -> dict[str, Any]:
    """A holiday notice that was read and checked."""
    draft = found.draft
    return {
        "number": draft.number,
        "issued": draft.issued.isoformat() if draft.issued else None,
        "scope": draft.scope,
        "days": days_as_rows(draft.days),
        "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in found.checks],
    }


def resent_row(found: Resent) -> dict[str, Any]:
    """What was sent again, and how many were passed over for which reason."""
    return {
        "resent": [{"id": row.id, "resend_of": row.resend_of} for row in found.deliveries],
        "skipped": [
            {"reason": reason, "count": len(ids), "deliveries": ids}
            for reason, ids in found.skipped.items()
        ],
    }
