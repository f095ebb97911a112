"""签收链接 Signed link: the address at which the recipient of one delivery reads and acknowledges its
matters. The link is the credential: who has it may do that, and nothing else.

A token is 24 bytes in base64url: the delivery's id (6), when it ends (4, seconds of Unix time), the
first 13 bytes (104 bits) of an HMAC-SHA256 over both, and a zero, so that it ends in a letter: what
makes links of addresses in a text may leave out a sign at their end.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from re import compile as pattern
from re import escape, sub

from sqlmodel import Session

from engine.agency import Agency
from engine.deliveries import Delivery, Purpose
from engine.errors import BadLink, LinkExpired
from engine.instants import end_of, local_day
from engine.server_secret import known_secret, secret_of

LASTS = timedelta(days=14)
LENGTH = 32  # characters of a token
_NAME = "links"
_PURPOSE = b"qixian link 1\0"  # what the secret signs here is nothing else's signature
_TOKEN = pattern(rf"[A-Za-z0-9_-]{{{LENGTH}}}")
_MAC = 13
_TOLD = 6 + 4


def link_to(session: Session, agency: Agency, delivery: Delivery, now: datetime) -> str:
    """The link of a reminder that is about to be sent; empty where there is no public address.

    It holds to the end of the fourteenth day (Asia/Shanghai): a second attempt on the same day has
    the same text.
    """
    if not agency.public_url or delivery.purpose is not Purpose.REMINDER:
        return ""
    assert delivery.id is not None
    until = end_of(local_day(now) + LASTS)
    token = sign(secret_of(session, _NAME, now), delivery.id, until)
    return f"{_door(agency.public_url)}{token}"


def longest_link(public_url: str) -> str:
    """As many bytes as a link takes."""
    return f"{_door(public_url)}{'x' * LENGTH}" if public_url else ""


def unsigned(text: str, public_url: str) -> str:
    """A text with every link in it as long as it is, and good for nothing."""
    if not public_url:
        return text
    return sub(f"{escape(_door(public_url))}{_TOKEN.pattern}", longest_link(public_url), text)


def delivery_of(session: Session, token: str, now: datetime) -> int:
    """The id of the delivery that a token is for. Raises BadLink, LinkExpired."""
    secret = known_secret(session, _NAME)
    if secret is None:
        raise BadLink("链接无效")
    return check(secret, token, now)


def sign(secret: bytes, delivery_id: int, until: datetime) -> str:
    """The token of a delivery, good until an instant."""
    told = delivery_id.to_bytes(6, "big") + int(until.timestamp()).to_bytes(4, "big")
    return urlsafe_b64encode(told + _mac(secret, told) + bytes(1)).decode()


def check(secret: bytes, token: str, now: datetime) -> int:
    """The delivery's id. Raises BadLink for what was not signed with `secret`, LinkExpired."""
    if not _TOKEN.fullmatch(token):
        raise BadLink("链接无效")
    raw = urlsafe_b64decode(token)
    told = raw[:_TOLD]
    if not hmac.compare_digest(raw[_TOLD:], _mac(secret, told) + bytes(1)):
        raise BadLink("链接无效")
    if now >= datetime.fromtimestamp(int.from_bytes(told[6:], "big"), UTC):
        raise LinkExpired("链接已过期")
    return int.from_bytes(told[:6], "big")


def _mac(secret: bytes, told: bytes) -> bytes:
    return hmac.new(secret, _PURPOSE + told, sha256).digest()[:_MAC]


def _door(public_url: str) -> str:
    return f"{public_url.rstrip('/')}/m/"
