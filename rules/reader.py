"""阅读器: proposes rules from a document's text. It proposes; a person confirms.

A deterministic grammar: mask what is no requirement, find the time phrases of each family, keep
the earlier family's where two overlap, and bind quote, trigger and holder to each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rules.document_data import read_document_data
from rules.families import FAMILIES
from rules.families.page import MASK, Page, Phrase
from rules.holders import Holders
from rules.manuscript import Manuscript
from rules.masking import masked
from rules.rule import Document
from rules.selection import selected
from rules.terms import Kind, Term

_LONGEST_QUOTE = 160
_CLAUSES_BACK = 6
_LONGEST_CLAUSE = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """One time requirement found: `text[start:end] == time_phrase`, `quote` is verbatim too.

    `line` counts from 1. `kind` and `value` are accepted by Term.parse; `hard` is the term's.
    """

    start: int
    end: int
    line: int
    time_phrase: str
    quote: str
    kind: Kind
    value: str
    trigger: str
    duty_holder: str
    hard: bool


@dataclass(frozen=True)
class Reading:
    """What was read: the document's own data, and the hits in the order of the text."""

    document: Document
    hits: tuple[Hit, ...]


def read_document(text: str, document_id: str = "") -> Reading:
    """Read a document's decoded text. Never raises, whatever the text."""
    manuscript = Manuscript.of(text)
    document = read_document_data(manuscript, document_id)
    page = Page(masked(manuscript.plain), document)
    phrases = selected(page, (phrase for family in FAMILIES for phrase in family(page)))
    return Reading(document, tuple(_hits(manuscript, page, phrases)))


@lru_cache(maxsize=1024)
def _is_hard(kind: Kind, value: str) -> bool:
    return Term.parse(kind, value).hard


def _hits(manuscript: Manuscript, page: Page, phrases: list[Phrase]) -> Iterator[Hit]:
    holders = Holders(manuscript.plain)
    for phrase in map(page.without_item_number, phrases):
        start, end = manuscript.verbatim(phrase.start, phrase.end)
        quoted = manuscript.verbatim(*_quote(page, phrase))
        yield Hit(
            start=start,
            end=end,
            line=manuscript.line(start),
            time_phrase=manuscript.text[start:end],
            quote=manuscript.text[slice(*quoted)],
            kind=phrase.kind,
            value=phrase.value,
            trigger=_as_written(manuscript, page.plain, phrase.trigger, phrase),
            duty_holder=_holder(manuscript, page, holders, phrase),
            hard=_is_hard(phrase.kind, phrase.value),
        )


def _quote(page: Page, phrase: Phrase) -> tuple[int, int]:
    """The clause of the phrase; with the next one where the phrase only leads up to it."""
    start, end = page.clause_start(phrase.start), page.clause_end(phrase.end)
    if end - phrase.end < 2 and page.plain[end : end + 1] == "，":
        end = page.clause_end(end + 1)
    while start < phrase.start and page.plain[start] in f" 　“”）{MASK}":
        start += 1
    end = min(end, max(phrase.end, start + _LONGEST_QUOTE))
    while end > phrase.end and page.plain[end - 1] in " 　“（":
        end -= 1
    return start, end


def _holder(manuscript: Manuscript, page: Page, holders: Holders, phrase: Phrase) -> str:
    """The sentence's subject, and the unit that the item names: `subject | unit`."""
    plain = manuscript.plain
    acting = holders.acting(_clauses(page, phrase))
    names = dict.fromkeys((acting, holders.named_at(phrase.start)))
    return " | ".join(_as_written(manuscript, plain, name, phrase) for name in names if name)


def _clauses(page: Page, phrase: Phrase) -> Iterator[int]:
    """Where the clauses begin that may name who acts: the phrase's own, the next, those before."""
    sentence, _ = page.sentence(phrase.start)
    clause = page.clause_start(phrase.end - 1, _LONGEST_CLAUSE)
    yield clause
    # 2017年底前，各部门要: the clause that follows the phrase acts.
    if page.plain[phrase.end : phrase.end + 1] == "，":
        yield phrase.end + 1
    for _ in range(_CLAUSES_BACK):
        earlier = max(page.clause_start(clause - 1, _LONGEST_CLAUSE), sentence)
        # Words without a mark for so long are no clauses.
        if clause <= sentence or clause - earlier > _LONGEST_CLAUSE:
            return
        clause = earlier
        yield clause


def _as_written(manuscript: Manuscript, plain: str, words: str, phrase: Phrase) -> str:
    """The words in the script of the text, without masks; words that are not there stay."""
    if not words or (MASK not in words and manuscript.is_plain):
        return words
    at = plain.rfind(words, max(0, phrase.start - 400), phrase.end)
    if at < 0:
        at = plain.find(words, phrase.start, phrase.start + 4000)
    if at < 0:
        return words
    start, end = manuscript.verbatim(at, at + len(words))
    return "".join(manuscript.text[start:end].splitlines())
