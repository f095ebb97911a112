"""qixian calendar import | show"""

from pathlib import Path
from typing import Annotated

import typer

from api.commands.context import Context, at_work, print_json
from api.commands.workday import KnownOn, Region
from api.document_rows import impact_in_words, taken_row
from api.json_rows import year_rows
from api.notice_folder import read_notice_file
from api.typed_dates import day
from engine.errors import BadNotice
from engine.imported_notices import Assessment, Stated, assess
from engine.recalculation import Taken, take_notice
from engine.workdays import weekday_name

app = typer.Typer(help="工作日历：导入放假通知，查看一年。", no_args_is_help=True)


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="通知：.txt、.md、.html 原文，或 .json")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不导入")] = False,
    number: Annotated[str, typer.Option(help="文号，原文中没有时给出")] = "",
    issued: Annotated[
        str | None, typer.Option(metavar="DATE", help="发布日期，原文中没有时给出")
    ] = None,
    scope: Annotated[
        str, typer.Option(metavar="CODE", help="适用地区的行政区划代码，全国为 CN")
    ] = "",
    by: Annotated[str, typer.Option(help="导入人")] = "命令行",
) -> None:
    """检查一份放假通知，通过后加入工作日历；有一项不符就全部不导入。"""
    shared: Context = context.obj
    text = read_notice_file(file)
    stated = Stated(number, day(issued, "--issued ") if issued else None, scope)
    taken = _taken(shared, text, stated, by, dry_run)
    if shared.json:
        print_json(taken_row(taken))
    if refusal := taken.assessment.refusal:
        raise BadNotice(f"{file}：{refusal}")
    if not shared.json:
        _tell(taken.assessment, dry_run)
        for line in impact_in_words(taken.impact):
            print(f"  {line}")


def _taken(shared: Context, text: str, stated: Stated, by: str, dry_run: bool) -> Taken:
    """Without a configuration there are no obligations, and a notice can only be checked."""
    if dry_run and shared.config_path is None:
        return Taken(assess(text, stated, shared.imported, shared.today), None)
    current, region = shared.current, shared.configuration.region
    with at_work("正在核对通知，推算它改动的日期……"):
        return take_notice(
            shared.database, current, region, text, stated, by=by, now=shared.now, dry_run=dry_run
        )


def _tell(found: Assessment, dry_run: bool) -> None:
    draft = found.draft
    done = "可以导入" if dry_run else "已导入"
    print(f"{done}：{draft.title or draft.number}（{draft.issued}发布），检查{len(found.checks)}项")
    for caution in found.cautions:
        print(f"注意：{caution}")
    for one in draft.days:
        works = "上班" if one.workday else "放假"
        moved = "　与原来不同" if one.date in found.moved else ""
        print(f"  {one.date}（{weekday_name(one.date)}）{works}　{one.name}{moved}")
    print(f"工作日有变动的日期：{len(found.moved)}天")


@app.command()
def show(
    context: typer.Context,
    year: Annotated[int, typer.Argument(metavar="YEAR", help="年份，例如 2027")],
    region: Region = None,
    known_on: KnownOn = None,
) -> None:
    """一年中每一天是否上班，依据是什么，哪些还是暂定。"""
    shared: Context = context.obj
    rows = year_rows(shared.calendar_as(region, known_on), year)
    if shared.json:
        for row in rows:
            print_json(row)
        return
    # For people the plain weekdays and weekends say nothing; what is left is what was arranged.
    working, waiting = (sum(row[key] for row in rows) for key in ("workday", "provisional"))
    print(f"{year}年：工作日{working}天" + (f"，{waiting}个日期为暂定" if waiting else ""))
    shared.emit(
        [
            {
                "date": f"{row['date']}（{weekday_name(day(row['date'], ''))}）",
                "works": "上班" if row["workday"] else "休息",
                "name": row["name"],
                "basis": row["basis"],
                "provisional": row["provisional"],
            }
            for row in rows
            if row["name"] not in ("工作日", "周末")
        ],
        {"date": "日期", "works": "", "name": "名称", "basis": "依据", "provisional": "暂定"},
    )
