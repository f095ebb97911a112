"""The bundled catalogue against the documents' texts and the hand-made inventory.

Texts and inventory are not in the project (see the design: short quotes only). They lie in
`shared`, beside the repository; where that folder is missing its tests are skipped.
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rules.catalogue_files import load_catalogue
from rules.rule import Rule
from rules.terms import Kind

SHARED = Path(__file__).parents[2].parent / "shared"
DOCUMENTS, INVENTORY = SHARED / "documents", SHARED / "gold"

needs_documents = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason="the documents' texts are not beside the repository"
)
needs_inventory = pytest.mark.skipif(
    not (DOCUMENTS.is_dir() and INVENTORY.is_dir()),
    reason="the hand-made inventory is not beside the repository",
)

CATALOGUE = load_catalogue()
RULES = list(CATALOGUE.rules.values())
GUANGYUAN = [rule for rule in RULES if rule.document.id == "guangyuan-2017"]

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])


@cache
def text_of(document: str) -> str:
    return (DOCUMENTS / f"{document}.txt").read_text(encoding="utf-8")


def inventory() -> list[dict[str, Any]]:
    file = INVENTORY / "guangyuan-2017.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def span(rule: Rule) -> tuple[int, int]:
    start = text_of(rule.document.id).index(rule.quote)
    return start, start + len(rule.quote)


def covers(rule: Rule, row: dict[str, Any]) -> bool:
    start, end = span(rule)
    overlaps = bool(start < row["end"] and row["start"] < end)
    return overlaps and (rule.term.kind, rule.term.value) == (row["kind"], row["value"])


def test_the_bundled_files_load_in_the_order_of_their_names() -> None:
    assert list(CATALOGUE.documents) == ["gbf-2016-80", "gbf-2017-24", "guangyuan-2017"]
    assert Counter(rule.document.id for rule in RULES) == {
        "gbf-2016-80": 2,
        "gbf-2017-24": 1,
        "guangyuan-2017": 37,
    }


def test_the_rules_of_guangyuan_are_counted_by_kind() -> None:
    assert Counter(rule.term.kind for rule in GUANGYUAN) == {
        Kind.PERIODIC: 13,
        Kind.FIXED_DEADLINE: 2,
        Kind.AFTER_EVENT: 3,
        Kind.BEFORE_EVENT: 1,
        Kind.SIMULTANEOUS: 1,
        Kind.CONTINUOUS: 4,
        Kind.VAGUE_PERIODIC: 13,
    }
    assert sum(rule.hard for rule in GUANGYUAN) == 17


def test_hard_is_overridden_only_where_the_event_itself_is_the_date() -> None:
    overridden = [rule.id for rule in RULES if rule.hard != rule.term.hard]
    assert overridden == ["guangyuan-2017-64"]


def test_the_anchor_that_is_not_in_the_text_is_called_assumed() -> None:
    rule = CATALOGUE.rules["gbf-2017-24-67"]
    assert rule.document.published is None
    assert rule.example.event == rule.document.adopted
    assert "推定" in rule.note


def test_only_the_rule_whose_sentence_names_nobody_has_no_holders() -> None:
    assert [rule.id for rule in RULES if not rule.holders] == ["guangyuan-2017-64"]


def test_the_nineteen_departments_stand_one_by_one() -> None:
    assert len(CATALOGUE.rules["guangyuan-2017-62"].holders) == 19


@needs_documents
@each_rule
def test_each_quote_stands_in_the_text_once_character_by_character(rule: Rule) -> None:
    assert text_of(rule.document.id).count(rule.quote) == 1


@needs_documents
@each_rule
def test_holders_and_trigger_are_words_of_the_text(rule: Rule) -> None:
    text = text_of(rule.document.id)
    assert [name for name in (*rule.holders, rule.trigger) if name not in text] == []


@needs_inventory
@pytest.mark.parametrize("wanted", ["hard", "vague_periodic"])
def test_the_inventory_of_guangyuan_is_covered(wanted: str) -> None:
    rows = [
        row for row in inventory() if (row["hard"] if wanted == "hard" else row["kind"] == wanted)
    ]
    assert rows
    assert [row["id"] for row in rows if not any(covers(rule, row) for rule in GUANGYUAN)] == []


@needs_inventory
def test_each_rule_of_guangyuan_is_the_inventory_row_of_its_id() -> None:
    rows = {row["id"]: row for row in inventory()}
    for rule in GUANGYUAN:
        assert covers(rule, rows[rule.id]), rule.id
        assert rule.hard is rows[rule.id]["hard"], rule.id


@needs_inventory
def test_prompt_requirements_are_not_in_the_catalogue_yet() -> None:
    prompt = {row["id"] for row in inventory() if row["kind"] == Kind.VAGUE_PROMPT}
    assert prompt.isdisjoint(CATALOGUE.rules)
