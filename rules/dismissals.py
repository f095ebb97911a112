"""不列为规则 Dismissal: a time phrase of a document that is no requirement, and why."""

from dataclasses import dataclass

from rules.rule import Document
from rules.tables import Table
from rules.validity import in_wording


@dataclass(frozen=True)
class Dismissal:
    """不列为规则. The quote is a verbatim piece around the time phrase; all its places are meant."""

    document: Document
    text: str
    quote: str
    time_phrase: str
    reason: str


KEYS = ("quote", "time_phrase", "reason", "text")


def dismissal(table: Table, document: Document) -> Dismissal:
    """One `[[dismissed]]`; raises CatalogueError."""
    table.allow(KEYS)
    quote, time_phrase = table.text("quote"), table.text("time_phrase")
    if time_phrase not in quote:
        raise table.refusal("time_phrase", f"“{time_phrase}”不在 quote 中，请照录 quote 中的词")
    text, _, _ = in_wording(table, document)
    return Dismissal(document, text, quote, time_phrase, table.text("reason"))
