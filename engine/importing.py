"""导入 Importing: units, duties and completed obligations from a table, all of it or nothing.

Every fault is told with its place. What is there already is not entered again, so that a table which
is imported twice changes nothing the second time.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Engine
from sqlmodel import Session

from engine.agency import Agency
from engine.chains import follow
from engine.current_agency import CurrentAgency
from engine.database import trying, writing
from engine.derivation import derive
from engine.errors import BadAgency, EngineError, NotAllowed
from engine.events import check_completion
from engine.impact import Basis, Impact, derive_and_compare
from engine.imported_notices import imported_notices
from engine.instants import local_day, start_of
from engine.obligations import STATUS_NAMES, Obligation, Status, complete, obligations_of
from engine.registering import (
    Decision,
    DutyTerms,
    Effect,
    NewDuties,
    changes_of_unit,
    register_unit,
)
from engine.unit_endings import check_unused
from engine.units import Unit
from engine.workdays import WorkCalendar

UNITS, DUTIES, DONE = "单位", "责任", "办结"
SHEETS = (UNITS, DUTIES, DONE)
MOST_NAMED = 3  # of the periods that there are


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place; `column` is the heading, empty where it is the row or the sheet."""

    sheet: str
    row: int
    column: str
    text: str


@dataclass(frozen=True)
class Done:
    """An obligation that was completed: that of a period, or the one due on a day."""

    unit: str
    rule: str
    which: str | date
    on: date
    evidence: str


@dataclass(frozen=True)
class Wanted:
    """What a table asks for, each with its row. `incomplete`: other rows have faults, so that what
    rests on them is missing, and that is not told again."""

    units: Sequence[tuple[int, Unit]] = ()
    duties: Sequence[tuple[int, DutyTerms]] = ()
    done: Sequence[tuple[int, Done]] = ()
    incomplete: bool = False
    visible: Collection[str] | None = None  # the units of who imports, None for all


@dataclass
class Report:
    """What an import does, or why it does nothing. `changes` says in words what is new or changed."""

    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, Counter[Effect]] = field(
        default_factory=lambda: {sheet: Counter() for sheet in SHEETS}
    )
    changes: list[str] = field(default_factory=list)
    impact: Impact | None = None

    @property
    def changes_something(self) -> bool:
        """Is anything new or changed?"""
        return any(count[Effect.NEW] or count[Effect.CHANGED] for count in self.counts.values())


class _Refused(Exception):
    """Nothing of it is to be committed."""


def preview_import(
    db: Engine, current: CurrentAgency, calendar: WorkCalendar, wanted: Wanted, decision: Decision
) -> Report:
    """What the import would do, found by doing it in a transaction that is rolled back."""
    with trying(db) as session:
        calendar = calendar.knowing(imported_notices(session))
        return _Import(session, current, calendar, decision, compares=True).carry_out(wanted)


def carry_out_import(
    db: Engine,
    current: CurrentAgency,
    calendar: WorkCalendar,
    wanted: Wanted,
    decision: Decision,
    then: Callable[[Session, Report], None] | None = None,
) -> Report:
    """Do it; `then` is called in the same transaction. With a fault nothing is changed."""
    report = Report()
    try:
        with writing(db) as session:
            calendar = calendar.knowing(imported_notices(session))
            report = _Import(session, current, calendar, decision).carry_out(wanted)
            if report.faults:
                raise _Refused
            if then:
                then(session, report)
    except _Refused:
        pass
    return report


