"""qixian feed add | list | revoke"""

import getpass
from typing import Annotated, Any

import typer

from api.commands.context import Context, print_json
from api.feed_rows import feed_row
from engine.database import reading, writing
from engine.feeds import Feed, add_feed, get_feed, list_feeds, revoke_feed

app = typer.Typer(help="日历订阅：建立、列出、吊销。", no_args_is_help=True)


@app.command()
def add(
    context: typer.Context,
    unit: Annotated[str, typer.Option(metavar="ID", help="单位编号")] = "",
    below: Annotated[bool, typer.Option("--below", help="含下级单位")] = False,
    person: Annotated[
        str, typer.Option(metavar="NAME", help="该单位的联系人：他任联系人的各单位")
    ] = "",
    document: Annotated[str, typer.Option(metavar="ID", help="文件编号")] = "",
    name: Annotated[str, typer.Option(help="日历里显示的名称，默认用单位或文件的名称")] = "",
) -> None:
    """建立日历订阅。地址只显示这一次，数据库里只有它的校验值。"""
    shared: Context = context.obj
    feed = Feed(
        name=name.strip(),
        token_hash="",
        unit=unit,
        below=below,
        person=person,
        document=document,
        made_at=shared.now,
        made_by=getpass.getuser(),
    )
    agency = shared.configuration.agency
    with writing(shared.database) as session:
        feed, token = add_feed(session, agency, feed, None)
        row = feed_row(session, agency, feed, shared.now)
    public = shared.configuration.server.public_url.rstrip("/")
    address = f"{public}/feeds/{token}.ics"
    if shared.json:
        print_json(row | {"address": address})
    else:
        print(address)
        start = "" if public else "前面加上本系统的网址，"
        print(f"{start}请现在就粘贴到日历程序里，以后不能再显示。")


@app.command("list")
def list_(context: typer.Context) -> None:
    """列出没有吊销的日历订阅，不显示地址。"""
    shared: Context = context.obj
    agency = shared.configuration.agency
    with reading(shared.database) as session:
        rows = [feed_row(session, agency, one, shared.now) for one in list_feeds(session)]
    columns = {"id": "编号", "name": "名称", "made_by": "建立人", "made_at": "建立时间"}
    shared.emit(rows, columns | {"last_used_at": "最近读取", "ended": "不能再读的原因"})


@app.command()
def revoke(
    context: typer.Context, id: Annotated[int, typer.Argument(metavar="ID", help="订阅编号")]
) -> None:
    """吊销日历订阅，随即失效，不能恢复。"""
    shared: Context = context.obj
    agency = shared.configuration.agency
    row: dict[str, Any]
    with writing(shared.database) as session:
        feed = get_feed(session, id)
        revoke_feed(session, feed, by=getpass.getuser(), now=shared.now)
        row = feed_row(session, agency, feed, shared.now)
    print_json(row) if shared.json else print(f"日历订阅 {id}（{row['name']}）已吊销。")
