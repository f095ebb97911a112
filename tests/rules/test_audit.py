"""审计: what accounts for a time phrase, and which quotes a text does not hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.audit import Cited, Standing, Verdict, audit, coverage
from rules.catalogue_files import load_catalogue
from rules.dismissals import Dismissal
from rules.errors import UnknownText
from tests.rules.texts import needs_documents, text_of

CATALOGUE = load_catalogue()
TEXTS = [text for document in CATALOGUE.documents.values() for text in document.texts]
DOCUMENT = CATALOGUE.documents["gbf-2017-24"]

# Wider than any reader's grammar: what it finds must be accounted for, requirement or not.
TIME_WORDS = re.compile(
    r"[及适適实實即][时時]|[尽儘加]快|抓[紧緊]|及早|立即|[当當][场場日前]|第一[时時][间間]|快速|迅速|速度"
    r"|[限期][时時限]|[时時][间間限机機效]|逾期|日[期程]|定期|例行|常[态態]|日常|持[续續]|[继繼][续續]|不[断斷]"
    r"|[动動][态態]|同步|同[时時]|一[并併同]|[随隨][公会會]|年[内底度]|月[底度]|期末|每[^个個一]|按[月季年]|季度|半年|[两兩]年"
    r"|工作日|小[时時]|[周週][年期]|分批|多次|逐步|(?<![目以提])[前后後](?![款提列述景沿])|[时時](?![尚代])"
    r"|期[间間]|之[际際日]|以[来來]|[过過]程中|[阶階]段|跟[进進]|[预預]公[开開]|今年"
)


@dataclass(frozen=True)
class Found:
    start: int
    end: int
    time_phrase: str
    line: int = 1
    kind: str = ""  # a word list knows none
    value: str = ""


def hits(text: str) -> list[Found]:
    return [Found(m.start(), m.end(), m.group()) for m in TIME_WORDS.finditer(text)]


def audited(text: str, text_id: str) -> tuple[Verdict, ...]:
    cited: list[Cited] = [
        *(rule for rule in CATALOGUE.rules.values() if rule.text == text_id),
        *(clause for clause in CATALOGUE.clauses.values() if clause.text == text_id),
    ]
    dismissed = [each for each in CATALOGUE.dismissed if each.text == text_id]
    return audit(text, hits(text), cited, dismissed)


def open_hits(text: str, text_id: str) -> Iterator[str]:
    for verdict in audited(text, text_id):
        if verdict.standing is Standing.OPEN:
            hit = verdict.hit
            yield text[max(0, hit.start - 10) : hit.end + 10]


each_text = pytest.mark.parametrize("text_id", TEXTS)


@needs_documents
@each_text
def test_every_time_word_of_a_wide_list_is_a_rule_or_is_dismissed(text_id: str) -> None:
    text = text_of(text_id)
    assert len(hits(text)) > 30
    assert list(open_hits(text, text_id)) == []


@needs_documents
@each_text
def test_a_planted_sentence_with_a_deadline_turns_the_audit_red(text_id: str) -> None:
    text = text_of(text_id)
    middle = text.index("\n", len(text) // 2)
    planted = f"{text[:middle]}\n各单位须在3个工作日内报送台账。{text[middle:]}"
    (found,) = open_hits(planted, text_id)
    assert "3个工作日内" in found


@needs_documents
@each_text
def test_every_quote_stands_in_its_text(text_id: str) -> None:
    assert coverage(text_of(text_id), text_id, CATALOGUE) == ()


@needs_documents
def test_a_changed_character_in_a_text_is_named() -> None:
    text = text_of("gbf-2017-24").replace("按月公开全国财政", "按季公开全国财政")
    (missing,) = coverage(text, "gbf-2017-24", CATALOGUE)
    assert missing.owner == "规则 gbf-2017-24-03"
    assert missing.in_words() == (
        "规则 gbf-2017-24-03 的原文与文件不符：第2字是“月”，文件中是“季”，请核对"
    )


def test_in_an_empty_text_every_quote_is_missing_from_its_beginning() -> None:
    missing = coverage("", "gbf-2018-23", CATALOGUE)
    rules = [rule for rule in CATALOGUE.rules.values() if rule.text == "gbf-2018-23"]
    assert len(missing) > len(rules)  # and what was dismissed
    assert "第1字是“政”，文件中没有" in missing[0].in_words()
    assert missing[-1].owner.startswith("不列为规则的“")


def test_the_text_of_a_document_with_wordings_must_be_named() -> None:
    with pytest.raises(UnknownText, match="zfxxgk-tiaoli-2007、zfxxgk-tiaoli-2019"):
        coverage("", "zfxxgk-tiaoli", CATALOGUE)


@dataclass(frozen=True)
class Quoted:
    id: str
    quote: str


def dismissal(quote: str, reason: str) -> Dismissal:
    return Dismissal(DOCUMENT, DOCUMENT.id, quote, quote, reason)


@pytest.mark.parametrize(
    ("start", "end", "standing", "by"),
    [
        # 及时公开。每月公开。不及时的。年内
        (0, 2, Standing.COVERED, ("r1",)),
        (5, 7, Standing.COVERED, ("r2",)),
        (4, 5, Standing.OPEN, ()),  # touches the quote before it and the one after
        (3, 6, Standing.COVERED, ("r1", "r2")),
        (10, 13, Standing.DISMISSED, ("追责",)),
        (15, 17, Standing.OPEN, ()),
    ],
)
def test_a_hit_stands_by_the_quotes_that_it_overlaps(
    start: int, end: int, standing: Standing, by: tuple[str, ...]
) -> None:
    text = "及时公开。每月公开。不及时的。年内"
    rules = [Quoted("r1", "及时公开"), Quoted("r2", "每月公开")]
    (verdict,) = audit(
        text, [Found(start, end, text[start:end])], rules, [dismissal("不及时的", "追责")]
    )
    assert (verdict.standing, verdict.by) == (standing, by)


def test_a_quote_covers_all_its_places_and_a_rule_goes_before_a_dismissal() -> None:
    text = "及时公开，及时公开"
    found = [Found(0, 2, "及时"), Found(5, 7, "及时")]
    verdicts = audit(text, found, [Quoted("r", "及时公开")], [dismissal("及时", "某")])
    assert [verdict.standing for verdict in verdicts] == [Standing.COVERED] * 2


@given(
    text=st.text("及时公开每月", max_size=30),
    quotes=st.lists(st.text("及时公开每月", min_size=1, max_size=6), max_size=4),
    span=st.tuples(st.integers(0, 30), st.integers(1, 5)),
)
def test_the_audit_agrees_with_looking_at_every_place(
    text: str, quotes: list[str], span: tuple[int, int]
) -> None:
    hit = Found(span[0], span[0] + span[1], "")
    rules = [Quoted(str(number), quote) for number, quote in enumerate(quotes)]
    (verdict,) = audit(text, [hit], rules, [])
    slow = {
        rule.id
        for rule in rules
        for at in range(len(text))
        if text.startswith(rule.quote, at) and at < hit.end and hit.start < at + len(rule.quote)
    }
    assert set(verdict.by) == slow


@pytest.mark.parametrize(
    ("text", "says"),
    [
        # the quote is 按月公开全国财政收支情况
        ("按月公开全国财政收入情况", "第10字是“支”，文件中是“入”"),
        ("按季公开全国财政收支情况", "第2字是“月”，文件中是“季”"),
        ("月公开全国财政收支情况", "第1字是“按”，文件中没有"),
        ("按月公开全国财政收支情", "第12字是“况”，文件中没有"),
        ("按月公开全国財政收支情况", "第7字是“财”，文件中是“財”"),
    ],
)
def test_the_character_where_text_and_quote_part_is_named(text: str, says: str) -> None:
    found = {missing.owner: missing for missing in coverage(text, "gbf-2017-24", CATALOGUE)}
    assert says in found["规则 gbf-2017-24-03"].in_words()


@given(text=st.text("按月公开全国财政收支情况，", max_size=40))
def test_a_difference_is_a_difference(text: str) -> None:
    for missing in coverage(text, "gbf-2017-24", CATALOGUE):
        assert missing.quote not in text
        assert missing.quote[missing.at] != missing.instead