@dataclass
class _Import:
    """One import in one transaction."""

    session: Session
    current: CurrentAgency
    calendar: WorkCalendar
    decision: Decision
    compares: bool = False
    report: Report = field(default_factory=Report)
    duties: NewDuties = field(init=False)

    def __post_init__(self) -> None:
        self.duties = NewDuties(self.decision)

    def carry_out(self, wanted: Wanted) -> Report:
        """Units, then duties and what they ask for, then what is done of it; all faults, as far as
        they can be seen behind others."""
        agency = self.current.agency_in(self.session)
        for row, unit in wanted.units:
            self._unit(agency, row, unit, wanted.visible)
        with_units = self._checked(UNITS, wanted)
        if with_units is None:
            return self.report
        for row, duty in wanted.duties:
            self._duty(with_units, row, duty)
        self.duties.store(self.session)
        derived = self._checked(DUTIES, wanted)
        if derived:
            self._derive(derived)
            self._complete(derived, wanted)
        return self.report

    def _unit(self, agency: Agency, row: int, unit: Unit, visible: Collection[str] | None) -> None:
        try:
            check_unused(self.session, agency, unit.id, visible)
            effect = register_unit(self.session, agency, unit, self.decision)
        except EngineError as refused:
            self._fault(UNITS, row, "编号", refused)
            return
        before = agency.units.get(unit.id)
        words = "；".join(changes_of_unit(before, unit, agency))
        self._count(UNITS, effect, f"单位 {unit.name}（{unit.id}）：{words}")

    def _duty(self, agency: Agency, row: int, duty: DutyTerms) -> None:
        before = agency.duties.get(duty.key)
        try:
            effect = self.duties.add(agency, duty)
        except EngineError as refused:
            self._fault(DUTIES, row, _column_of_duty(agency, duty), refused)
            return
        was = f"（原为 {before.since} 至 {before.until or '长期'}）" if before else ""
        until = f"至 {duty.until}" if duty.until else "起"
        name = agency.units[duty.unit].name
        self._count(DUTIES, effect, f"{name}：规则 {duty.rule}，{duty.since} {until}{was}")

    def _checked(self, sheet: str, wanted: Wanted) -> Agency | None:
        """The agency with what was entered so far; None, with a fault, where it does not fit."""
        try:
            return self.current.agency_in(self.session)
        except BadAgency as refused:
            if not (wanted.incomplete or self.report.faults):
                self._fault(sheet, 0, "", refused)
            return None

    def _derive(self, agency: Agency) -> None:
        now = self.decision.now
        if self.compares:
            self.report.impact = derive_and_compare(self.session, Basis(agency, self.calendar), now)
        elif self.report.changes_something:
            derive(self.session, agency, self.calendar, now)

    def _complete(self, agency: Agency, wanted: Wanted) -> None:
        rows = obligations_of(self.session, {(one.rule, one.unit) for _, one in wanted.done})
        incomplete = wanted.incomplete or bool(self.report.faults)
        for number, one in wanted.done:
            key = (one.rule, one.unit)
            if key not in rows:
                rows |= obligations_of(self.session, [key])
            found = [row for row in rows[key] if _is_meant(row, one.which)]
            if not rows[key] and incomplete:
                continue  # it may be that its duty has a fault
            if len(found) != 1:
                self._fault(DONE, number, "期间或到期日", _not_one(found, rows[key]))
            elif self._done(agency, number, one, found[0]):
                rows.clear()  # what follows it stands now

    def _done(self, agency: Agency, number: int, one: Done, row: Obligation) -> bool:
        """Complete it, unless it is; has anything begun with it?"""
        assert row.id is not None
        if row.status is not Status.OPEN:
            if not _is_same(row, one):
                day = local_day(row.closed_at) if row.closed_at else ""
                words = f"这一项{STATUS_NAMES[row.status]}（{day}，{row.closed_by}），与表中不同；要改请先恢复待办"
                self._fault(DONE, number, "办结日", words)
            else:
                self._count(DONE, Effect.UNCHANGED, "")
            return False
        at, by, now = start_of(one.on), self.decision.by, self.decision.now
        try:
            if local_day(now) < one.on:
                raise NotAllowed("办结日不能晚于今天")
            check_completion(self.session, agency, row, at)
            complete(self.session, row.id, by=by, at=at, evidence=one.evidence, now=now)
        except EngineError as refused:
            self._fault(DONE, number, "办结日", refused)
            return False
        name = agency.units[one.unit].name
        what = f"{name}：规则 {one.rule}，{row.period_in_words}，办结于 {one.on}"
        self._count(DONE, Effect.CHANGED, what)
        return follow(self.session, agency, self.calendar, row, now) > 0

    def _count(self, sheet: str, effect: Effect, words: str) -> None:
        self.report.counts[sheet][effect] += 1
        if effect is not Effect.UNCHANGED:
            self.report.changes.append(words)

    def _fault(self, sheet: str, row: int, column: str, why: object) -> None:
        self.report.faults.append(Fault(sheet, row, column, str(why)))


def _column_of_duty(agency: Agency, duty: DutyTerms) -> str:
    """At which column a refused duty is to be put right."""
    if duty.rule not in agency.catalogue.rules:
        return "规则"
    if duty.until and duty.until < duty.since:
        return "末日"
    return "提醒策略" if duty.ladder and duty.ladder not in agency.named_ladders else "起始日"


def _is_meant(row: Obligation, which: str | date) -> bool:
    if isinstance(which, date):
        return row.due_on == which
    return which in (row.period, row.period_in_words)


def _is_same(row: Obligation, one: Done) -> bool:
    if row.status is not Status.DONE or row.closed_at is None:
        return False
    return local_day(row.closed_at) == one.on and one.evidence in ("", row.evidence)


def _not_one(found: Sequence[Obligation], rows: Sequence[Obligation]) -> str:
    if found:
        return f"有 {len(found)} 项相符：{'、'.join(_named(found))}，请写明其中一期"
    if not rows:
        return "这个单位没有这条规则的事项，请先登记责任，或核对起始日"
    return f"没有这一期；有的如：{'、'.join(_named(rows))}"


def _named(rows: Sequence[Obligation]) -> Iterator[str]:
    for row in sorted(rows, key=lambda one: one.due_on)[:MOST_NAMED]:
        yield f"{row.period}（{row.due_on} 到期）"
