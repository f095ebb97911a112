"""qixian audit FILE --document ID"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.context import Context, print_json
from api.document_text import read_document_text
from rules.audit import MissingQuote, Standing, Verdict, coverage
from rules.audit import audit as verdicts_on
from rules.catalogue_files import Catalogue, load_catalogue
from rules.reader import read_document


def audit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="文件正文：.txt、.md、.html、.docx")],
    document: Annotated[
        str, typer.Option(metavar="ID", help="文件编号，如 gbf-2017-24；条例须写文本编号")
    ],
) -> None:
    """核对一份文件：每个时间用语是否已列为规则或注明不列的理由；有未处理的退出码为 1。"""
    shared: Context = context.obj
    configured = shared.config_path is not None
    catalogue = shared.configuration.agency.catalogue if configured else load_catalogue()
    text = read_document_text(file)
    missing = coverage(text, document, catalogue)
    verdicts = _verdicts(text, document, catalogue)
    row = audit_row(document, verdicts)
    if shared.json:
        print_json(row)
    else:
        _print(row, verdicts)
    _print_missing(missing)
    raise typer.Exit(1 if row["open"] or missing else 0)


def audit_row(document: str, verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    """The counts, and where the open time phrases stand."""
    standings = [verdict.standing for verdict in verdicts]
    hits = (verdict.hit for verdict in verdicts if verdict.standing is Standing.OPEN)
    return {
        "document": document,
        "hits": len(verdicts),
        "covered": standings.count(Standing.COVERED),
        "dismissed": standings.count(Standing.DISMISSED),
        "open": [
            {"start": hit.start, "end": hit.end, "time_phrase": hit.time_phrase, "line": hit.line}
            for hit in hits
        ],
    }


def _verdicts(text: str, document: str, catalogue: Catalogue) -> tuple[Verdict, ...]:
    rules = [rule for rule in catalogue.rules.values() if rule.text == document]
    clauses = [clause for clause in catalogue.clauses.values() if clause.text == document]
    return verdicts_on(
        text,
        read_document(text).hits,
        [*rules, *clauses],
        [dismissal for dismissal in catalogue.dismissed if dismissal.text == document],
    )


def _print(row: dict[str, Any], verdicts: tuple[Verdict, ...]) -> None:
    print(
        f"{row['document']}：时间用语 {row['hits']} 处，已列为规则 {row['covered']} 处，"
        f"注明不列 {row['dismissed']} 处，未处理 {len(row['open'])} 处"
    )
    for verdict in verdicts:
        if verdict.standing is Standing.OPEN:
            print(f"  第{verdict.hit.line}行“{verdict.hit.time_phrase}”未处理")


def _print_missing(missing: tuple[MissingQuote, ...]) -> None:
    """On the error stream, so that the output stays one JSON object a line."""
    for quote in missing:
        print(f"qixian: {quote.in_words()}", file=sys.stderr)
