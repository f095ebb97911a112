"""目录文件的写法: a catalogue file as text. What is written is read back as the same values."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any

import tomli_w

from rules.clauses import Clause
from rules.dismissals import Dismissal
from rules.rule import Anchor, Document, Example, HolderKind, Rule, Share, Wording


def catalogue_text(
    document: Document,
    rules: Iterable[Rule] = (),
    clauses: Iterable[Clause] = (),
    dismissed: Iterable[Dismissal] = (),
) -> str:
    """A whole catalogue file in TOML."""
    tables: dict[str, Any] = {"document": document_table(document)}
    for key, entries in (
        ("rule", [rule_table(rule) for rule in rules]),
        ("clause", [_clause_table(clause) for clause in clauses]),
        ("dismissed", [_dismissal_table(dismissal) for dismissal in dismissed]),
    ):
        if entries:
            tables[key] = entries
    return entry_text(tables)


def entry_text(table: Mapping[str, Any]) -> str:
    """One table in TOML."""
    return tomli_w.dumps(table)


def document_table(document: Document) -> dict[str, Any]:
    """The table `[document]`."""
    return _written(
        id=document.id,
        title=document.title,
        number=document.number,
        issuer=document.issuer,
        adopted=document.adopted,
        published=document.published,
        year=document.year,
        **{"from": document.since},
        until=document.until,
        layout=document.layout,
        note=document.note,
        wording=[_wording_table(wording) for wording in document.wordings],
    )


def rule_table(rule: Rule) -> dict[str, Any]:
    """One `[[rule]]`, without the keys that say what would be taken anyhow."""
    held = _held(rule.document, rule.text)
    usual = Share.EACH if len(rule.holders) < 2 else Share.UNKNOWN
    return {
        "id": rule.id,
        "quote": rule.quote,
        "kind": rule.term.kind.value,
        "value": rule.term.value,
        "trigger": rule.trigger,
        "holders": list(rule.holders),
        "place": rule.place,
        **_written(
            hard=_unless(rule.hard, rule.term.hard),
            text=_unless(rule.text, rule.document.id),
            **{"from": _unless(rule.since, held.since)},
            until=_unless(rule.until, held.until),
            anchor=_unless(rule.anchor, Anchor.STATED),
            share=_unless(rule.share, usual),
            holder_kind=_unless(rule.holder_kind, HolderKind.NAMED),
            exception=rule.exception,
            softened=rule.softened,
            starts_after=rule.starts_after,
            same_as=list(rule.same_as),
            refers_to=list(rule.refers_to),
            replaces=rule.replaces,
            note=rule.note,
        ),
        "example": example_table(rule.example),
    }


def example_table(example: Example) -> dict[str, Any]:
    """The table `example` of a rule."""
    return _written(
        event=example.event,
        period=example.period,
        reading=example.reading,
        due_on=example.due_on,
        due_at=example.due_at,
        act_by=example.act_by,
        waits=example.waits or None,
    )


def _clause_table(clause: Clause) -> dict[str, Any]:
    held = _held(clause.document, clause.text)
    return _written(
        id=clause.id,
        effect=clause.effect,
        quote=clause.quote,
        trigger=clause.trigger,
        text=_unless(clause.text, clause.document.id),
        counts_from=clause.counts_from,
        cap=clause.cap.written if clause.cap else None,
        approver=clause.approver,
        **{"from": _unless(clause.since, held.since)},
        until=_unless(clause.until, held.until),
        note=clause.note,
    ) | {"rules": list(clause.rules), "place": clause.place}


def _dismissal_table(dismissal: Dismissal) -> dict[str, Any]:
    return _written(
        quote=dismissal.quote,
        time_phrase=dismissal.time_phrase,
        reason=dismissal.reason,
        text=_unless(dismissal.text, dismissal.document.id),
    )


def _wording_table(wording: Wording) -> dict[str, Any]:
    return _written(
        text=wording.text,
        number=wording.number,
        adopted=wording.adopted,
        **{"from": wording.since},
        until=wording.until,
    )


def _held(document: Document, text: str) -> Document | Wording:
    """Whose days in force an entry takes over."""
    return next((w for w in document.wordings if w.text == text), document)


def _unless(value: Any, usual: Any) -> Any:
    return None if value == usual else value


def _written(**values: date | str | int | list[Any] | None) -> dict[str, Any]:
    """The keys that have a value; words of an enumeration as plain text."""
    return {
        key: value.value if isinstance(value, StrEnum) else value
        for key, value in values.items()
        if value is not None and value not in ("", [])
    }
