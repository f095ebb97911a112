"""The bundled catalogue: its counts, its quotes in the documents' texts, its links."""

from collections import Counter
from datetime import date

import pytest

from rules.amounts import Measure
from rules.catalogue_files import load_catalogue
from rules.clauses import Clause
from rules.rule import Anchor, HolderKind, Rule, Share
from rules.terms import Kind
from tests.rules.texts import needs_documents, text_of

CATALOGUE = load_catalogue()
RULES = list(CATALOGUE.rules.values())
CLAUSES = list(CATALOGUE.clauses.values())

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])
each_quote = pytest.mark.parametrize(
    "entry", [*RULES, *CLAUSES], ids=[entry.id for entry in (*RULES, *CLAUSES)]
)


def of(*ids: str) -> list[Rule]:
    return [CATALOGUE.rules[id_] for id_ in ids]


def test_the_bundled_files_load_in_the_order_of_their_names() -> None:
    assert Counter(rule.document.id for rule in RULES) == {
        "gbf-2016-80": 55,
        "gbf-2017-24": 66,
        "gbf-2018-23": 29,
        "gbf-2019-14": 24,
        "guangyuan-2017": 68,
        "zfxxgk-tiaoli": 29,
    }
    assert list(CATALOGUE.documents) == sorted(CATALOGUE.documents)


def test_all_ten_kinds_are_in_the_catalogue() -> None:
    assert {rule.term.kind for rule in RULES} == set(Kind)


def test_hard_is_overridden_only_where_the_event_itself_is_the_date() -> None:
    overridden = [rule for rule in RULES if rule.hard != rule.term.hard]
    assert {rule.term.kind for rule in overridden} == {Kind.SIMULTANEOUS, Kind.BEFORE_EVENT}
    assert [rule.id for rule in overridden if not rule.trigger] == []


def test_a_moment_that_the_paper_does_not_state_is_assumed_and_explained() -> None:
    assumed = [rule.id for rule in RULES if rule.anchor is Anchor.ASSUMED]
    assert assumed == [
        *("gbf-2016-80-19", "gbf-2016-80-5h", "gbf-2016-80-24h"),
        *("gbf-2017-24-59", "gbf-2017-24-60", "gbf-2017-24-67"),
        "gbf-2019-14-07",
        *("guangyuan-2017-59", "guangyuan-2017-60"),
    ]
    assert [rule.id for rule in of(*assumed) if not rule.note] == []


def test_every_limit_in_hours_has_an_assumed_moment() -> None:
    in_hours = [rule for rule in RULES if rule.term.amount]
    in_hours = [r for r in in_hours if r.term.amount and r.term.amount.measure is Measure.HOUR]
    assert len(in_hours) == 6
    assert {rule.anchor for rule in in_hours} == {Anchor.ASSUMED}


def test_a_deadline_without_a_year_is_in_the_document_s_year() -> None:
    bare = [r for r in RULES if r.term.day and not r.quote.count(str(r.term.day.year))]
    softened = CATALOGUE.rules["gbf-2016-80-48"]
    assert softened in bare  # “十三五”期末
    for rule in bare:
        if rule is not softened and rule.term.day:
            assert rule.term.day.year == rule.document.year, rule.id
    assert len(bare) == 14


def test_several_rhythms_of_one_sentence_are_several_rules() -> None:
    monthly, quarterly = of("gbf-2017-24-04", "gbf-2017-24-05")
    assert monthly.quote == quarterly.quote
    assert (monthly.term.value, quarterly.term.value) == ("P1M", "P3M")
    assert CATALOGUE.rules["guangyuan-2017-04"].term.value == "P1M|P3M"


def test_what_the_papers_leave_open_or_except_is_written_down() -> None:
    season, yearly, effort = of("gbf-2017-24-21", "gbf-2016-80-50", "gbf-2016-80-48")
    assert (season.term.value, season.hard) == ("P5D;season=收购旺季", False)
    assert yearly.term.value == "P1Y;min=1"
    assert (effort.softened, effort.term.day) == ("争取", date(2020, 12, 31))
    assert CATALOGUE.rules["gbf-2017-24-14"].exception == "除涉密事项外"
    assert CATALOGUE.rules["gbf-2016-80-19"].term.value == "P2Y"


