"""qixian resend"""

from typing import Annotated

import typer

from api.commands.context import Context, print_json
from api.errors import BadInput
from api.json_rows import resent_row
from api.typed_dates import between
from engine.channels import register
from engine.database import writing
from engine.resending import Resent, resend_between, resend_one


def resend(
    context: typer.Context,
    by: Annotated[str, typer.Option(metavar="NAME", help="谁要求重新发送")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="为什么")],
    delivery: Annotated[int | None, typer.Argument(metavar="ID", help="送达记录的编号")] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="A", help="从这一天或时刻起没有送达的")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="B", help="到这一天（含）或时刻为止")
    ] = None,
    channel: Annotated[str | None, typer.Option(help="只限这个渠道")] = None,
) -> None:
    """重新发送一条送达记录，或一段时间内没有送达的；由服务按限额发出。"""
    shared: Context = context.obj
    agency, now = shared.configuration.agency, shared.now
    for name, text in (("--by", by), ("--reason", reason)):
        if not (text.strip() and text.isprintable()):
            raise BadInput(f"{name} 不能是空的，也不能含有控制字符")
    if (delivery is None) == (first is None and last is None):
        raise BadInput("请给出送达记录的编号，或用 --from 和 --to 给出一段时间，二者选一")
    if delivery is not None and channel is not None:
        raise BadInput("--channel 只与 --from 和 --to 一起用")
    with writing(shared.database) as session:
        register(session, agency.channels)
        if delivery is not None:
            new = resend_one(session, agency, delivery, by, reason, now)
            resent = Resent((new,), {})
        elif first is None or last is None:
            raise BadInput("--from 和 --to 要一起给出")
        else:
            span = between(first, last)
            resent = resend_between(session, agency, *span, channel, by, reason, now)
    if shared.json:
        return print_json(resent_row(resent))
    ids = "、".join(str(row.id) for row in resent.deliveries)
    print(f"重新发送 {len(resent.deliveries)} 条" + (f"（新的送达记录 {ids}）。" if ids else "。"))
    for why, old in resent.skipped.items():
        print(f"跳过 {len(old)} 条（{'、'.join(map(str, old))}）：{why}。")
    return None
