"""水位 Watermark: how far a duty has been derived, and from what. Downtime is caught up from it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import bindparam, delete
from sqlmodel import Field, Session, SQLModel, col, select

from engine.agency import Agency
from engine.alternatives import is_guarded
from engine.database import insert_or_update
from engine.duties import Duty
from engine.readings import Source
from engine.workdays import WorkCalendar
from rules.rule import Rule


class Watermark(SQLModel, table=True):
    """Everything that `duty` owes up to `through` stands as rows; `basis` is what it was from."""

    duty: str = Field(primary_key=True)
    through: date
    basis: str


class Mark(NamedTuple):
    """What the watermark of a duty says: a database has thousands, all asked for at every tick."""

    through: date
    basis: str


def basis_of(duty: Duty, agency: Agency, calendar: WorkCalendar) -> str:
    """A fingerprint of all that a duty's dates rest on: reading and days in force, of linked
    duties also those of the others, any of which may govern it; then that of the calendar."""
    parts = _basis(duty, agency)
    for other in agency.linked.get(duty.key, ()):
        parts += (other.rule, *_basis(other, agency))
    return f"{sha256(repr(parts).encode()).hexdigest()[:16]}:{calendar.fingerprint}"


def what_changed(before: str, after: str, notice: str) -> str:
    """Why dates move that rest on another basis now, for those who owe them. `notice` is the
    holiday notice that has just come in, if one has."""
    if not calendar_alone(before, after):
        return "规则、口径或责任有变动"
    return f"依据{notice}" if notice else "放假安排有更新"


def calendar_alone(before: str, after: str) -> bool:
    """Do two bases differ by nothing but the calendar?"""
    return before.partition(":")[0] == after.partition(":")[0]


def _basis(duty: Duty, agency: Agency) -> list[object]:
    reading = agency.readings[duty.rule]
    parts: list[object] = [reading.term, reading.source, duty.since, duty.until]
    parts += agency.seasons_of(duty)
    rule = agency.catalogue.rules[duty.rule]
    if reading.term and is_guarded(rule, reading.term):
        parts += ["guarded", rule.document.adopted, rule.document.published]
    if duty.key in agency.chained:
        parts += [agency.trigger_of(duty), agency.begins(duty)]
    if reading.source is Source.STATUTORY:
        parts += _referred(duty.rule, agency.catalogue.rules)
    return parts


def _referred(id_: str, rules: Mapping[str, Rule]) -> Iterator[tuple[object, ...]]:
    """All wordings of the documents to which a rule refers."""
    documents = {rules[other].document.id for other in rules[id_].refers_to}
    for rule in rules.values():
        if rule.document.id in documents:
            yield (rule.id, rule.term, rule.since, rule.until, rule.replaces)


def watermarks(session: Session) -> dict[str, Mark]:
    """All watermarks by duty."""
    query = select(col(Watermark.duty), col(Watermark.through), col(Watermark.basis))
    return {duty: Mark(through, basis) for duty, through, basis in session.exec(query).all()}


def store_watermarks(session: Session, marks: Mapping[str, Mark]) -> None:
    """Let these stand for their duties."""
    if marks:
        rows = [{"duty": duty, **mark._asdict()} for duty, mark in marks.items()]
        session.connection().execute(insert_or_update(session, Watermark), rows)


def remove_watermarks(session: Session, duties: Iterable[str]) -> None:
    """Those of duties that there are no more."""
    if rows := [{"gone": duty} for duty in duties]:
        statement = delete(Watermark).where(col(Watermark.duty) == bindparam("gone"))
        session.connection().execute(statement, rows)
