"""The catalogue against the hand-made inventory of three documents (docs/inventory.md)."""

from typing import Any

import pytest

from rules.catalogue_files import load_catalogue
from rules.rule import Rule
from tests.rules.texts import WITH_INVENTORY, inventory, needs_inventory, text_of

CATALOGUE = load_catalogue()

# Rows that are no requirement by the text; docs/inventory.md says why, each by each.
DISMISSED = {
    *("gbf-2017-24-11", "gbf-2017-24-48", "gbf-2017-24-54"),
    *("gbf-2018-23-07", "gbf-2018-23-09", "gbf-2018-23-23"),
    *("guangyuan-2017-08", "guangyuan-2017-61"),
}

each_document = pytest.mark.parametrize("document", WITH_INVENTORY)


def overlaps(quote: str, row: dict[str, Any], document: str) -> bool:
    """Does an occurrence of the quote share a character with the row's time phrase?"""
    text = text_of(document)
    first = text.find(quote, max(0, row["start"] - len(quote) + 1))
    return 0 <= first < row["end"]


def covers(rule: Rule, row: dict[str, Any]) -> bool:
    same = rule.term.kind == row["kind"] and (not row["hard"] or rule.term.value == row["value"])
    return same and overlaps(rule.quote, row, rule.document.id)


def rules_of(document: str) -> list[Rule]:
    return [rule for rule in CATALOGUE.rules.values() if rule.document.id == document]


@needs_inventory
@each_document
def test_every_hard_row_is_a_rule_with_its_kind_and_value(document: str) -> None:
    rows = [row for row in inventory(document) if row["hard"]]
    assert rows
    missed = [r["id"] for r in rows if not any(covers(rule, r) for rule in rules_of(document))]
    assert missed == []


@needs_inventory
@each_document
def test_every_row_is_a_rule_of_its_kind_or_is_dismissed(document: str) -> None:
    for row in inventory(document):
        if row["id"] in DISMISSED:
            excused = [d.quote for d in CATALOGUE.dismissed if d.document.id == document]
            assert any(overlaps(quote, row, document) for quote in excused), row["id"]
        else:
            assert covers(CATALOGUE.rules[row["id"]], row), row["id"]


@needs_inventory
@each_document
def test_a_rule_is_hard_where_the_inventory_says_so(document: str) -> None:
    for row in inventory(document):
        if row["id"] not in DISMISSED:
            assert CATALOGUE.rules[row["id"]].hard is row["hard"], row["id"]


@needs_inventory
def test_only_borderline_rows_are_dismissed() -> None:
    rows = {row["id"]: row for document in WITH_INVENTORY for row in inventory(document)}
    assert {id_ for id_ in DISMISSED if not rows[id_]["borderline"]} == set()
    assert DISMISSED.isdisjoint(CATALOGUE.rules)
