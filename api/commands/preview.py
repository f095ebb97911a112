"""qixian preview --unit U | --days N"""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.errors import BadInput
from api.people_rows import preview_row, too_many_row
from api.typed_dates import moment
from engine.preview import Previewed, too_many
from engine.preview import preview as messages_now


def preview(
    context: typer.Context,
    unit: Annotated[str | None, typer.Option(metavar="UNIT", help="单位编号")] = None,
    channel: Annotated[str | None, typer.Option(metavar="ID", help="只看一个渠道")] = None,
    at: Annotated[str | None, typer.Option(metavar="INSTANT", help="何时，默认此刻")] = None,
    exact: Annotated[bool, typer.Option("--bytes", help="连同发出的原文，密钥、签名除外")] = False,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=366, help="今后这么多天内，哪一天的消息超过渠道的限额"),
    ] = None,
) -> None:
    """预览某单位此刻会发出的消息，或今后哪一天消息过多；不发送，不存储。"""
    shared: Context = context.obj
    if (unit is None) == (days is None):
        raise BadInput("请写明 --unit（看消息）或 --days（看限额），二者取一")
    if unit is not None:
        return _messages(shared, unit, channel, at, exact)
    if channel is not None or at is not None or exact:
        raise BadInput("--channel、--at 和 --bytes 只与 --unit 一起用")
    return _days(shared, days or 0)


def _messages(shared: Context, unit: str, channel: str | None, at: str | None, exact: bool) -> None:
    agency = shared.configuration.agency
    if unit not in agency.units:
        raise BadInput(f"没有编号为“{unit}”的单位，可用：{'、'.join(agency.units)}")
    if channel is not None and channel not in agency.channels:
        raise BadInput(f"没有渠道“{channel}”，可用：{'、'.join(agency.channels)}")
    now = shared.now
    if at is not None:
        typed = moment(at, "--at ")
        if not isinstance(typed, datetime):
            raise BadInput(f"--at “{at}”应写明几点，例如 2026-10-08T09:00")
        now = typed
    found = messages_now(shared.database, agency, shared.calendar, unit, now, channel)
    for message in found:
        print_json(preview_row(message)) if shared.json else _print(message, exact)
    if not found and not shared.json:
        print("此刻没有要发的消息：已提醒过的、静默中的不发，普通提醒只在工作时间发。")


def _print(message: Previewed, exact: bool) -> None:
    print(f"━━ {message.recipient}（{message.channel}） {message.size} / {message.limit} 字节")
    print(message.body, end="\n\n")
    if exact:
        for number, request in enumerate(message.requests, 1):
            which = f"，第 {number} 次，共 {len(message.requests)} 次"
            several = which if len(message.requests) > 1 else ""
            print(f"── 发出的原文{several}，{len(request)} 字节\n{request.decode()}\n")


def _days(shared: Context, days: int) -> None:
    last = shared.today + timedelta(days=days - 1)
    found = too_many(shared.configuration.agency, shared.calendar, shared.today, last)
    for one in found:
        print_json(too_many_row(one)) if shared.json else print(one.in_words)
    if not found and not shared.json:
        print(f"今后{days}天没有超过渠道限额的日子。")
