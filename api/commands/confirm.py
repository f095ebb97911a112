"""qixian confirm CHANNEL CODE"""

from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.errors import BadInput
from engine.channels import register
from engine.confirmation import confirm as confirm_channel
from engine.database import writing


def confirm(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="渠道编号")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="测试消息里的四位确认码")],
) -> None:
    """输入在接收端看到的确认码，确认渠道确实有人看到。"""
    shared: Context = context.obj
    channels = shared.configuration.agency.channels
    if channel not in channels:
        raise BadInput(f"没有渠道“{channel}”，可用：{'、'.join(channels) or '（尚未配置）'}")
    with writing(shared.database) as session:  # a wrong try counts, and so is stored
        register(session, channels)
        session.flush()
        refused = confirm_channel(session, channel, code.strip(), shared.now)
    if refused:
        raise BadInput(refused)
    if shared.json:
        print_json({"channel": channel, "confirmed": True})
    else:
        print(f"渠道 {channel}：已确认。")
