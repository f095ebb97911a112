"""Request and Answer: what goes over the line, and what comes back. What fails before a connection was
there is a ConnectError or a ConnectTimeout of httpx; whatever else is raised, the request may have gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from yarl import URL

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Request:
    """One request. `seconds` is the time for a connection. Guarded where `allowed` is given: public
    addresses and these intranets only. `name` is whose certificate is asked for, where the address in
    `url` is another."""

    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes
    seconds: float
    allowed: Sequence[Network] | None = None
    name: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the far side answered; `body` is cut after 64 KiB."""

    status: int
    headers: Mapping[str, str]  # upper and lower case are the same
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Transport(Protocol):
    """Takes requests to the far side."""

    async def ask(self, request: Request) -> Answer: ...

    async def aclose(self) -> None: ...
