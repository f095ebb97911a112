"""目录文件: strict loading of catalogue TOML files. A file that is refused is refused whole.

Every refusal is one Chinese sentence that names the file, the rule and the key, and says what
to write instead; so a person can mend a file without reading this.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from rules.clauses import Clause, clause
from rules.dismissals import Dismissal, dismissal
from rules.errors import CatalogueError
from rules.links import check_clauses, linked
from rules.rule import Document, Rule
from rules.rule_tables import rule
from rules.tables import Table, entries, read_toml
from rules.validity import days_in_force, wordings

_BUNDLED = Path(__file__).parent / "catalogue"

DOCUMENT_KEYS = (
    *("id", "title", "number", "issuer", "adopted", "published", "year", "layout", "note"),
    *("from", "until", "wording"),
)


@dataclass(frozen=True)
class CatalogueFile:
    """目录文件: what one file says, in its order. The rules that it names may be in others."""

    path: Path
    document: Document
    rules: tuple[Rule, ...]
    clauses: tuple[Clause, ...]
    dismissed: tuple[Dismissal, ...]

    @property
    def entries(self) -> tuple[Rule | Clause, ...]:
        """All that has an id beside the document."""
        return (*self.rules, *self.clauses)


@dataclass(frozen=True)
class Adopted:
    """已采用: what an office has made of the texts that it loaded, beside the catalogue files.

    Each of `files` holds a document, or more rules of one that a catalogue file has. `endings`
    are the last days in force of rules that a later text of their document no longer has; `kept`
    are rules that it does not have either, and that a person left in force.
    """

    files: tuple[CatalogueFile, ...] = ()
    endings: Mapping[str, date] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Catalogue:
    """目录: all documents, rules and clauses by id, in the order of the files."""

    documents: Mapping[str, Document]
    rules: Mapping[str, Rule]
    clauses: Mapping[str, Clause]
    dismissed: tuple[Dismissal, ...]
    endings: Mapping[str, date] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()

    def stands(self, rule: Rule) -> bool:
        """Has its quote to stand in the text that is in force? Not that of a wording that ended
        within the life of its document, nor of one that was left in force without it."""
        held = next((w for w in rule.document.wordings if w.text == rule.text), rule.document)
        ended = rule.until and rule.until < (held.until or date.max)
        return not ended and rule.id not in (*self.endings, *self.kept)

    def said_of(self, document: str) -> tuple[Document, list[Rule], list[Clause], list[Dismissal]]:
        """All that it has of one document. Raises KeyError."""
        return (
            self.documents[document],
            [rule for rule in self.rules.values() if rule.document.id == document],
            [clause for clause in self.clauses.values() if clause.document.id == document],
            [one for one in self.dismissed if one.document.id == document],
        )


def load_catalogue(extra: Sequence[Path] = ()) -> Catalogue:
    """The bundled catalogue and the files given; raises CatalogueError."""
    return catalogue_of(read_catalogue_files(extra))


def read_catalogue_files(extra: Sequence[Path] = ()) -> tuple[CatalogueFile, ...]:
    """The bundled files and those given, in order; raises CatalogueError."""
    files: list[CatalogueFile] = []
    for file in (*_bundled(), *map(read_catalogue_file, extra)):
        _check_alone(file, files)
        files.append(file)
    return tuple(files)


@cache
def _bundled() -> tuple[CatalogueFile, ...]:
    """What comes with the program does not change while it runs: it is read once."""
    return tuple(map(read_catalogue_file, sorted(_BUNDLED.glob("*.toml"))))


def catalogue_of(files: Sequence[CatalogueFile], adopted: Adopted | None = None) -> Catalogue:
    """What files say together, and what the office adopted; raises CatalogueError."""
    adopted = adopted or Adopted()
    files = (*files, *_beside(adopted, files))
    rules = linked([(file.path, _ending(rule, adopted)) for file in files for rule in file.rules])
    check_clauses([(file.path, clause) for file in files for clause in file.clauses], rules)
    return Catalogue(
        MappingProxyType(_documents(files)),
        MappingProxyType(rules),
        MappingProxyType({clause.id: clause for file in files for clause in file.clauses}),
        tuple(dismissal for file in files for dismissal in file.dismissed),
        adopted.endings,
        adopted.kept,
    )


def _documents(files: Sequence[CatalogueFile]) -> dict[str, Document]:
    """Each document as its first file has it: what is adopted later only adds rules."""
    found: dict[str, Document] = {}
    for file in files:
        found.setdefault(file.document.id, file.document)
    return found


def _beside(adopted: Adopted, files: Sequence[CatalogueFile]) -> Iterator[CatalogueFile]:
    """The adopted rules that no file has. The same rule in a file is an export put back."""
    known = {one.id: _ending(one, adopted) for file in files for one in file.rules}
    for file in adopted.files:
        for one in file.rules:
            if known.get(one.id) not in (None, _ending(one, adopted)):
                raise CatalogueError(
                    f"{file.path}：规则 {one.id} 在目录文件中另有写法，请从 [rules] 的 files 中去掉那个文件"
                )
        yield replace(file, rules=tuple(one for one in file.rules if one.id not in known))


def _ending(rule: Rule, adopted: Adopted) -> Rule:
    last = adopted.endings.get(rule.id)
    return replace(rule, until=min(last, rule.until or last)) if last else rule


def read_catalogue_file(path: Path) -> CatalogueFile:
    """What one file says; raises CatalogueError."""
    return catalogue_file(path, read_toml(path))


def catalogue_file(path: Path, values: Mapping[str, object]) -> CatalogueFile:
    """What a file of these tables would say; raises CatalogueError, which names `path`."""
    top = Table(f"{path}：文件", values)
    top.allow(("document", "rule", "clause", "dismissed"))
    document = _document(path, Table(f"{path}：[document] ", top.need("document", dict)))

    def tables(key: str, noun: str) -> list[Table]:
        return list(entries(path, top.get(key, list) or [], key, noun))

    rule_tables, clause_tables = tables("rule", "规则"), tables("clause", "计时条款")
    _refuse_ids_twice([*rule_tables, *clause_tables])
    return CatalogueFile(
        path,
        document,
        tuple(rule(table, document) for table in rule_tables),
        tuple(clause(table, document) for table in clause_tables),
        tuple(dismissal(table, document) for table in tables("dismissed", "不列为规则的短语")),
    )


def _document(path: Path, table: Table) -> Document:
    table.allow(DOCUMENT_KEYS)
    year = table.get("year", int)
    if year is not None and not 1949 <= year <= 2999:
        raise table.refusal("year", f"“{year}”不是年份，请写作四位数字，例如 2017")
    since, until = days_in_force(table)
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
        since=since,
        until=until,
        wordings=wordings(path, table),
    )


def _refuse_ids_twice(tables: Sequence[Table]) -> None:
    seen: set[object] = set()
    for table in tables:
        id_ = table.values.get("id")
        if isinstance(id_, str) and id_ in seen:
            raise table.refusal("id", "在本文件中出现了两次，请改用别的 id")
        seen.add(id_)


def _check_alone(file: CatalogueFile, others: Sequence[CatalogueFile]) -> None:
    """No id of a document, a rule or a clause may be in two files."""
    used = {entry.id: other for other in others for entry in other.entries}
    for other in others:
        if other.document.id == file.document.id:
            raise CatalogueError(
                f"{file.path}：[document] 的 id“{file.document.id}”在别的目录文件中已经用过，请改用别的 id，或去掉一个文件"
            )
    for entry in file.entries:
        if entry.id in used:
            raise CatalogueError(
                f"{file.path}：规则 {entry.id} 的 id 在文件 {used[entry.id].document.id} 的目录中已经用过，请改用别的 id"
            )
