"""The JSON objects of loaded texts, their time phrases and proposals, and of what would move."""

from collections.abc import Callable, Iterator
from typing import Any

from api.json_rows import assessment_row
from engine.impact import Affected, Impact
from engine.instants import local_iso
from engine.loaded_texts import LoadedText
from engine.loading import Loading
from engine.proposals import Proposal
from engine.recalculation import Taken
from rules.audit import Standing, Verdict
from rules.reader import Hit

Sees = Callable[[str], bool]  # may who asks see this unit?


def everything(_unit: str) -> bool:
    """On the command line."""
    return True


def text_row(text: LoadedText) -> dict[str, Any]:
    """A loaded text, without its characters."""
    return {
        "text": text.text,
        "document": text.document,
        "version": text.version,
        "name": text.name,
        "sha256": text.sha256,
        "characters": len(text.content),
        "from": text.since,
        "loaded_at": local_iso(text.loaded_at),
        "loaded_by": text.loaded_by,
    }


def loading_row(done: Loading, sees: Sees = everything) -> dict[str, Any]:
    """What came of a text that somebody wanted to load, for who sees some units."""
    found = done.found
    return {
        **text_row(done.text),
        "stored": done.stored,
        "new": done.new,
        **standings(found.verdicts),
        "missing": [quote.in_words() for quote in found.missing],
        "added": [hit_row(hit) for hit in found.added],
        "changed": [{"rule": rule.id, "to": hit_row(hit)} for rule, hit in found.changed],
        "ended": [rule.id for rule in found.ended],
        "proposals": [row.id for row in done.proposals] if done.stored else [],
        "impact": impact_row(done.impact.as_seen(sees)) if done.impact else None,
    }


def standings(verdicts: tuple[Verdict, ...]) -> dict[str, int]:
    """How many time phrases there are, and how they stand."""
    found = [verdict.standing for verdict in verdicts]
    counts = {standing.value: found.count(standing) for standing in Standing}
    return {"hits": len(verdicts), **counts}


def hit_row(hit: Hit) -> dict[str, Any]:
    """A time phrase, with the keys of `qixian extract`."""
    return {
        "start": hit.start,
        "end": hit.end,
        "line": hit.line,
        "time_phrase": hit.time_phrase,
        "quote": hit.quote,
        "kind": hit.kind.value,
        "value": hit.value,
        "trigger": hit.trigger,
        "duty_holder": hit.duty_holder,
        "hard": hit.hard,
    }


def proposal_row(row: Proposal) -> dict[str, Any]:
    """A proposal with the keys of a rule as it is proposed or edited; all that a catalogue file
    would have of it is in `entry`, null where a rule ends."""
    table = row.table if row.entry else {}
    return {
        "id": row.id,
        "document": row.document,
        "change": row.change.value,
        "rule": row.rule,
        "replaces": row.replaces or None,
        "ends_on": row.ends_on,
        "start": row.start if row.entry else None,
        "end": row.end if row.entry else None,
        "line": row.line or None,
        "time_phrase": row.time_phrase or None,
        "quote": table.get("quote", row.quote),
        **{key: table.get(key) for key in ("kind", "value", "trigger", "holders")},
        "entry": table or None,
        "decision": row.decision.value,
        "reason": row.reason or None,
        "decided_by": row.decided_by or None,
        "decided_at": local_iso(row.decided_at),
    }


def taken_row(taken: Taken) -> dict[str, Any]:
    """A holiday notice; `moved` is how many open obligations have another date by it."""
    moved = len(taken.impact.moved) if taken.impact else 0
    return {**assessment_row(taken.assessment), "moved": moved}


def impact_row(seen: Impact) -> dict[str, Any]:
    """What would become of obligations: `added` is how many would be new, `first` the first of them."""
    return {
        "moved": [_affected_row(one) for one in seen.moved],
        "withdrawn": [_affected_row(one) for one in seen.withdrawn],
        "reopened": [_affected_row(one) for one in seen.reopened],
        "added": seen.added,
        "first": [_affected_row(one) for one in seen.first_added],
    }


def _affected_row(one: Affected) -> dict[str, Any]:
    return {
        "obligation": one.id,
        "rule": one.rule,
        "unit": one.unit,
        "period": one.period,
        "old_due_on": one.old_due_on,
        "old_due_at": local_iso(one.old_due_at),
        "new_due_on": one.new_due_on,
        "new_due_at": local_iso(one.new_due_at),
    }


def impact_in_words(seen: Impact | None) -> Iterator[str]:
    """A line for each obligation that would move, and one for those that would be new."""
    if seen is None:
        return
    for one in seen.moved:
        yield f"{_named(one)}到期日由{one.old_due_on}改为{one.new_due_on}"
    for one in seen.withdrawn:
        yield f"{_named(one)}（{one.old_due_on}到期）不再要求"
    for one in seen.reopened:
        yield f"{_named(one)}重新列为待办，{one.new_due_on}到期"
    if seen.added:
        first = f"，最早 {seen.first_added[0].new_due_on} 到期" if seen.first_added else ""
        yield f"新增待办 {seen.added} 项{first}"
    if not (seen.moved or seen.withdrawn or seen.reopened or seen.added):
        yield "待办事项没有变动"


def _named(one: Affected) -> str:
    return f"待办 {one.id}（{one.rule}，{one.unit}，{one.period}）"
