"""渠道 Channel: what every notifier offers to the engine."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, Self

import httpx

from notifiers.message import Markup, Message, Outcome


class Addressing(StrEnum):
    """Whom one message of the channel reaches."""

    GROUP = "group"  # the channel itself is the address; `Message.to` stays empty
    UNIT = "unit"  # one message for each unit; `Message.to` stays empty
    MAIL = "mail"  # one message for one mail address, in `Message.to`
    PERSON = "person"  # one message for one person, whose id on the channel is in `Message.to`


class Notifier(Protocol):
    """One configured channel.

    `kind` is its name in the registry.
    `window`: so many attempts in any span of that length, counted per `credential`.
    `limit`: bytes of `Message.body` in UTF-8.
    `credential` identifies the secret without telling it: equal secrets share one window.
    `duplicate_safe`: the far side recognises a repeated `Message.id`.
    """

    @property
    def kind(self) -> str: ...

    @property
    def window(self) -> tuple[int, timedelta] | None: ...

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

    async def send(self, message: Message, now: datetime) -> Outcome:
        """One attempt, without repetition. `now` is aware. What the far side does is an Outcome,
        never an exception."""
        ...


class Configurable(Notifier, Protocol):
    """A class of channels, as the registry lists it under its kind."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], client: httpx.AsyncClient, /) -> Self:
        """Raises ChannelConfigError where the settings cannot work."""
        ...


def fingerprint(*parts: str) -> str:
    """A short hash for `Notifier.credential`.

    Only for secrets too random to be guessed (a robot's key); never over a password.
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
