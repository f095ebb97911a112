"""退信 Bounce: a letter that came back, read: to which address, and whether that is the end. Pure.

Most servers answer as RFC 3464 asks; Coremail, QQ and 163 often write a page for people. Of these
the words before the returned letter are looked at, and where they say nothing, nothing follows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum

from notifiers.clean_text import clean
from notifiers.received_letter import CHARACTERS, addressed_to, own_parts, subject_of, text_of

_WORDS = 200
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]|\.\d)")
_REPLY = re.compile(
    r"(?:said|replied|response|error|code|reason|smtp|rcpt|返回|回复|错误|代码|原因)"
    r"[^\n]{0,60}?(?<![\d.])([45]\d\d)(?![\d.])",
    re.IGNORECASE,
)
_LATE = re.compile(
    r"delayed|will (?:be )?retr|still (?:being )?try|no action is required"
    r"|延迟|暂时(?:未能|无法|不能)|继续(?:尝试|投递)|还会(?:再|继续)",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"user (?:unknown|not found|suspended)|unknown user|no such (?:user|mailbox|recipient)"
    r"|(?:mailbox|recipient|account|address) (?:not found|unavailable|does not exist|disabled)"
    r"|invalid (?:user|recipient|mailbox)|does not exist"
    r"|不存在|无此用户|没有(?:该|这个|此)(?:用户|邮箱|帐号|账号|收件人)"
    r"|(?:邮箱|帐号|账号|用户)已?(?:被)?(?:停用|冻结|注销|禁用|锁定)|地址(?:有误|错误)",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"undeliver|not delivered|delivery (?:has )?failed|failure notice|returned"
    r"|退信|退回|投递失败|发送失败|无法(?:送达|投递)|未能送达|邮箱已?满|空间(?:不足|已满)|quota|mailbox full",
    re.IGNORECASE,
)
# Not about the mailbox: our own sender is refused, or the way there could not be found.
_NOT_THE_ADDRESS = re.compile(r"5\.1\.[78]|5\.4\.\d+")


class Verdict(StrEnum):
    """What a bounce says of its letter."""

    GONE = "gone"  # it did not arrive, and no other to this address will
    LOST = "lost"  # it did not arrive; the next one may
    NOTED = "noted"  # it may arrive still, or nobody can say


@dataclass(frozen=True)
class Bounce:
    """`addressed`: all addresses that it came back to, in lower case. `status` is the enhanced
    code (RFC 3463), else the three digits, else empty; `words` the far side's, on one line."""

    addressed: tuple[str, ...]
    verdict: Verdict
    status: str
    words: str


def read_bounce(raw: bytes) -> Bounce:
    """A whole letter as a mail server hands it over. Whatever it is, it is read."""
    try:
        return _read(raw)
    except RecursionError:  # parts within parts, a thousand deep: nobody's bounce
        return Bounce((), Verdict.NOTED, "", "")


def _read(raw: bytes) -> Bounce:
    letter = message_from_bytes(raw)  # the older parser, which no header makes fail
    addressed = addressed_to(letter)
    return _of_report(letter, addressed) or _of_page(letter, addressed)


def _of_report(letter: Message, addressed: tuple[str, ...]) -> Bounce | None:
    """By the fields of RFC 3464, 2.3; of several recipients the first that did not get it."""
    blocks = [block for block in _status_blocks(letter) if block["Action"] or block["Status"]]
    if not blocks:
        return None
    failed = (block for block in blocks if _field(block, "Action").lower() in ("failed", ""))
    block = next(failed, None)
    said = block or blocks[0]
    words = _field(said, "Diagnostic-Code").partition(";")[2] or _field(said, "Status")
    status = _ENHANCED.search(_field(said, "Status")) or _ENHANCED.search(words)
    code = status[1] if status else ""
    return Bounce(addressed, _verdict_of(code) if block else Verdict.NOTED, code, _short(words))


def _status_blocks(letter: Message) -> Iterator[Message]:
    for part in own_parts(letter):
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            blocks = part.get_payload()
            yield from (one for one in blocks if isinstance(one, Message))


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _verdict_of(status: str) -> Verdict:
    """Of a final failure: 5.x is the address's; by 4.x the servers gave up in the end."""
    if status.startswith("2"):
        return Verdict.NOTED
    refused = status.startswith("5") and not _NOT_THE_ADDRESS.fullmatch(status)
    return Verdict.GONE if refused else Verdict.LOST


def _of_page(letter: Message, addressed: tuple[str, ...]) -> Bounce:
    text = _page(letter)
    gone, enhanced, reply, back = (
        pattern.search(text) for pattern in (_GONE, _ENHANCED, _REPLY, _BACK)
    )
    status = next((found[1] for found in (enhanced, reply) if found), "")
    telling = next((found for found in (reply, enhanced, gone, back) if found), None)
    words = _short(_line_at(text, telling.start())) if telling else ""
    verdict = Verdict.NOTED
    if telling and not _LATE.search(text):
        about_it = gone and not _NOT_THE_ADDRESS.fullmatch(status)
        verdict = Verdict.GONE if about_it else _verdict_of(status)
    return Bounce(addressed, verdict, status, words)


def _page(letter: Message) -> str:
    """The subject and the text, without the letter that came back."""
    texts = [text_of(part) for part in own_parts(letter) if part.get_content_maintype() == "text"]
    return clean("\n".join([subject_of(letter), *texts]))[:CHARACTERS]


def _line_at(text: str, place: int) -> str:
    return text[text.rfind("\n", 0, place) + 1 :].split("\n", 1)[0]


def _short(words: str) -> str:
    return " ".join(clean(words).split())[:_WORDS]
