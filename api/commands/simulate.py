"""qixian simulate --from A --to B"""

from typing import Annotated, Any

import typer

from api.commands.context import Context, print_json
from api.typed_dates import stretch
from engine.instants import ZONE, local_iso
from engine.simulation import Simulated, leading_rung
from engine.simulation import simulate as messages_of


def simulated_row(message: Simulated) -> dict[str, Any]:
    """A message with the keys of the command line; its rung is the most pressing one."""
    delivery = message.delivery
    return {
        "at": local_iso(delivery.planned_at),
        "recipient": delivery.recipient,
        "channel": delivery.channel,
        "rung": leading_rung(alert.rung for alert, _ in message.alerts),
        "obligations": [
            {
                "rule": obligation.rule,
                "unit": obligation.unit,
                "period": obligation.period,
                "due_on": obligation.due_on.isoformat(),
                "rung": alert.rung,
            }
            for alert, obligation in message.alerts
        ],
    }


def simulate(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", metavar="A", help="第一天")],
    last: Annotated[str, typer.Option("--to", metavar="B", help="最后一天")],
) -> None:
    """推演一段时间内会发出的消息；不发送，不存储，假定其间无人办结。"""
    shared: Context = context.obj
    agency = shared.configuration.agency
    count = 0
    for message in messages_of(agency, shared.calendar, *stretch(first, last)):
        count += 1
        if shared.json:
            print_json(simulated_row(message))
            continue
        at = message.delivery.planned_at.astimezone(ZONE)
        print(
            f"━━ {at:%Y-%m-%d %H:%M} → {message.delivery.recipient}（{message.delivery.channel}）"
        )
        print(message.delivery.body, end="\n\n")
    if not shared.json:
        print(f"共 {count} 条消息。")
