"""Who may decide how rules are read, and what is answered about it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session

from api.dependencies import Running
from api.document_rows import impact_row
from api.schemas import Asked, By, Line, Moment, Name
from api.typed_dates import day
from api.viewer import Viewer
from engine.agency import Agency
from engine.instants import local_iso
from engine.interpretations import StoredInterpretation
from engine.interpreting import Desk, Interpreted
from engine.readings import Interpretation
from engine.workdays import WorkCalendar


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


def desk_of(
    process: Running,
    calendar: WorkCalendar,
    viewer: Viewer,
    by: str | None,
    now: datetime,
    apply: bool,
    then: Callable[[Session, Interpreted], None] | None = None,
    first: Callable[[Session, Agency], None] = lambda _session, _agency: None,
) -> Desk:
    """Raises BadInput."""
    return Desk(process.db, process.current, calendar, viewer.acts_as(by), now, apply, then, first)


def decided_day(text: str) -> date:
    """The day of a decision. Raises BadInput."""
    return day(text, "决定日期")


def configured_row(one: Interpretation | None) -> dict[str, Any] | None:
    """The interpretation of the configuration file; None where it has none."""
    if one is None or one.entry is not None:
        return None
    return {
        "file": one.file or None,
        "reading": one.reading,
        "decided_by": one.decided_by,
        "decided_on": one.decided_on,
        "reason": one.reason,
    }


def history_row(row: StoredInterpretation) -> dict[str, Any]:
    """A decision; `reading` is null where it takes back the one before."""
    return {
        "id": row.id,
        "reading": row.reading or None,
        "decided_by": row.decided_by,
        "decided_on": row.decided_on,
        "reason": row.reason,
        "at": local_iso(row.at),
        "by": row.by,
    }


def interpreted_row(rule: str, done: Interpreted) -> dict[str, Any]:
    """What was decided, or would be."""
    return {
        "rule": rule,
        "applied": done.applied,
        "reading": done.reading.in_words if done.reading else None,
        "waits": done.reading is None or done.reading.term is None,
        "impact": impact_row(done.impact),
    }
