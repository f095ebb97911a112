"""目录文件的写法: what is written is read back as the same values."""

from pathlib import Path

import pytest

from rules.amounts import Amount
from rules.catalogue_files import load_catalogue, read_catalogue_file
from rules.catalogue_text import catalogue_text
from rules.rule import Document

CATALOGUE = load_catalogue()


@pytest.mark.parametrize("document", CATALOGUE.documents.values(), ids=CATALOGUE.documents)
def test_every_bundled_document_comes_back_as_it_was(document: Document, tmp_path: Path) -> None:
    rules = [rule for rule in CATALOGUE.rules.values() if rule.document == document]
    clauses = [clause for clause in CATALOGUE.clauses.values() if clause.document == document]
    dismissed = [one for one in CATALOGUE.dismissed if one.document == document]
    file = tmp_path / "written.toml"
    file.write_text(catalogue_text(document, rules, clauses, dismissed), encoding="utf-8")
    read = read_catalogue_file(file)
    assert read.document == document
    assert list(read.rules) == rules
    assert list(read.clauses) == clauses
    assert list(read.dismissed) == dismissed
    assert len(rules) > 20 or clauses


@pytest.mark.parametrize("text", ["20WD", "PT5H", "P20D", "P2W", "P3M", "P2Y"])
def test_an_amount_is_written_as_it_is_read(text: str) -> None:
    assert Amount.parse(text).written == text
