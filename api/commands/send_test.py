"""qixian send-test CHANNEL"""

import asyncio
from typing import Annotated
from uuid import uuid4

import typer

from api.commands.context import Context, print_json
from api.errors import BadInput
from engine.addresses import resume
from engine.channels import ChannelState, enable, register
from engine.confirmation import expect, new_code
from engine.database import writing
from engine.drain import apply_to_channel
from engine.errors import BadDatabase
from engine.retries import after_attempt
from engine.schema import check
from notifiers.channel import Addressing
from notifiers.message import Message, Outcome, OutcomeKind

_WORDS = {
    OutcomeKind.RETRY: "对方暂时没有接收，稍后再试",
    OutcomeKind.REJECTED: "对方没有接收",
    OutcomeKind.UNKNOWN: "结果不明",
    OutcomeKind.SKIPPED: "没有发送",
}


_NEEDS_TO = {
    Addressing.MAIL: "是邮件，请用 --to 给出收件地址",
    Addressing.PERSON: "发给个人，请用 --to 给出账号",
}


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
    notifier = channels[channel]
    if notifier.addressing is Addressing.PERSON and not to and notifier.users:
        to = notifier.users[0]
    if notifier.addressing in _NEEDS_TO and not to:
        raise BadInput(f"渠道 {channel} {_NEEDS_TO[notifier.addressing]}")
    code = new_code() if _ready(shared) else ""
    outcome = asyncio.run(notifier.send(_message(channel, to, code), shared.now))
    accepted = outcome.kind is OutcomeKind.ACCEPTED
    if code:
        _remember(shared, channel, to, outcome, code)
    if shared.json:
        print_json(
            {
                "channel": channel,
                "outcome": outcome.kind.value,
                "http_status": outcome.http_status,
                "code": outcome.code,
                "detail": outcome.detail,
                "advice": outcome.advice,
            }
        )
    elif accepted:
        print(f"渠道 {channel}：对方已接收。请到接收端确认确实看到这条消息。")
        if code:
            print(f"再运行 qixian confirm {channel} 确认码（消息里的四位数字，一小时内有效）。")
    else:
        print(f"渠道 {channel}：{_WORDS[outcome.kind]}。{outcome.advice or outcome.detail}")
    raise typer.Exit(0 if accepted else 1)


def _message(channel: str, to: str, code: str) -> Message:
    text = f"【期限】这是渠道 {channel} 的测试消息，收到即表示可以送达，无需办理。"
    if code:
        text += f"\n确认码：{code}。请告知系统管理员，由其确认本渠道。"
    return Message(uuid4().hex, "【期限】测试消息", text, to=to, data={"test": True})


def _ready(shared: Context) -> bool:
    """Is there the daemon's database, in which the code can be kept?"""
    try:
        check(shared.open(shared.configuration.database_url))
    except BadDatabase:
        return False
    return True


def _remember(shared: Context, channel: str, to: str, outcome: Outcome, code: str) -> None:
    """What the answer means for the channel: it is used again, waits, or is disabled; for the
    address: it is used again; and the code that may have arrived."""
    with writing(shared.database) as session:
        register(session, shared.configuration.agency.channels)
        session.flush()
        state = session.get_one(ChannelState, channel)
        if outcome.kind is OutcomeKind.ACCEPTED:
            enable(state)
            resume(session, channel, to)
        if outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN):
            expect(session, channel, code, shared.now)
        apply_to_channel(session, state, after_attempt(outcome, 1, False, shared.now), shared.now)
