"""回复 Reply: a letter that answers a reminder, read: by whom, whether a person wrote it, and whether
its words above the quoted letter say 收到. Pure.

The rule is strict, for a wrong yes silences a reminder, and whoever's answer is not understood is
read by a person: the first words, after a greeting, have to be one of a few (`_YES`), and nothing
before the signature may object or ask.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses

from notifiers.clean_text import clean
from notifiers.received_letter import addressed_to, decoded, own_parts, subject_of, text_of

_WORDS = 200
_LONGEST = 254  # of an address (RFC 5321)
_OURS = "【期限提醒】"  # in the subject and in the first line of every reminder
_YES = re.compile(
    r"(?:我们?|本人|[我本](?:局|办|委|单位)|均|都|已经?|确认)*"
    r"(?:[签簽]收|收到|收悉|收[讫訖]|已收|已?[阅閱][知悉]?|知悉|知[晓曉道]|[获獲]悉|明白|了解|好的?"
    r"|ok|okay|noted|received)"
    r"(?:了|啦)?(?:通知|提醒|邮件|来信)?",
    re.IGNORECASE,
)
_GREETING = re.compile(r".{0,10}(?:您好|你好|领导好|老师好|同志好)|hi|hello", re.IGNORECASE)
_OBJECTS = re.compile(
    r"[?]|吗|请问|但|不过|不[是属归能对]|无法|[没還还尚]未|没有|[没未]收到|还没|未[能办]|有误|错误|疑问|退回|转[给交]"
    r"|\b(?:not|but|no)\b",
    re.IGNORECASE,
)
_BREAK = re.compile(r"[\s,.;:!?、。…~\-—“”\"'‘’「」()\[\]【】]+")
_SIGNATURE = re.compile(r"[-_—=*]{2,}|发自|sent from|get outlook", re.IGNORECASE)
_QUOTED_LINE = re.compile(
    r"[>|]|-{2,} ?(?:原始|回复|转发|original|forwarded)|_{10,}"
    r"|(?:发件人|寄件者|发送时间|from|sent|date) ?:"
    r"|(?:在|于|on) ?.{0,40}\d{4}.{0,20}\d:\d\d|.*(?:写道|wrote) ?:?$",
    re.IGNORECASE,
)
_QUOTED_PAGE = re.compile(
    r"<(?:blockquote|includetail|hr)\b"
    r"|<[a-z]+\b[^<>]*\b(?:gmail_quote|divRplyFwdMsg|isReplyContent|moz-cite-prefix|ntes-mailmaster-quote)",
    re.IGNORECASE,
)
_AUTOMATIC = re.compile(
    r"自动(?:回复|答复|应答)|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office"
    r"|on vacation|不在办公室|假期回复",
    re.IGNORECASE,
)
_OF_MACHINES = (
    *("list-id", "list-unsubscribe", "x-autoreply", "x-autorespond", "x-auto-reply"),
    *("x-autoresponder", "x-failed-recipients"),
)
_REPORTS = ("multipart/report", "message/delivery-status", "message/disposition-notification")
_POSTMASTERS = ("mailer-daemon", "postmaster", "mail-daemon", "noreply", "no-reply")


@dataclass(frozen=True)
class Reply:
    """`addressed` and `author` (empty unless there is exactly one) are in lower case; `name` is the
    author's own. `id` stands for its Message-ID, else for the whole letter. `words` is what stands
    above the quoted letter, on one line."""

    addressed: tuple[str, ...]
    author: str
    name: str
    id: str
    automatic: bool
    accepts: bool
    words: str


def read_reply(raw: bytes) -> Reply:
    """A whole letter as a mail server hands it over. Whatever it is, it is read."""
    try:
        return _read(raw)
    except RecursionError:  # parts within parts, a thousand deep: nobody's answer
        return Reply((), "", "", hashlib.sha256(raw).hexdigest(), True, False, "")


def _read(raw: bytes) -> Reply:
    letter = message_from_bytes(raw)  # the older parser, which no header makes fail
    name, author = _author(letter)
    own = str(letter["Message-ID"] or "").strip()
    text = _own_words(letter)
    return Reply(
        addressed=addressed_to(letter),
        author=author,
        name=name,
        id=hashlib.sha256(own.encode("utf-8", "replace") if own else raw).hexdigest(),
        automatic=_is_automatic(letter, author, text),
        accepts=_accepts(text),
        words=" ".join(text.split())[:_WORDS],
    )


def _author(letter: Message) -> tuple[str, str]:
    """The name and the address in From; empty where it names nobody or several."""
    found = getaddresses([str(line) for line in letter.get_all("from", [])])
    if len({address.lower() for _, address in found}) != 1:
        return "", ""
    name, address = found[0]
    return clean(decoded(name)).strip(), clean(address).lower()[:_LONGEST]


def _is_automatic(letter: Message, author: str, text: str) -> bool:
    """By what machines say of themselves (RFC 3834, RFC 3464), else by their usual words."""
    submitted = str(letter["Auto-Submitted"] or "no").partition(";")[0].strip().lower()
    precedence = str(letter["Precedence"] or "").strip().lower()
    return (
        submitted != "no"
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(name in letter for name in _OF_MACHINES)
        or "<>" in [str(line).strip() for line in letter.get_all("return-path", [])]
        or any(part.get_content_type() in _REPORTS for part in own_parts(letter))
        or author.partition("@")[0] in _POSTMASTERS
        or bool(_AUTOMATIC.search(f"{subject_of(letter)}\n{text}"))
    )


def _own_words(letter: Message) -> str:
    """The text above the quoted letter; of the plain part, else of the page."""
    shown = {"plain": "", "html": ""}
    for part in own_parts(letter):
        kind = part.get_content_subtype()
        if part.get_content_maintype() == "text" and kind in shown and not part.get_filename():
            shown[kind] = shown[kind] or text_of(part, _QUOTED_PAGE)
    text = shown["plain"] if shown["plain"].strip() else shown["html"]
    return "\n".join(_above_the_quote(unicodedata.normalize("NFKC", clean(text)))).strip()


def _above_the_quote(text: str) -> list[str]:
    lines: list[str] = []
    for line in map(str.strip, text.splitlines()):
        if _QUOTED_LINE.match(line) or _OURS in line:
            break
        lines.append(line)
    return lines


def _accepts(text: str) -> bool:
    lines: list[str] = []
    for line in text.splitlines():
        if _SIGNATURE.match(line):
            break
        lines.append(line)
    said = "\n".join(lines)
    parts = [part for part in _BREAK.split(said) if part]
    while parts and _GREETING.fullmatch(parts[0]):
        del parts[0]
    return bool(parts) and bool(_YES.fullmatch(parts[0])) and not _OBJECTS.search(said)
