"""qixian documents add | list | export"""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.document_rows import impact_in_words, loading_row, text_row
from api.document_text import read_document_text
from api.errors import BadInput
from api.typed_dates import day
from engine.database import reading
from engine.loaded_texts import current_texts
from engine.loading import Loading, Offer, load_text, text_id_of
from rules.catalogue_text import catalogue_text
from rules.reader import read_document

app = typer.Typer(help="文件正文：载入、列出、导出规则。", no_args_is_help=True)


@app.command()
def add(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="文件正文：.txt、.md、.html、.docx")],
    document: Annotated[
        str | None, typer.Option(metavar="ID", help="文件编号，默认由文号、文件名或标题得出")
    ] = None,
    title: Annotated[str | None, typer.Option(help="新文件的标题，默认取自正文")] = None,
    year: Annotated[int | None, typer.Option(help="新文件中“年内”指哪一年，默认取自正文")] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="新文本从哪一天起算，默认取自正文")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="谁载入，默认为登录名")] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="看过影响后，载入与目录不同的文本")
    ] = False,
) -> None:
    """载入一份文件的正文，核对目录中的原文，提出规则建议；建议由人采用后才生效。"""
    shared: Context = context.obj
    if by is not None and not (by.strip() and by.isprintable()):
        raise BadInput("--by 应是姓名，不能是空的，也不能含有控制字符")
    text = read_document_text(file)
    read = read_document(text, document or "")
    agency, files = shared.configuration.agency, shared.configuration.files
    text_id = document
    if text_id is None:
        text_id = text_id_of(read, file.name, agency.catalogue, title or "")
    if not text_id:
        raise BadInput(
            f"{file}：看不出是哪份文件，请用 --title 写明标题，或用 --document 写明编号（小写字母、数字、连字符）"
        )
    offer = Offer(
        text_id=text_id,
        name=file.name,
        content=text,
        by=by or getpass.getuser(),
        data={"title": title, "year": year},
        since=day(since, "--from ") if since else None,
        apply=apply,
    )
    done = load_text(shared.database, agency, files, shared.calendar, read, offer, shared.now)
    print_json(loading_row(done)) if shared.json else _print(done)
    raise typer.Exit(1 if done.found.missing or not done.stored else 0)


@app.command("list")
def list_(context: typer.Context) -> None:
    """列出已载入的正文。"""
    shared: Context = context.obj
    with reading(shared.database) as session:
        rows = [text_row(text) for text in current_texts(session)]
    columns = {"text": "文本", "name": "文件名", "version": "版本", "characters": "字数"}
    shared.emit(rows, columns | {"loaded_at": "载入时间", "loaded_by": "载入人"})


@app.command()
def export(
    context: typer.Context,
    document: Annotated[str, typer.Argument(metavar="ID", help="文件编号")],
) -> None:
    """把一份文件的规则（含已采用的）写成目录文件，可放入 [rules] 的 files。"""
    shared: Context = context.obj
    catalogue = shared.catalogue
    if document not in catalogue.documents:
        raise BadInput(f"没有文件“{document}”，可用：{'、'.join(catalogue.documents)}")
    print(catalogue_text(*catalogue.said_of(document)), end="")


def _print(done: Loading) -> None:
    found, text = done.found, done.text
    row = loading_row(done)
    if not done.new:
        print(f"{text.text}：这份正文已经载入，没有变化。")
    elif done.stored:
        print(f"{text.text}：已载入，第 {text.version} 版，{row['characters']} 字。")
    else:
        print(f"{text.text}：与目录不同，没有载入。确认是新的文本后，加 --apply 再运行一次。")
    print(
        f"时间用语 {row['hits']} 处：已列为规则 {row['covered']} 处，注明不列 {row['dismissed']} 处，"
        f"待确认 {row['open']} 处。"
    )
    for quote in found.missing:
        print(f"  {quote.in_words()}")
    for rule, hit in found.changed:
        print(f"  规则 {rule.id} 改为：{hit.quote}（第{hit.line}行）")
    for rule in found.ended:
        print(f"  规则 {rule.id} 不再有：{rule.quote}")
    for line in impact_in_words(done.impact):
        print(f"  {line}")