def test_a_duty_that_begins_when_another_is_met_names_it() -> None:
    assert CATALOGUE.rules["gbf-2016-80-12"].starts_after == "gbf-2016-80-11"
    assert CATALOGUE.rules["gbf-2018-23-28"].starts_after == "gbf-2018-23-29"


def test_holders_that_are_a_class_or_a_condition_are_called_so() -> None:
    kinds = {id_: CATALOGUE.rules[id_].holder_kind for id_ in ("gbf-2018-23-29", "gbf-2018-23-31")}
    assert list(kinds.values()) == [HolderKind.CONDITION, HolderKind.CLASS]
    named = [rule.id for rule in RULES if rule.holder_kind is HolderKind.NAMED]
    classes = ("各地区", "各部门", "各级", "地方政府", "以上", "市级各部门")
    for rule in of(*named):
        assert not any(word in name for word in classes for name in rule.holders), rule.id


def test_how_several_holders_share_a_rule_is_said() -> None:
    assert CATALOGUE.rules["gbf-2018-23-31"].share is Share.EACH  # 分别制定
    assert CATALOGUE.rules["gbf-2017-24-35"].share is Share.LEAD  # 牵头落实
    assert CATALOGUE.rules["gbf-2017-24-03"].share is Share.UNKNOWN  # 按职责分工
    assert len(CATALOGUE.rules["guangyuan-2017-62"].holders) == 19
    assert len(CATALOGUE.rules["gbf-2016-80-10"].holders) == 21


@pytest.mark.parametrize(
    "ids",
    [
        ("gbf-2016-80-5h", "gbf-2017-24-59", "guangyuan-2017-59"),
        ("gbf-2016-80-24h", "gbf-2017-24-60", "guangyuan-2017-60"),
        ("gbf-2017-24-19", "guangyuan-2017-14"),
        ("gbf-2016-80-11", "gbf-2018-23-29", "guangyuan-2017-62"),
        ("gbf-2017-24-17", "gbf-2018-23-02", "guangyuan-2017-12"),
        ("gbf-2017-24-28", "guangyuan-2017-23"),
        ("gbf-2017-24-62", "gbf-2018-23-15", "guangyuan-2017-66"),
        ("gbf-2016-80-25", "gbf-2017-24-57", "gbf-2019-14-02"),
    ],
)
def test_the_same_duty_in_several_documents_is_linked_both_ways(ids: tuple[str, ...]) -> None:
    for rule in of(*ids):
        assert {*ids} - {rule.id} <= {*rule.same_as}, rule.id


def test_a_yearly_document_ends_with_its_year() -> None:
    yearly = [document for document in CATALOGUE.documents.values() if document.year]
    assert len(yearly) == 4
    for document in yearly:
        assert document.until == date(document.year or 0, 12, 31)


@needs_documents
@each_quote
def test_each_quote_stands_in_its_text_once_character_by_character(entry: Rule | Clause) -> None:
    assert text_of(entry.text).count(entry.quote) == 1


@needs_documents
@each_rule
def test_what_a_rule_names_are_words_of_the_text(rule: Rule) -> None:
    named = (*rule.holders, rule.trigger, rule.exception, rule.softened)
    assert [name for name in named if name not in text_of(rule.text)] == []


@needs_documents
@pytest.mark.parametrize("clause", CLAUSES, ids=[clause.id for clause in CLAUSES])
def test_what_a_clause_names_are_words_of_the_text(clause: Clause) -> None:
    named = (clause.trigger, clause.counts_from, clause.approver)
    assert [name for name in named if name not in text_of(clause.text)] == []


@needs_documents
def test_the_rules_stand_in_the_order_of_the_text() -> None:
    """Where two share a phrase the order of their numbers is free."""
    for document in ("gbf-2016-80", "gbf-2019-14"):
        rules = [rule for rule in RULES if rule.document.id == document]
        ends = [text_of(document).index(rule.quote) + len(rule.quote) for rule in rules]
        assert ends == sorted(ends), document
