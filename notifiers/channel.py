"""渠道 Channel: what every notifier offers to the engine."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from enum import StrEnum
from typing import Any, Protocol, Self, runtime_checkable

import httpx

from notifiers.message import Markup, Message, Outcome
from notifiers.return_path import ReplyTo, ReturnPath

UNSHOWN = "…"  # in what is shown: a secret, a signature, or what only the exchange itself brings


class Addressing(StrEnum):
    """Whom one message of the channel reaches."""

    GROUP = "group"  # the channel itself is the address; `Message.to` stays empty
    UNIT = "unit"  # one message for each unit; `Message.to` stays empty
    MAIL = "mail"  # one message for one mail address, in `Message.to`
    PERSON = "person"  # one message for one person, whose id on the channel is in `Message.to`


@dataclass(frozen=True)
class Window:
    """限额: at most `count` attempts in any span of that length, over everything that is sent with
    one credential; with `each` for every recipient by himself."""

    count: int
    span: timedelta
    each: bool = False


class Notifier(Protocol):
    """One configured channel.

    `kind` is its name in the registry.
    `windows`: the limits that the far side keeps; all of them hold.
    `users`: who is always told, where the configuration names them; else each unit's contacts.
    `limit`: bytes of `Message.body` in UTF-8.
    `credential` identifies the secret without telling it: equal secrets share one window.
    `duplicate_safe`: the far side recognises what it has taken over already, when the same text
    comes again under the same `Message.id` within half an hour.
    """

    @property
    def kind(self) -> str: ...

    @property
    def windows(self) -> tuple[Window, ...]: ...

    @property
    def users(self) -> tuple[str, ...]: ...

    @property
    def addressing(self) -> Addressing: ...

    @property
    def duplicate_safe(self) -> bool: ...

    @property
    def markup(self) -> Markup: ...

    @property
    def limit(self) -> int: ...

    @property
    def credential(self) -> str: ...

    def written(self, message: Message, now: datetime) -> tuple[bytes, ...]:
        """What `send` at that instant lets leave, byte for byte: the body of each request in order, a
        letter, a frame, the printed text. What may not be shown, or is not known before, is UNSHOWN, in
        an address so many x. Nothing is sent; `now` is aware."""
        ...

    async def send(self, message: Message, now: datetime) -> Outcome:
        """One attempt, without repetition. `now` is aware. What the far side does is an Outcome,
        never an exception: what is raised is a fault of ours, before anything has left."""
        ...


class Configurable(Notifier, Protocol):
    """A class of channels, as the registry lists it under its kind."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:
        """Raises ChannelConfigError where the settings cannot work."""
        ...


@runtime_checkable
class Inviting(Protocol):
    """A channel that can carry calendar invitations: from whom, None where it shall not."""

    @property
    def organizer(self) -> Address | None: ...


@runtime_checkable
class Returning(Protocol):
    """A channel whose messages can come back: where to, None where nobody takes them."""

    @property
    def return_path(self) -> ReturnPath | None: ...


@runtime_checkable
class Answered(Protocol):
    """A channel whose messages people can answer: where to, None where nobody takes it."""

    @property
    def reply_to(self) -> ReplyTo | None: ...


def takes_replies(notifier: Notifier) -> bool:
    """Does an answer to a message of the channel come back to us?"""
    return getattr(notifier, "reply_to", None) is not None


def fingerprint(*parts: str) -> str:
    """A short hash for `Notifier.credential`.

    Only for secrets too random to be guessed (a robot's key); never over a password.
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
