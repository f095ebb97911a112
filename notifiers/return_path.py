"""Where a letter comes back to that cannot be delivered, and where its answer goes: addresses that say
which letter, and are signed.

Anybody may write to them. Only who had the letter knows its token, so nobody else can have an
address declared dead, or a matter acknowledged.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import ClassVar

TOKEN = "{token}"  # the place in the setting
SHORTEST_SECRET = 16
_ID_DIGITS = 32
_ID = re.compile(r"[0-9a-f]{32}")
_SIGNED = re.compile(r"(?<![0-9a-f])([0-9a-f]{32})[0-9a-f]{16}(?![0-9a-f])")
_SIGNATURE = 16  # hexadecimal digits; a wrong guess costs a letter


@dataclass(frozen=True)
class ReturnPath:
    """`template` holds `{token}` once: `bounces+{token}@agency.gov.cn`."""

    template: str
    secret: str = field(repr=False)

    purpose: ClassVar[str] = ""  # what is signed for one is nothing for the other

    def takes(self, message_id: str) -> bool:
        """Can the id stand in an address? Those of the outbox are 32 hexadecimal digits."""
        return _ID.fullmatch(message_id) is not None

    def address(self, message_id: str) -> str:
        """The address for a message."""
        told = (self.purpose + message_id).encode()
        made = hmac.new(self.secret.encode(), told, hashlib.sha256).hexdigest()
        return self.template.replace(TOKEN, message_id + made[:_SIGNATURE])

    @property
    def unsigned(self) -> str:
        """As long as the address for any message, and nobody's."""
        return self.template.replace(TOKEN, "x" * (_ID_DIGITS + _SIGNATURE))

    def signed(self, address: str, message_id: str) -> bool:
        """Is it the address that a letter with this id was sent from? Case does not count."""
        expected = self.address(message_id).lower()
        return hmac.compare_digest(expected.encode(), address.lower().encode("utf-8", "replace"))


class ReplyTo(ReturnPath):
    """回复地址: the same for the answers of people, `qixian+{token}@agency.gov.cn`."""

    purpose: ClassVar[str] = "reply:"


def message_id_in(address: str) -> str:
    """The id of the message that a return address speaks of, not yet verified; else empty."""
    found = _SIGNED.search(address.lower())
    return found[1] if found else ""
