"""心跳 Heartbeat: tells a watchman elsewhere that all is well. His alarm is our silence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from notifiers.address_guard import Network, intranets, may_be_permitted, within
from notifiers.errors import ChannelConfigError
from notifiers.http_client import Answer, exchange, open_client
from notifiers.web_address import split_address


@dataclass(frozen=True)
class Heartbeat:
    """An address that is called, and the intranets that it may lead to. Whoever knows the address
    can say that all is well, so it is not shown."""

    address: str = field(repr=False)
    allow: tuple[Network, ...] = ()

    @classmethod
    def at(cls, address: str, allow: Iterable[str], allow_http: bool) -> Self:
        """Raises ChannelConfigError, which names the key of [watch]."""
        try:
            host = split_address(address, allow_http).hostname or ""
        except ValueError as fault:
            raise ChannelConfigError(f"[watch] 的“heartbeat”{fault}。") from None
        try:
            networks = intranets(allow)
        except ValueError as fault:
            raise ChannelConfigError(f"[watch] 的“allow”{fault}。") from None
        if not may_be_permitted(host, networks):
            raise ChannelConfigError(
                "[watch] 的“heartbeat”指向本机、内网或保留地址，"
                '确系本单位系统时另设 allow，例如 ["10.0.0.0/8"]。'
            )
        return cls(address, networks)

    async def beat(self) -> str:
        """One call. Empty when it was taken, else what went wrong, in half a Chinese sentence."""
        async with open_client() as client:
            answer = await exchange(client, "GET", self.address, extensions=within(self.allow))
        if not isinstance(answer, Answer):
            return answer.advice.rstrip("。")
        return "" if 200 <= answer.status < 300 else f"对方回答 HTTP {answer.status}"
