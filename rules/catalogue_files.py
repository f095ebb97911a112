"""目录文件: strict loading of catalogue TOML files. A file that is refused is refused whole.

Every refusal is one Chinese sentence that names the file, the rule and the key, and says what
to write instead; so a person can mend a file without reading this.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from types import MappingProxyType

from rules.errors import CatalogueError, TermError
from rules.rule import Document, Example, Rule
from rules.tables import Table, read_toml
from rules.terms import Kind, Term

_BUNDLED = Path(__file__).parent / "catalogue"

_DOCUMENT_KEYS = tuple(field.name for field in fields(Document))
_EXAMPLE_KEYS = tuple(field.name for field in fields(Example))
_RULE_KEYS = ("id", "quote", "kind", "value", "trigger", "holders", "place", "example")
_RULE_OPTIONS = ("hard", "note")

# Without a number these can still be due at the event's own time; no other term can.
_HARD_BY_EVENT = (Kind.SIMULTANEOUS, Kind.BEFORE_EVENT)

_PERIOD = re.compile(
    r"[1-9][0-9]{3}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12]|-W(0[1-9]|[1-4][0-9]|5[0-3]))?"
)


@dataclass(frozen=True)
class Catalogue:
    """目录: all documents and rules, by id, in the order of the files."""

    documents: Mapping[str, Document]
    rules: Mapping[str, Rule]


def load_catalogue(extra: Sequence[Path] = ()) -> Catalogue:
    """The bundled catalogue and the files given; raises CatalogueError."""
    documents: dict[str, Document] = {}
    rules: dict[str, Rule] = {}
    for path in (*sorted(_BUNDLED.glob("*.toml")), *extra):
        document, read = read_catalogue_file(path)
        if document.id in documents:
            raise CatalogueError(
                f"{path}：[document] 的 id“{document.id}”在别的目录文件中已经用过，请改用别的 id，或去掉一个文件"
            )
        documents[document.id] = document
        for rule in read:
            if rule.id in rules:
                raise CatalogueError(
                    f"{path}：规则 {rule.id} 的 id 在文件 {rules[rule.id].document.id} 的目录中已经用过，请改用别的 id"
                )
            rules[rule.id] = rule
    return Catalogue(MappingProxyType(documents), MappingProxyType(rules))


def read_catalogue_file(path: Path) -> tuple[Document, tuple[Rule, ...]]:
    """One file's document and rules, in order; raises CatalogueError."""
    top = Table(f"{path}：文件", read_toml(path))
    top.allow(("document", "rule"))
    document = _document(Table(f"{path}：[document] ", top.need("document", dict)))
    rules: dict[str, Rule] = {}
    for number, values in enumerate(top.get("rule", list) or [], start=1):
        table = _rule_table(path, number, values)
        rule = _rule(table, document)
        if rule.id in rules:
            raise table.refusal("id", "在本文件中出现了两次，请改用别的 id")
        rules[rule.id] = rule
    return document, tuple(rules.values())


def _document(table: Table) -> Document:
    table.allow(_DOCUMENT_KEYS)
    year = table.get("year", int)
    if year is not None and not 1949 <= year <= 2999:
        raise table.refusal("year", f"“{year}”不是年份，请写作四位数字，例如 2017")
    return Document(
        id=table.id(),
        title=table.text("title"),
        number=table.option("number"),
        issuer=table.option("issuer"),
        adopted=table.get("adopted", date),
        published=table.get("published", date),
        year=year,
        layout=table.option("layout"),
        note=table.option("note"),
    )


def _rule_table(path: Path, number: int, values: object) -> Table:
    if not isinstance(values, dict):
        raise CatalogueError(f"{path}：第{number}条规则的 rule 应为表，请写作 [[rule]]")
    id_ = values.get("id")
    named = isinstance(id_, str) and id_.strip()
    return Table(f"{path}：规则 {id_} " if named else f"{path}：第{number}条规则", values)


def _rule(table: Table, document: Document) -> Rule:
    table.allow(_RULE_KEYS + _RULE_OPTIONS)
    term = _term(table)
    hard = _hard(table, term)
    return Rule(
        id=_rule_id(table, document),
        document=document,
        quote=table.text("quote"),
        term=term,
        trigger=table.need("trigger", str),
        holders=table.names("holders"),
        place=table.need("place", str),
        example=_example(Table(f"{table.place}的 example ", table.need("example", dict)), hard),
        hard=hard,
        note=table.option("note"),
    )


def _rule_id(table: Table, document: Document) -> str:
    id_ = table.id()
    if not id_.removeprefix(f"{document.id}-") or not id_.startswith(f"{document.id}-"):
        raise table.refusal("id", f"应以文件的 id 开头，请写作 {document.id}-01 之类")
    return id_


def _hard(table: Table, term: Term) -> bool:
    hard = table.get("hard", bool)
    if hard and not term.hard and term.kind not in _HARD_BY_EVENT:
        raise table.refusal("hard", "不能为 true，因为原文没有给出日期，请去掉 hard")
    return term.hard if hard is None else hard


def _term(table: Table) -> Term:
    kind, value = table.text("kind"), table.need("value", str)
    try:
        return Term.parse(kind, value)
    except TermError as error:
        key = "value" if kind in {*Kind} else "kind"
        raise table.refusal(key, f"不合规定：{error}") from error


def _example(table: Table, hard: bool) -> Example:
    table.allow(_EXAMPLE_KEYS)
    example = Example(
        event=table.day_or_moment("event"),
        period=_period(table),
        reading=_reading(table),
        due_on=table.get("due_on", date),
        due_at=table.moment("due_at"),
        act_by=table.get("act_by", date),
        waits=table.get("waits", bool) or False,
    )
    _check_expectation(table, example, hard)
    return example


def _check_expectation(table: Table, example: Example, hard: bool) -> None:
    dated = example.due_on or example.due_at
    if not dated and not example.waits:
        raise table.refusal("due_on", "没有写，请写明 due_on、due_at 或 waits = true")
    if example.waits and (dated or example.act_by):
        raise table.refusal("waits", "与日期不能并存，请去掉 waits 或去掉日期")
    if example.waits and (hard or example.reading):
        raise table.refusal("waits", "不能为 true，因为日期已经可以算出，请写明 due_on 或 due_at")
    if dated and not hard and not example.reading:
        raise table.refusal("reading", "没有写，而原文没有给出日期，请补上，或只写 waits = true")


def _period(table: Table) -> str:
    text = table.option("period")
    if text and not (_PERIOD.fullmatch(text) and _has_week(text)):
        raise table.refusal(
            "period", f"“{text}”不存在，请写作 2026、2026-H2、2026-Q3、2026-09 或 2026-W41"
        )
    return text


def _has_week(period: str) -> bool:
    year, _, week = period.partition("-W")
    # 28 December is always in the year's last ISO week, the 52nd or 53rd.
    return not week or int(week) <= date(int(year), 12, 28).isocalendar().week


def _reading(table: Table) -> str:
    text = table.option("reading")
    if not text:
        return text
    for kind in (Kind.PERIODIC, Kind.AFTER_EVENT, Kind.FIXED_DEADLINE):
        try:
            Term.parse(kind, text)
        except TermError:
            continue
        return text
    raise table.refusal(
        "reading", f"“{text}”不是期限的值，请写作 P1M;after=15D、20WD 或 2026-12-31"
    )
