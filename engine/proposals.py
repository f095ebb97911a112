"""建议 Proposal: what a loaded text asks for, until a person accepts, edits or dismisses it.

A proposal holds a rule as it would stand in a catalogue file. Nothing that is only proposed is
part of any duty. Every decision is in the journal, with who and when.
"""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine import journal
from engine.database import Instant, words
from engine.errors import NotAllowed, NotFound
from engine.loaded_texts import LoadedText
from engine.workdays import WorkCalendar
from engine.worked_examples import worked_example
from rules.audit import Unbroken
from rules.catalogue_files import Catalogue
from rules.catalogue_text import entry_text, example_table, rule_table
from rules.errors import CatalogueError, TermError
from rules.reader import Hit
from rules.rule import Document, Rule
from rules.rule_tables import rule as rule_of_table
from rules.succession import Succession
from rules.tables import Table
from rules.terms import Term

_DAY = timedelta(days=1)


class Change(StrEnum):
    """变动: what becomes of the catalogue when the proposal is accepted."""

    ADDED = "added"
    CHANGED = "changed"  # a later wording of a rule
    ENDED = "ended"


class Decision(StrEnum):
    """处理."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"  # nobody decided before a later version of the text came


DECISION_NAMES = {
    Decision.OPEN: "待确认",
    Decision.ACCEPTED: "已采用",
    Decision.DISMISSED: "不列为规则",
    Decision.SUPERSEDED: "已被新文本取代",
}


class Proposal(SQLModel, table=True):
    """建议. `rule` is the id that the rule has or will have; of an ended one the rule that ends."""

    __table_args__ = (UniqueConstraint("text_id", "rule"),)

    id: int | None = Field(default=None, primary_key=True)
    text_id: int = Field(foreign_key="loaded_text.id")
    document: str
    change: Change = Field(sa_column=Column(words(Change), nullable=False))
    rule: str
    replaces: str  # the rule of which it is a later wording
    ends_on: date | None  # the last day of the rule that it ends or replaces
    start: int  # where the time phrase stands in the text; -1 for an ended rule
    end: int
    line: int
    time_phrase: str
    quote: str  # as the reader gave it
    entry: str  # the rule as a catalogue file has it; empty for an ended one
    decision: Decision = Field(
        default=Decision.OPEN, sa_column=Column(words(Decision), nullable=False, index=True)
    )
    reason: str = ""
    decided_by: str = ""
    decided_at: datetime | None = Field(default=None, sa_column=Column(Instant))

    @property
    def table(self) -> dict[str, Any]:
        """The rule as proposed or edited, key by key."""
        return tomllib.loads(self.entry)


IS_OPEN = col(Proposal.decision) == Decision.OPEN


def propose(
    session: Session,
    loaded: LoadedText,
    found: Succession,
    catalogue: Catalogue,
) -> list[Proposal]:
    """The proposals of a newly loaded text. Those of its earlier version that are open end; what a
    person had edited in them goes over to the same sentence."""
    earlier = _supersede(session, loaded)
    assert loaded.id is not None
    ids = _free_ids(session, loaded.document, catalogue)
    last_day = loaded.since - _DAY if loaded.since else None
    rows = [
        _added(loaded, hit, next(ids), earlier.get((hit.time_phrase, hit.quote)))
        for hit in found.added
    ]
    rows += [_changed(loaded, rule, hit, next(ids), last_day) for rule, hit in found.changed]
    rows += [_ended(loaded, rule, last_day) for rule in found.ended]
    rows.sort(key=lambda row: row.start)
    session.add_all(rows)
    session.flush()
    return rows


def get_proposal(session: Session, proposal_id: int) -> Proposal:
    """Raises NotFound."""
    row = session.get(Proposal, proposal_id)
    if row is None:
        raise NotFound(f"没有编号为 {proposal_id} 的建议")
    return row


def list_proposals(
    session: Session, *conditions: Any, after: int = 0, limit: int | None = None
) -> list[Proposal]:
    """Proposals by id, those after one of them."""
    query = select(Proposal).where(col(Proposal.id) > after, *conditions)
    return list(session.exec(query.order_by(col(Proposal.id)).limit(limit)).all())


def accept(
    session: Session,
    row: Proposal,
    document: Document,
    calendar: WorkCalendar,
    *,
    by: str,
    now: datetime,
) -> None:
    """采用. Raises NotAllowed, CatalogueError; then nothing is changed."""
    if row.decision in (Decision.ACCEPTED, Decision.SUPERSEDED):
        raise NotAllowed(f"建议 {row.id} {DECISION_NAMES[row.decision]}，不能再采用")
    if row.change is not Change.ENDED:
        _set_rule(session, row, row.table, document, calendar)
    _decide(session, row, Decision.ACCEPTED, by, now, "")


def edit(
    session: Session,
    row: Proposal,
    changes: Mapping[str, Any],
    document: Document,
    calendar: WorkCalendar,
    *,
    by: str,
    now: datetime,
) -> None:
    """修改: keys of the rule's table; None takes one out. What is accepted changes with it.
    Raises NotAllowed, CatalogueError; then nothing is changed."""
    if row.change is Change.ENDED or row.decision is Decision.SUPERSEDED:
        raise NotAllowed(f"建议 {row.id} 没有可以修改的规则")
    before = row.table
    table = {key: value for key, value in (before | dict(changes)).items() if value is not None}
    table.pop("example", None)
    _set_rule(session, row, table, document, calendar)
    after = row.table
    changed = "；".join(
        f"{key} 由“{_written(before.get(key))}”改为“{_written(after.get(key))}”"
        for key in changes
        if before.get(key) != after.get(key)
    )
    _note(session, row, now, "edit", by, f"修改：{changed or '没有变化'}")


def dismiss(session: Session, row: Proposal, *, by: str, reason: str, now: datetime) -> None:
    """不列为规则, with a reason; an accepted one is taken back. Raises NotAllowed."""
    if row.decision in (Decision.DISMISSED, Decision.SUPERSEDED):
        raise NotAllowed(f"建议 {row.id} {DECISION_NAMES[row.decision]}，不必再处理")
    _decide(session, row, Decision.DISMISSED, by, now, reason)


def rule_of(row: Proposal, document: Document) -> Rule:
    """The rule that an accepted proposal holds. Raises CatalogueError."""
    return rule_of_table(Table(f"{place_of(row)}：规则 {row.rule} ", row.table), document)


def place_of(row: Proposal) -> Path:
    """How a refusal names the place of what stands in no file."""
    return Path(f"建议 {row.id}")


def _set_rule(
    session: Session,
    row: Proposal,
    table: dict[str, Any],
    document: Document,
    calendar: WorkCalendar,
) -> None:
    """Check the rule as a catalogue file's would be, and its quote against the text."""
    place = f"{place_of(row)}：规则 {row.rule} "
    given = Table(place, table)
    try:
        term = Term.parse(given.text("kind"), given.need("value", str))
    except TermError as error:
        raise CatalogueError(f"{place}的期限不合规定：{error}") from error
    worked = worked_example(term, table.get("hard", term.hard), calendar)
    complete = table | {"example": example_table(worked)}
    rule = rule_of_table(Table(place, complete), document)
    loaded = session.get(LoadedText, row.text_id)
    assert loaded is not None
    if not Unbroken.of(loaded.content).holds(rule.quote):
        raise CatalogueError(f"{place}的 quote 不在正文中，请从正文逐字照录")
    if not Unbroken.of(rule.quote).holds(row.time_phrase):
        raise CatalogueError(f"{place}的 quote 应含有时间用语“{row.time_phrase}”，请补上")
    if row.change is Change.CHANGED:
        if rule.since is None:
            raise CatalogueError(f"{place}的 from 没有写，而它接替 {row.replaces}，请补上")
        row.ends_on = rule.since - _DAY
    row.entry = entry_text(complete)


