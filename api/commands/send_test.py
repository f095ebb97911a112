"""qixian send-test CHANNEL"""

import asyncio
from typing import Annotated

import typer

from api.channel_test import send_test_message
from api.commands.context import Context, print_json
from api.errors import BadInput
from api.json_rows import tested_row
from engine.errors import BadDatabase
from engine.schema import check


def send_test(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="渠道编号")],
    to: Annotated[str, typer.Option(help="收件人：邮件地址，或工作聊天的账号")] = "",
) -> None:
    """向一个渠道发一条带确认码的测试消息；成功后恢复被停用的渠道和收件地址。"""
    shared: Context = context.obj
    channels = shared.configuration.agency.channels
    if channel not in channels:
        raise BadInput(f"没有渠道“{channel}”，可用：{'、'.join(channels) or '（尚未配置）'}")
    db = shared.database if _ready(shared) else None
    agency = shared.configuration.agency
    tested = asyncio.run(send_test_message(db, agency, channel, to, shared.now))
    if shared.json:
        print_json(tested_row(tested))
    else:
        print(tested.in_words)
        if tested.accepted and db:
            print(f"再运行 qixian confirm {channel} 确认码（消息里的四位数字，一小时内有效）。")
    raise typer.Exit(0 if tested.accepted else 1)


def _ready(shared: Context) -> bool:
    """Is there the daemon's database, in which the code can be kept?"""
    try:
        check(shared.open(shared.configuration.database_url))
    except BadDatabase:
        return False
    return True
