"""办结: completing obligations, one or several at once, with what begins when they are done."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from engine.agency import Agency
from engine.chains import follow
from engine.errors import NotAllowed
from engine.events import check_completion
from engine.obligations import Obligation, complete
from engine.workdays import WorkCalendar


def complete_one(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    row: Obligation,
    *,
    by: str,
    at: datetime,
    evidence: str,
    now: datetime,
) -> Obligation:
    """办结, and begin what starts after it. Raises NotAllowed."""
    assert row.id is not None
    check_completion(session, agency, row, at)
    done = complete(session, row.id, by=by, at=at, evidence=evidence, now=now)
    follow(session, agency, calendar, done, now)
    return done


def complete_all(
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    rows: Sequence[tuple[Obligation, datetime]],
    *,
    by: str,
    evidence: str,
    now: datetime,
) -> None:
    """办结 of all of them, each at its time, or of none; each has its own entry in the journal. Raises
    NotAllowed, in one sentence that names every one which cannot be completed, and why."""
    faults = []
    with session.begin_nested():
        for row, at in rows:
            try:
                complete_one(
                    session, agency, calendar, row, by=by, at=at, evidence=evidence, now=now
                )
            except NotAllowed as fault:
                rule = agency.catalogue.rules.get(row.rule)
                matter = rule.quote if rule else row.rule
                faults.append(f"“{matter}”（{row.period_in_words}）：{fault}")
        if faults:
            raise NotAllowed(f"{len(faults)}项不能办结，所选的都没有办结：{'；'.join(faults)}")
