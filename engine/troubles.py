"""What the administrator is told when sending fails: once an occasion, and what to do about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from engine.agency import Agency
from engine.channels import ChannelState
from engine.deliveries import Delivery, Purpose, State
from engine.instants import local_day, written
from engine.system_messages import tell_administrator

_ENDED = {
    State.REJECTED: "被对方拒绝",
    State.FAILED: "多次发送都没有成功",
    State.UNKNOWN: "是否送达不明",
}


def tell_of_channel(session: Session, agency: Agency, channel: ChannelState, now: datetime) -> None:
    """A channel has been disabled."""
    fallback = agency.policy(channel.id).fallback
    rest = f"将改由备用渠道“{fallback}”发送" if fallback else "没有备用渠道，恢复之前不会发出"
    text = (
        f"渠道“{channel.id}”已停用：{channel.disabled_reason}\n"
        f"等在这个渠道上的消息有 {_waiting(session, channel.id)} 条，{rest}。\n"
        f"修好后运行 qixian send-test {channel.id}，对方接收即恢复；"
        "换了密钥的，改好配置后重启服务即恢复。"
    )
    key = f"disabled:{channel.id}:{now.isoformat()}"
    tell_administrator(session, agency, key, f"渠道“{channel.id}”已停用", text, now)


def tell_of_line(
    session: Session,
    agency: Agency,
    channels: Sequence[str],
    in_words: str,
    since: datetime,
    now: datetime,
) -> None:
    """The line of a robot, which these channels share, does not stand."""
    rest = "；".join(
        f"“{one}”上有 {_waiting(session, one)} 条消息在等待，{_after_a_while(agency, one)}"
        for one in channels
    )
    subject = f"渠道“{'、'.join(channels)}”的长连接中断"
    text = f"{in_words}。\n{rest}。\n在此期间卡片上的“签收”按了没有反应。接通后再告诉您一次。"
    tell_administrator(session, agency, f"line:{channels[0]}:{since}", subject, text, now)


def tell_of_line_back(
    session: Session, agency: Agency, channels: Sequence[str], since: datetime, now: datetime
) -> None:
    """It stands again."""
    subject = f"渠道“{'、'.join(channels)}”的长连接已恢复"
    text = f"长连接已于 {written(since)} 接通，等待的消息照常发出。"
    tell_administrator(session, agency, f"line back:{channels[0]}:{since}", subject, text, now)


def tell_of_delivery(session: Session, agency: Agency, row: Delivery, now: datetime) -> None:
    """A reminder has ended without having arrived: one word a day for each channel and way."""
    if row.purpose is Purpose.SYSTEM or row.state not in _ENDED:
        return
    again = f"需要再发的，运行 qixian resend {row.id} --by 姓名 --reason 原因"
    if row.purpose is Purpose.INVITATION:
        again = "日历邀请随事项的下一次变动更新，不单独重发"
    text = (
        f"送达记录 {row.id}（渠道“{row.channel}”，收件人 {row.recipient}）"
        f"{_ENDED[row.state]}：{row.reason}\n"
        f"这个渠道上还有 {_waiting(session, row.channel)} 条消息在等待。\n"
        f"请向收件人核实；{again}。\n"
        "同一渠道的同类情况一天只通知一次，其余见送达记录。"
    )
    key = f"undelivered:{row.channel}:{row.state}:{local_day(now)}"
    tell_administrator(session, agency, key, f"渠道“{row.channel}”有提醒没有送达", text, now)


def tell_of_address(
    session: Session, agency: Agency, channel: str, recipient: str, reason: str, now: datetime
) -> None:
    """An address has been paused."""
    fallback = agency.policy(channel).fallback
    rest = f"改由备用渠道“{fallback}”发送" if fallback else "等到地址恢复或更换后再发"
    text = (
        f"渠道“{channel}”的收件地址 {recipient} 已停用：{reason}\n"
        f"发给它的提醒{rest}。\n"
        "地址变了的，请在配置中改正该联系人；地址没有错的，运行 "
        f"qixian send-test {channel} --to {recipient}，对方接收即恢复。"
    )
    key = f"paused:{channel}:{recipient}:{now.isoformat()}"
    tell_administrator(session, agency, key, f"收件地址 {recipient} 已停用", text, now)


def tell_of_fault(session: Session, agency: Agency, row: Delivery, now: datetime) -> None:
    """A message has stepped aside for a fault of ours. Of word to the administrator himself no
    more words are made: they would take the same way."""
    if row.purpose is Purpose.SYSTEM:
        return
    text = (
        f"送达记录 {row.id}（渠道“{row.channel}”，收件人 {row.recipient}）{row.reason}\n"
        "其他消息照常发送。请把服务日志中的错误告诉开发人员。"
    )
    tell_administrator(session, agency, f"fault:{row.id}", "有一条消息发不出去", text, now)


def tell_of_nobody(session: Session, agency: Agency, row: Delivery, now: datetime) -> None:
    """The fallback has nobody who could be told in place of a delivery's recipient."""
    if row.purpose is Purpose.SYSTEM:
        return
    text = (
        f"送达记录 {row.id}（渠道“{row.channel}”，收件人 {row.recipient}）应改由备用渠道发送，"
        "但备用渠道上没有可用的收件人。\n请为该单位的联系人填写 mail（邮件）或 account（工作聊天账号）。"
    )
    key = f"nobody:{row.channel}:{row.recipient}:{local_day(now)}"
    tell_administrator(session, agency, key, f"渠道“{row.channel}”的备用渠道没有收件人", text, now)


def tell_of_reply(
    session: Session, agency: Agency, row: Delivery, kind: str, reason: str, now: datetime
) -> None:
    """Somebody answered a reminder with something that no machine can act on."""
    text = (
        f"送达记录 {row.id}（渠道“{row.channel}”，收件人 {row.recipient}）收到回复：{reason}\n"
        "提醒照常发送。请阅后与收件人联系；只要回复“收到”，并由收到提醒的邮箱发出，就能签收。\n"
        "同一封提醒的同类回复一天只通知一次，最近一封见送达记录。"
    )
    key = f"reply:{row.id}:{kind}:{local_day(now)}"
    tell_administrator(session, agency, key, "有回复需要人看", text, now)


def _after_a_while(agency: Agency, channel: str) -> str:
    policy = agency.policy(channel)
    if not policy.fallback:
        return "没有备用渠道，接通之前不会发出"
    minutes = policy.fallback_after // timedelta(minutes=1)
    return f"等满 {minutes} 分钟的改由备用渠道“{policy.fallback}”发送"


def _waiting(session: Session, channel: str) -> int:
    query = select(func.count()).where(
        col(Delivery.channel) == channel, col(Delivery.state) == State.QUEUED
    )
    return session.exec(query).one()