def _decide(
    session: Session, row: Proposal, decision: Decision, by: str, now: datetime, reason: str
) -> None:
    row.decision, row.decided_by, row.decided_at, row.reason = decision, by, now, reason
    because = f"：{reason}" if reason else ""
    _note(session, row, now, _ENTRIES[decision], by, f"{DECISION_NAMES[decision]}{because}")


_ENTRIES = {Decision.ACCEPTED: "accept", Decision.DISMISSED: "dismiss"}


def _note(session: Session, row: Proposal, now: datetime, kind: str, by: str, text: str) -> None:
    assert row.id is not None
    journal.write_of_proposal(session, row.id, now, kind, by, text)


def _written(value: Any) -> str:
    return "、".join(value) if isinstance(value, list) else str(value or "")


def _supersede(session: Session, loaded: LoadedText) -> dict[tuple[str, str], Proposal]:
    """The proposals on which nobody decided, by time phrase and quote."""
    waiting = select(Proposal).join(LoadedText).where(LoadedText.text == loaded.text, IS_OPEN)
    rows = session.exec(waiting).all()
    for row in rows:
        row.decision = Decision.SUPERSEDED
        text = f"{DECISION_NAMES[row.decision]}（第 {loaded.version} 版）"
        _note(session, row, loaded.loaded_at, "supersede", loaded.loaded_by, text)
    return {(row.time_phrase, row.quote): row for row in rows if row.change is Change.ADDED}


