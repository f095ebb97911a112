"""新旧对照: what a new version of a document changes."""

from dataclasses import replace
from datetime import date

from rules.catalogue_files import load_catalogue
from rules.revisions import revision
from rules.terms import Term

RULES = [r for r in load_catalogue().rules.values() if r.document.id == "gbf-2018-23"]


def test_the_same_rules_are_no_revision() -> None:
    found = revision(RULES, RULES)
    assert (found.added, found.changed, found.ended) == ((), (), ())


def test_rules_are_added_changed_and_ended() -> None:
    kept, moved, gone, *rest = RULES
    changed = replace(moved, term=Term.parse("after_event", "20WD"))
    new = replace(kept, id="gbf-2018-23-99")
    found = revision(RULES, [kept, changed, new, *rest])
    assert found.added == (new,)
    assert found.changed == ((moved, changed),)
    assert found.ended == (gone,)


def test_a_note_on_the_document_changes_no_rule() -> None:
    other = replace(RULES[0].document, note="另一个备注", published=date(2018, 4, 24))
    assert revision(RULES, [replace(rule, document=other) for rule in RULES]).changed == ()
