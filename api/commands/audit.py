"""qixian audit [FILE --document ID]"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.context import Context, print_json
from api.document_text import read_document_text
from api.errors import BadInput
from engine.database import reading
from engine.loaded_texts import current_texts
from rules.audit import MissingQuote, Standing, Verdict, coverage
from rules.reader import read_document
from rules.succession import audited


def audit(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="文件正文：.txt、.md、.html、.docx；不写则核对已载入的正文"
        ),
    ] = None,
    document: Annotated[
        str | None, typer.Option(metavar="ID", help="文件编号，如 gbf-2017-24；条例须写文本编号")
    ] = None,
) -> None:
    """核对文件：每个时间用语是否已列为规则或注明不列的理由；有未处理的退出码为 1。"""
    shared: Context = context.obj
    if file is None:
        texts = _loaded(shared, document)
    elif document is None:
        raise BadInput("核对一个文件时须写明它是哪份文件：--document ID")
    else:
        texts = {document: read_document_text(file)}
    sound = [_audit(shared, id_, text) for id_, text in texts.items()]
    raise typer.Exit(0 if all(sound) else 1)


def _loaded(shared: Context, document: str | None) -> dict[str, str]:
    """The loaded texts, of one document where it is named. Raises BadInput when there is none."""
    with reading(shared.database) as session:
        texts = current_texts(session)
    own = [text for text in texts if document in (None, text.text, text.document)]
    if not own:
        raise BadInput("还没有载入正文，请先用 qixian documents add FILE 载入")
    for text in own:
        if not text.intact:
            raise BadInput(
                f"正文 {text.text} 与载入时不同（校验值不符），请用 qixian documents add 重新载入"
            )
    return {text.text: text.content for text in own}


def _audit(shared: Context, document: str, text: str) -> bool:
    """Print how one text stands; is everything in it accounted for?"""
    missing = coverage(text, document, shared.catalogue)
    verdicts = audited(text, document, read_document(text, document).hits, shared.catalogue)
    row = audit_row(document, verdicts)
    if shared.json:
        print_json(row)
    else:
        _print(row, verdicts)
    _print_missing(missing)
    return not row["open"] and not missing


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
