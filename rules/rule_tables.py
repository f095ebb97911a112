"""[[rule]]: strict reading of one rule of a catalogue file."""

from rules.errors import TermError
from rules.examples import example
from rules.rule import Anchor, Document, HolderKind, Rule, Share
from rules.tables import Table
from rules.terms import Kind, Term
from rules.validity import in_wording

KEYS = ("id", "quote", "kind", "value", "trigger", "holders", "place", "example")
OPTIONS = (
    *("hard", "note", "text", "from", "until", "anchor", "share", "holder_kind", "exception"),
    *("softened", "starts_after", "same_as", "refers_to", "replaces"),
)

# Without a number these can still be due at the event's own time; no other term can.
_HARD_BY_EVENT = (Kind.SIMULTANEOUS, Kind.BEFORE_EVENT)

# Only these count from a moment, so only for these can it be stated or assumed.
_COUNTS = (Kind.AFTER_EVENT, Kind.BEFORE_EVENT, Kind.SIMULTANEOUS, Kind.WINDOW)


def rule(table: Table, document: Document) -> Rule:
    """One `[[rule]]`; raises CatalogueError. The rules that it names are checked elsewhere."""
    table.allow(KEYS + OPTIONS)
    term = _term(table)
    hard = _hard(table, term)
    holders = table.names("holders")
    text, since, until = in_wording(table, document)
    return Rule(
        id=table.id_within(document.id),
        document=document,
        quote=table.text("quote"),
        term=term,
        trigger=table.need("trigger", str),
        holders=holders,
        place=table.need("place", str),
        example=example(Table(f"{table.place}的 example ", table.need("example", dict)), hard),
        hard=hard,
        note=table.option("note"),
        text=text,
        since=since,
        until=until,
        anchor=_anchor(table, term),
        share=_share(table, holders),
        holder_kind=table.choice("holder_kind", HolderKind, HolderKind.NAMED),
        exception=table.words("exception"),
        softened=table.words("softened"),
        starts_after=table.words("starts_after"),
        same_as=table.optional_names("same_as"),
        refers_to=table.optional_names("refers_to"),
        replaces=table.words("replaces"),
    )


def _term(table: Table) -> Term:
    kind, value = table.text("kind"), table.need("value", str)
    try:
        return Term.parse(kind, value)
    except TermError as error:
        key = "value" if kind in {*Kind} else "kind"
        raise table.refusal(key, f"不合规定：{error}") from error


def _hard(table: Table, term: Term) -> bool:
    hard = table.get("hard", bool)
    if hard and not term.hard and term.kind not in _HARD_BY_EVENT:
        raise table.refusal("hard", "不能为 true，因为原文没有给出日期，请去掉 hard")
    return term.hard if hard is None else hard


def _anchor(table: Table, term: Term) -> Anchor:
    if "anchor" in table.values and term.kind not in _COUNTS:
        raise table.refusal("anchor", f"不能用于 {term.kind}，因为它不从事由起算，请去掉")
    return table.choice("anchor", Anchor, Anchor.STATED)


def _share(table: Table, holders: tuple[str, ...]) -> Share:
    """Where several holders stand and nothing is said, it is unknown which of them owes it."""
    if "share" in table.values and not holders:
        raise table.refusal("share", "不能用，因为 holders 是空的，请去掉")
    return table.choice("share", Share, Share.EACH if len(holders) < 2 else Share.UNKNOWN)
