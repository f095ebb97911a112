"""测试消息: one message with a code over one channel, now and outside the queue, and what its answer
means for the channel. For the command, the page and the interface.

It is sent in no transaction, and over a client of its own: that of the daemon belongs to the clock's
thread. The exchange is bounded in time like every other.
"""

from asyncio import to_thread
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Engine
from sqlmodel import Session

from api.errors import BadInput
from engine.addresses import resume
from engine.agency import Agency
from engine.channels import ChannelState, enable, register
from engine.confirmation import expect, new_code
from engine.database import writing
from engine.drain import apply_to_channel
from engine.retries import after_attempt
from notifiers.channel import Addressing, Notifier
from notifiers.http_client import open_client
from notifiers.message import Message, Outcome, OutcomeKind
from notifiers.registry import over

_WORDS = {
    OutcomeKind.RETRY: "对方暂时没有接收，稍后再试",
    OutcomeKind.REJECTED: "对方没有接收",
    OutcomeKind.UNKNOWN: "结果不明",
    OutcomeKind.SKIPPED: "没有发送",
}
NEEDS_TO = {
    Addressing.MAIL: "是邮件，请用 --to 给出收件地址",
    Addressing.PERSON: "发给个人，请用 --to 给出账号",
}


@dataclass(frozen=True)
class Tested:
    """What became of a test message."""

    channel: str
    outcome: Outcome

    @property
    def accepted(self) -> bool:
        """Did the far side take it over?"""
        return self.outcome.kind is OutcomeKind.ACCEPTED

    @property
    def in_words(self) -> str:
        """The result in a sentence or two, with what to do."""
        if self.accepted:
            return f"渠道 {self.channel}：对方已接收。请到接收端确认确实看到这条消息。"
        words = _WORDS[self.outcome.kind]
        return f"渠道 {self.channel}：{words}。{self.outcome.advice or self.outcome.detail}"


def addressee(channel: str, notifier: Notifier, to: str) -> str:
    """To whom the message goes on the channel; empty for a group. Raises BadInput where nobody says."""
    if notifier.addressing is Addressing.PERSON and not to and notifier.users:
        return notifier.users[0]
    if notifier.addressing not in NEEDS_TO:
        return ""
    if not to:
        raise BadInput(f"渠道 {channel} {NEEDS_TO[notifier.addressing]}")
    if not to.isprintable() or any(sign.isspace() or sign in "<>,;" for sign in to):
        raise BadInput(f"渠道 {channel} 的收件人只能写一个地址或账号，不能含有空格和逗号")
    return to


async def send_test_message(
    db: Engine | None,
    agency: Agency,
    channel: str,
    to: str,
    now: datetime,
    then: Callable[[Session, Tested], object] = lambda _session, _tested: None,
) -> Tested:
    """Send it; `then` belongs to the transaction in which its answer is remembered. Without a database
    there is no code, and nothing is remembered. Raises BadInput."""
    notifier = agency.channels[channel]
    to, code = addressee(channel, notifier, to), new_code() if db else ""
    async with open_client() as client:
        outcome = await over(notifier, client).send(_message(channel, to, code), now)
    tested = Tested(channel, outcome)
    if db:
        await to_thread(_remember, db, agency, tested, to, code, now, then)
    return tested


def _message(channel: str, to: str, code: str) -> Message:
    text = f"【期限】这是渠道 {channel} 的测试消息，收到即表示可以送达，无需办理。"
    if code:
        text += f"\n确认码：{code}。请告知系统管理员，由其确认本渠道。"
    return Message(uuid4().hex, "【期限】测试消息", text, to=to, data={"test": True})


def _remember(
    db: Engine,
    agency: Agency,
    tested: Tested,
    to: str,
    code: str,
    now: datetime,
    then: Callable[[Session, Tested], object],
) -> None:
    """In a thread: it may have to wait for others who write."""
    with writing(db) as session:
        _apply(session, agency, tested, to, code, now)
        then(session, tested)


def _apply(
    session: Session, agency: Agency, tested: Tested, to: str, code: str, now: datetime
) -> None:
    """What the answer means for the channel: it is used again, waits, or is disabled; for the
    address: it is used again; and the code that may have arrived."""
    register(session, agency.channels)
    session.flush()
    state = session.get_one(ChannelState, tested.channel)
    if tested.accepted:
        enable(state)
        resume(session, tested.channel, to)
    if tested.outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.UNKNOWN):
        expect(session, tested.channel, code, now)
    apply_to_channel(session, state, after_attempt(tested.outcome, 1, False, now), now)
