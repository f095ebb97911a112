"""够得着吗: who among the contacts hears nothing at all, and word of it to the administrator."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sqlmodel import Session

from engine.addresses import paused
from engine.agency import Agency
from engine.channels import disabled_channels
from engine.instants import local_day
from engine.system_messages import tell_administrator
from engine.units import ROLE_NAMES, Contact, Unit
from engine.workdays import WorkCalendar
from notifiers.channel import Addressing

MOST_NAMED = 30  # in a message; `qixian doctor` names them all
Address = tuple[str, str]  # a channel, and an address on it


@dataclass(frozen=True)
class Unreached:
    """A contact whom no channel of his unit reaches, and why."""

    unit: Unit
    contact: Contact
    reason: str

    @property
    def in_words(self) -> str:
        """`市财政局张三（承办人）：没有填写邮箱`."""
        role = ROLE_NAMES[self.contact.role]
        return f"{self.unit.name}{self.contact.name}（{role}）：{self.reason}"


def unreachable_people(session: Session, agency: Agency) -> list[Unreached]:
    """Every contact whom none of his unit's channels reaches, in the order of the configuration."""
    stopped = paused(session)
    closed = {row.id: "已停用" for row in disabled_channels(session)}
    return [
        Unreached(unit, contact, reason)
        for unit in agency.units.values()
        for contact in unit.contacts
        if (reason := _why_unreached(agency, unit, contact, closed, stopped))
    ]


def tell_of_unreachable(
    session: Session, agency: Agency, calendar: WorkCalendar, now: datetime
) -> int:
    """Name them to the administrator, once a working day, in office hours; how many messages."""
    if not agency.administrators() or not agency.hours.are_now(now, calendar):
        return 0
    found = unreachable_people(session, agency)
    if not found:
        return 0
    more = len(found) - MOST_NAMED
    lines = [
        "以下联系人没有可用的渠道，收不到提醒。请补填地址或修好渠道；全部名单用 qixian doctor 查看。",
        *(f"{number}. {one.in_words}" for number, one in enumerate(found[:MOST_NAMED], 1)),
        *([f"另有{more}人。"] if more > 0 else []),
    ]
    subject = f"有{len(found)}位联系人收不到提醒"
    key = f"unreachable {local_day(now)}"
    return tell_administrator(session, agency, key, subject, "\n".join(lines), now)


def _why_unreached(
    agency: Agency,
    unit: Unit,
    contact: Contact,
    closed: Mapping[str, str],
    stopped: Collection[Address],
) -> str:
    """Why nothing reaches a contact; empty where something does."""
    if not unit.channels:
        return "所在单位没有写渠道，提醒由上级单位代收"
    reasons: list[str] = []
    for channel in dict.fromkeys(chain(*(agency.way(channel) for channel in unit.channels))):
        addressing = agency.channels[channel].addressing
        address = _address(addressing, contact)
        if channel in closed:
            reasons.append(f"渠道 {channel} {closed[channel]}")
        elif address == "":
            reasons.append(f"没有填写{_ADDRESSES[addressing]}（渠道 {channel}）")
        elif address and (channel, address) in stopped:
            reasons.append(f"{address} 已暂停（渠道 {channel}）")
        else:
            return ""
    return "；".join(reasons)


_ADDRESSES = {Addressing.MAIL: "邮箱 mail", Addressing.PERSON: "账号 account"}


def _address(addressing: Addressing, contact: Contact) -> str | None:
    """A person's address on a channel, "" where he has none; None where none is asked for."""
    match addressing:
        case Addressing.MAIL:
            return contact.mail
        case Addressing.PERSON:
            return contact.account
    return None