def _added(loaded: LoadedText, hit: Hit, id_: str, earlier: Proposal | None) -> Proposal:
    if earlier:
        kept = {key: value for key, value in earlier.table.items() if key != "example"}
        return _proposal(loaded, hit, Change.ADDED, kept | {"id": id_, "place": f"第{hit.line}行"})
    table = {
        "id": id_,
        "quote": hit.quote,
        "kind": hit.kind.value,
        "value": hit.value,
        "trigger": hit.trigger,
        "holders": _holders(hit),
        "place": f"第{hit.line}行",
    }
    return _proposal(loaded, hit, Change.ADDED, table)


def _changed(loaded: LoadedText, rule: Rule, hit: Hit, id_: str, last_day: date | None) -> Proposal:
    """The new wording of a rule: its words and its term; what a person had settled stays."""
    kept = {
        key: value
        for key, value in rule_table(rule).items()
        if key not in ("example", "until", "hard", "text")
    }
    counts = rule.term.kind is hit.kind
    changed = {
        "id": id_,
        "quote": hit.quote,
        "kind": hit.kind.value,
        "value": hit.value,
        "trigger": rule.trigger if counts else hit.trigger,
        "place": f"第{hit.line}行",
        "replaces": rule.id,
        "from": loaded.since,
    }
    row = _proposal(loaded, hit, Change.CHANGED, kept | changed)
    row.replaces, row.ends_on = rule.id, last_day
    return row


def _ended(loaded: LoadedText, rule: Rule, last_day: date | None) -> Proposal:
    assert loaded.id is not None
    return Proposal(
        text_id=loaded.id,
        document=loaded.document,
        change=Change.ENDED,
        rule=rule.id,
        replaces="",
        ends_on=last_day,
        start=-1,
        end=-1,
        line=0,
        time_phrase="",
        quote=rule.quote,
        entry="",
    )


def _proposal(loaded: LoadedText, hit: Hit, change: Change, table: dict[str, Any]) -> Proposal:
    assert loaded.id is not None
    wording = {"text": loaded.text} if loaded.text != loaded.document else {}
    return Proposal(
        text_id=loaded.id,
        document=loaded.document,
        change=change,
        rule=table["id"],
        replaces="",
        ends_on=None,
        start=hit.start,
        end=hit.end,
        line=hit.line,
        time_phrase=hit.time_phrase,
        quote=hit.quote,
        entry=entry_text(table | wording),
    )


def _holders(hit: Hit) -> list[str]:
    names = (name.strip() for name in hit.duty_holder.split("|"))
    return list(dict.fromkeys(name for name in names if name))


def _free_ids(session: Session, document: str, catalogue: Catalogue) -> Iterator[str]:
    """Ids that no rule and no proposal of the document has: `x-2026-07`, `x-2026-08`, …"""
    proposed = session.exec(select(Proposal.rule).where(Proposal.document == document)).all()
    ids = (*catalogue.rules, *catalogue.clauses, *proposed)
    rest = (id_.removeprefix(f"{document}-") for id_ in ids if id_.startswith(f"{document}-"))
    last = max((int(text) for text in rest if text.isdecimal()), default=0)
    return (f"{document}-{number:02d}" for number in count(last + 1))
