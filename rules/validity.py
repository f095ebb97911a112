"""施行期间: the days on which a document, one of its wordings, or a rule is in force."""

from datetime import date
from pathlib import Path

from rules.rule import Document, Wording
from rules.tables import Table, entries

WORDING_KEYS = ("text", "number", "adopted", "from", "until")


def days_in_force(table: Table) -> tuple[date | None, date | None]:
    """The keys `from` and `until` of a table; raises CatalogueError."""
    since, until = table.get("from", date), table.get("until", date)
    if since and until and until < since:
        raise table.refusal("until", f"早于 from（{since}），请改正")
    return since, until


def wordings(path: Path, table: Table) -> tuple[Wording, ...]:
    """The `[[document.wording]]` entries, in order; raises CatalogueError."""
    found: dict[str, Wording] = {}
    values = table.get("wording", list) or []
    for entry in entries(path, values, "document.wording", "文本"):
        wording = _wording(entry)
        if wording.text in found:
            raise entry.refusal("text", f"“{wording.text}”出现了两次，请去掉一个")
        found[wording.text] = wording
    return tuple(found.values())


def _wording(table: Table) -> Wording:
    table.allow(WORDING_KEYS)
    since, until = days_in_force(table)
    return Wording(
        text=table.id("text"),
        number=table.option("number"),
        adopted=table.get("adopted", date),
        since=since,
        until=until,
    )


def in_wording(table: Table, document: Document) -> tuple[str, date | None, date | None]:
    """The text in which an entry's quote stands, and its days in force.

    An entry of a document with wordings names one of them and is in force as long as it is;
    an entry's own `from` and `until` go before. Raises CatalogueError.
    """
    text = table.option("text") or document.id
    if text not in document.texts:
        raise table.refusal("text", f"应为文件的文本之一，可用：{'、'.join(document.texts)}")
    held = next((w for w in document.wordings if w.text == text), document)
    since, until = days_in_force(table)
    return text, since or held.since, until or held.until
