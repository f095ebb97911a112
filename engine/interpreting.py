"""定口径: the office decides how a rule is read, or takes that back; what follows is seen before it
is done, and done in the same transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session

from engine import journal
from engine.agency import Agency
from engine.current_agency import CurrentAgency
from engine.database import trying, writing
from engine.derivation import derive
from engine.errors import NotAllowed, NotFound
from engine.impact import Basis, Impact, derive_and_compare
from engine.imported_notices import imported_notices
from engine.instants import local_day
from engine.interpretations import StoredInterpretation, in_file, stored_interpretations
from engine.readings import Interpretation, Reading, interpreted_term
from engine.workdays import WorkCalendar


@dataclass(frozen=True)
class Interpreted:
    """How a rule is read then (None where it is gone), what becomes of the obligations, and whether
    it was done."""

    reading: Reading | None
    impact: Impact
    applied: bool


@dataclass(frozen=True)
class Desk:
    """Where something is decided: by whom, when, over which agency and calendar. Without `apply`
    it is only tried. `first` is called in the transaction before anything is done, with the agency
    as it stands; `then` where it was stored."""

    db: Engine
    current: CurrentAgency
    calendar: WorkCalendar
    by: str
    now: datetime
    apply: bool
    then: Callable[[Session, Interpreted], None] | None = None
    first: Callable[[Session, Agency], None] = lambda _session, _agency: None


def interpret(desk: Desk, wanted: Interpretation) -> Interpreted:
    """Have a rule read in this way from now on. Raises NotFound, NotAllowed, BadInterpretation,
    and BadAgency where the configured seasons do not fit any more."""
    with _begun(desk) as (session, before):
        _check(before, wanted.rule)
        term = interpreted_term(before.catalogue.rules[wanted.rule], wanted.reading)
        if wanted.decided_on > local_day(desk.now):
            raise NotAllowed(f"决定日期 {wanted.decided_on} 晚于今天，请改正")
        if _same(before.interpretations.get(wanted.rule), wanted):
            raise NotAllowed(f"规则 {wanted.rule} 的口径已经是这样，没有变动")
        entry = _store(session, desk, wanted)
        _note(
            session,
            desk,
            wanted.rule,
            "interpret",
            f"口径定为“{wanted.reading}”（{term.in_words()}），"
            f"{wanted.decided_by}{wanted.decided_on}决定：{wanted.reason}",
        )
        put = {**before.interpretations, wanted.rule: replace(wanted, entry=entry)}
        return _derived(session, desk, before, put, wanted.rule)


def withdraw_interpretation(desk: Desk, rule: str, reason: str) -> Interpreted:
    """Take back what was stored of a rule: it is read again as without it. Raises NotFound,
    NotAllowed, BadAgency."""
    with _begun(desk) as (session, before):
        there = {one.rule: one for one in stored_interpretations(session)}.get(rule)
        if there is None:
            used = before.interpretations.get(rule)
            if used:
                raise NotAllowed(f"规则 {rule} 的口径写在{in_file(used)}中，请管理员在那里去掉")
            raise NotFound(f"规则 {rule} 没有可以撤回的口径")
        withdrawn = Interpretation(rule, "", desk.by, local_day(desk.now), reason)
        _store(session, desk, withdrawn)
        text = f"撤回口径“{there.reading}”（{there.decided_by}，{there.decided_on}）：{reason}"
        _note(session, desk, rule, "withdraw", text)
        put = {key: one for key, one in before.interpretations.items() if one != there}
        return _derived(session, desk, before, put, rule)


@contextmanager
def _begun(desk: Desk) -> Iterator[tuple[Session, Agency]]:
    with writing(desk.db) if desk.apply else trying(desk.db) as session:
        agency = desk.current.agency_in(session)
        desk.first(session, agency)
        yield session, agency


def _check(agency: Agency, rule: str) -> None:
    if rule not in agency.catalogue.rules:
        raise NotFound(f"没有规则“{rule}”")
    used = agency.interpretations.get(rule)
    if used and used.entry is None:
        raise NotAllowed(
            f"规则 {rule} 的口径写在{in_file(used)}中，请管理员在那里修改，或者去掉那一条再来确定"
        )


def _same(one: Interpretation | None, wanted: Interpretation) -> bool:
    return one is not None and replace(one, entry=None) == wanted


def _store(session: Session, desk: Desk, one: Interpretation) -> int:
    row = StoredInterpretation(
        rule=one.rule,
        reading=one.reading,
        decided_by=one.decided_by,
        decided_on=one.decided_on,
        reason=one.reason,
        at=desk.now,
        by=desk.by,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def _note(session: Session, desk: Desk, rule: str, kind: str, text: str) -> None:
    journal.write_of_rule(session, rule, desk.now, kind, desk.by, text)


def _derived(
    session: Session, desk: Desk, before: Agency, put: dict[str, Interpretation], rule: str
) -> Interpreted:
    """What stands now is no effect of the decision: it is brought up to date first."""
    calendar = desk.calendar.knowing(imported_notices(session))
    after = replace(before, interpretations=put)
    derive(session, before, calendar, desk.now)
    seen = derive_and_compare(session, Basis(after, calendar), desk.now)
    done = Interpreted(after.readings.get(rule), seen, desk.apply)
    if desk.then and desk.apply:
        desk.then(session, done)
    return done
