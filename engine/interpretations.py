"""存入的口径: interpretations that were decided over the pages or the API. Rows are only added.

The last row of a rule counts; one without a reading takes back what came before it. What the
configuration file says of a rule stands above what is stored of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.agency import Agency
from engine.database import Instant
from engine.errors import BadInterpretation
from engine.readings import Interpretation, interpreted_term
from rules.catalogue_files import Catalogue
from rules.rule import Rule


class StoredInterpretation(SQLModel, table=True):
    """口径: a decision on how a rule is read, or with an empty `reading` its withdrawal."""

    __tablename__ = "interpretation"

    id: int | None = Field(default=None, primary_key=True)
    rule: str = Field(index=True)
    reading: str
    decided_by: str
    decided_on: date
    reason: str
    at: datetime = Field(sa_column=Column(Instant, nullable=False))
    by: str  # who entered it

    @property
    def interpretation(self) -> Interpretation:
        """As an agency has it."""
        return Interpretation(
            self.rule, self.reading, self.decided_by, self.decided_on, self.reason, entry=self.id
        )


def stored_interpretations(session: Session) -> tuple[Interpretation, ...]:
    """Those that were not withdrawn, in the order in which they came."""
    newest = select(func.max(StoredInterpretation.id)).group_by(col(StoredInterpretation.rule))
    query = select(StoredInterpretation).where(
        col(StoredInterpretation.id).in_(newest), StoredInterpretation.reading != ""
    )
    rows = session.exec(query.order_by(col(StoredInterpretation.id))).all()
    return tuple(row.interpretation for row in rows)


def history_of(session: Session, rule: str) -> list[StoredInterpretation]:
    """All that was decided of a rule here, oldest first."""
    query = select(StoredInterpretation).where(StoredInterpretation.rule == rule)
    return list(session.exec(query.order_by(col(StoredInterpretation.id))).all())


def interpretation_mark(session: Session) -> int:
    """Another one whenever something was stored."""
    return session.exec(select(func.max(col(StoredInterpretation.id)))).one() or 0


def on(agency: Agency, catalogue: Catalogue, stored: Iterable[Interpretation]) -> Agency:
    """The configured agency over a catalogue, with what is stored. What does not count is left
    out: `set_aside` says why. Raises BadAgency, and BadInterpretation of a configured one."""
    configured = {rule: one for rule, one in agency.interpretations.items() if one.entry is None}
    put = beside(configured, catalogue.rules, stored)
    return replace(agency, catalogue=catalogue, interpretations=put)


def beside(
    configured: Mapping[str, Interpretation],
    rules: Mapping[str, Rule],
    stored: Iterable[Interpretation],
) -> dict[str, Interpretation]:
    """The configured ones, and of the stored ones those that count."""
    found = dict(configured)
    for one in stored:
        if one.rule not in configured and not _misfit(one, rules):
            found[one.rule] = one
    return found


def set_aside(agency: Agency, stored: Iterable[Interpretation]) -> Iterator[tuple[str, str]]:
    """The rules of stored ones that do not count, each with the reason and the way out."""
    for one in stored:
        used = agency.interpretations.get(one.rule)
        if used and used.entry is not None:
            continue
        if used:
            place = f"以{in_file(used)}为准，页面上确定的“{one.reading}”不起作用"
            yield one.rule, f"规则 {one.rule} 的口径{place}，请撤回它，或者去掉配置中的这一条"
        elif one.rule not in agency.catalogue.rules:
            told = f"规则 {one.rule} 已不在目录中，口径“{one.reading}”不起作用，规则恢复后才起作用"
            yield one.rule, told
        else:
            misfit = _misfit(one, agency.catalogue.rules)
            yield one.rule, f"页面上确定的口径不起作用：{misfit}，请撤回它，另行确定"


def in_file(one: Interpretation) -> str:
    """Where a configured one stands, for people."""
    return f"配置文件 {one.file} 的 [[interpretation]]" if one.file else "配置文件"


def _misfit(one: Interpretation, rules: Mapping[str, Rule]) -> str:
    """Why it cannot be the reading of its rule; empty where it can."""
    if one.rule not in rules:
        return "没有这条规则"
    try:
        interpreted_term(rules[one.rule], one.reading)
    except BadInterpretation as error:
        return str(error)
    return ""
