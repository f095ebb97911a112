"""docs/catalogue.md names every key of a catalogue file: an undocumented key fails the build."""

from pathlib import Path

import pytest

from rules import catalogue_files, clauses, dismissals, examples, rule_tables, validity

PAGE = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("section", "keys"),
    [
        ("[document]", (*catalogue_files.DOCUMENT_KEYS, *validity.WORDING_KEYS)),
        ("[[rule]]", (*rule_tables.KEYS, *rule_tables.OPTIONS, *examples.KEYS)),
        ("[[clause]]", (*clauses.KEYS, *clauses.OPTIONS)),
        ("[[dismissed]]", dismissals.KEYS),
    ],
)
def test_every_key_is_documented(section: str, keys: tuple[str, ...]) -> None:
    _, _, rest = PAGE.partition(f"## `{section}`")
    described = rest.partition("\n## ")[0]
    assert [key for key in keys if key not in described] == []
