"""消息 Message: what a notifier gets, finished. 送达结果 Outcome: what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Markup(StrEnum):
    """The markup that a channel shows."""

    TEXT = "text"
    MARKDOWN = "markdown"


@dataclass(frozen=True)
class Calendar:
    """日历邀请: a whole iCalendar text (RFC 5545), and the METHOD that stands in it."""

    method: str
    text: str


@dataclass(frozen=True)
class Matter:
    """One matter of a message, for channels that show it in the fields of a card: what is owed, by
    which unit, when, and how much time is left. `early` is when it is best done, where that is
    before the due day; `moved` how its date was changed; `notes` what is asked beside doing it,
    such as to press others."""

    title: str
    unit: str
    due: str
    left: str
    early: str = ""
    moved: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Message:
    """A finished message. Its body is within the channel's byte limit, in its markup.

    `id` stays the same on every attempt; `possible_duplicate` says that an earlier attempt may
    have arrived (the body then says so as well, in words). `to` is the address on the channel:
    empty for a group, a mail address for mail, a person's id on the channel for a person.
    """

    id: str
    subject: str
    body: str
    to: str = ""
    mentions: tuple[str, ...] = ()  # mobile numbers
    thread: str = ""  # the stable root of a mail thread
    data: Mapping[str, Any] = field(default_factory=dict)  # for machines: the webhook's payload
    possible_duplicate: bool = False
    calendar: Calendar | None = None  # only mail carries it
    matters: tuple[Matter, ...] = ()  # those that the body tells
    link: str = ""  # where its recipient reads and acknowledges them
    answerable: bool = False  # its recipient may acknowledge them by an answer


class OutcomeKind(StrEnum):
    """送达结果: each kind has a sentence that tells it from its neighbour."""

    ACCEPTED = "accepted"  # the provider took it over and said so in its own words; not "read"
    RETRY = "retry"  # it was surely not taken over, and later it may be
    REJECTED = "rejected"  # it was surely not taken over, and repeating the same will not help
    UNKNOWN = "unknown"  # nobody can tell whether it was taken over
    SKIPPED = "skipped"  # we did not send it, on purpose


class Fault(StrEnum):
    """What has to change before a rejected message can pass."""

    CONTENT = "content"
    RECIPIENT = "recipient"
    CONFIG = "config"


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt.

    `retry_after` counts from the end of the attempt; `hold` means that the wait is for the whole
    credential and not for this message, without `retry_after` because the far side cannot be
    reached at all. `advice` is one Chinese sentence for the officer.
    `detail` is the provider's own message with secrets removed.
    """

    kind: OutcomeKind
    fault: Fault | None = None
    retry_after: timedelta | None = None
    hold: bool = False
    provider: str = ""
    http_status: int | None = None
    code: str = ""
    detail: str = ""
    advice: str = ""
    provider_id: str = ""
    size: int = 0  # bytes sent
