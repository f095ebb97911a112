"""A letter that was sent to us, by the standard parser: to whom, its own parts, their text. Pure."""

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from html import unescape

CHARACTERS = 20_000  # of a page; what matters stands at its beginning
_ADDRESSED = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
_RETURNED = ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers")


def addressed_to(letter: Message) -> tuple[str, ...]:
    """All addresses that a letter came to, in lower case."""
    lines = [str(line) for name in _ADDRESSED for line in letter.get_all(name, [])]
    return tuple(dict.fromkeys(address.lower() for _, address in getaddresses(lines)))


def own_parts(letter: Message) -> Iterator[Message]:
    """The letter and its parts, without the letters in it."""
    if letter.get_content_type() in _RETURNED:
        return
    yield letter
    # A text is not asked for its payload here: the parser would decode it, and may fail.
    if letter.get_content_maintype() == "multipart" and letter.is_multipart():
        for part in letter.get_payload():
            if isinstance(part, Message):
                yield from own_parts(part)


def subject_of(letter: Message) -> str:
    """The subject, decoded; empty where it cannot be."""
    return decoded(str(letter["Subject"] or ""))


def decoded(header: str) -> str:
    """The words of a header (RFC 2047); empty where they cannot be read."""
    try:
        return str(make_header(decode_header(header)))
    except (HeaderParseError, LookupError, ValueError):
        return ""


def text_of(part: Message, quoted: re.Pattern[str] | None = None) -> str:
    """What a text part shows, its beginning. Of HTML nothing from the first match of `quoted` on."""
    content = part.get_payload(decode=True)
    raw = content[: 4 * CHARACTERS] if isinstance(content, bytes) else b""
    charset = (part.get_content_charset() or "utf-8").lower()
    try:  # who says gb2312 writes gb18030, which contains it
        text = raw.decode("gb18030" if charset in ("gb2312", "gbk") else charset, "replace")
    except (LookupError, ValueError):  # such as idna, which cannot replace
        text = raw.decode("utf-8", "replace")
    if part.get_content_subtype() != "html":
        return text
    return _shown(quoted.split(text, maxsplit=1)[0] if quoted else text)


def _shown(page: str) -> str:
    page = re.sub(r"<(?:style|script)\b[^<>]*>[^<]*", " ", page, flags=re.IGNORECASE)
    page = re.sub(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]*>", "\n", page, flags=re.IGNORECASE)
    return unescape(re.sub(r"<[^<>]*>", " ", page))
