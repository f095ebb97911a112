"""重新推算 Recalculation: a holiday notice comes in, and in the same transaction every open
obligation that it touches moves. What the preview says is what is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from engine.agency import Agency
from engine.current_agency import CurrentAgency, as_of
from engine.database import trying, writing
from engine.derivation import derive
from engine.impact import Basis, Impact, derive_and_compare
from engine.imported_notices import Assessment, Stated, import_notice, imported_notices
from engine.workdays import work_calendar


@dataclass(frozen=True)
class Taken:
    """A notice as it was read and checked, and what became, or would become, of obligations;
    nothing becomes of them when it is refused."""

    assessment: Assessment
    impact: Impact | None


def take_notice(
    db: Engine,
    agency: Agency | CurrentAgency,
    region: str,
    text: str,
    stated: Stated,
    *,
    by: str,
    now: datetime,
    dry_run: bool = False,
    then: Callable[[Session, Taken], None] | None = None,
) -> Taken:
    """Check a notice, add it, and compute again what it touches; with `dry_run` nothing stays.

    `region` is the office's own. A refused notice changes nothing: look at `refusal`. `then` is
    called in the transaction that adds it. Raises BadNotice for unreadable JSON.
    """
    with trying(db) if dry_run else writing(db) as session:
        before = Basis(as_of(session, agency), work_calendar(imported_notices(session), region))
        found = import_notice(session, text, stated, by=by, now=now)
        if found.refusal:
            return Taken(found, None)
        taken = Taken(found, _recomputed(session, before, region, found, now))
        if then and not dry_run:
            then(session, taken)
        return taken


def _recomputed(
    session: Session, before: Basis, region: str, found: Assessment, now: datetime
) -> Impact:
    derive(session, *before, now)  # what stands now is no effect of the notice
    session.flush()
    after = Basis(before.agency, work_calendar(imported_notices(session), region))
    notice = found.draft.notice()
    return derive_and_compare(session, after, now, f"《{notice.title}》{notice.number}")
