"""A message as a letter (RFC 5322): ids that stay, a thread that holds together."""

import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from notifiers.clean_text import clean
from notifiers.letter_html import as_html
from notifiers.message import Calendar, Message

_MAILBOX = re.compile(r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,64}@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*")
_PLAIN_ID = re.compile(r"[0-9A-Za-z_-]{1,40}")
# One obligation, as the engine names it: readable in the header.
_CASE = re.compile(r"obligation-[0-9]{1,20}\.[0-9a-f]{8}")
# email.policy garbles References of which one id does not fit on a line of 78.
_ID_CHARACTERS = 74


def is_mailbox(address: str) -> bool:
    """One bare ASCII address; a second one, a name or a line break beside it is none."""
    return _MAILBOX.fullmatch(address) is not None


def compose(message: Message, sender: Address, now: datetime, reply_to: str = "") -> EmailMessage:
    """The letter to `message.to`, which must be a mailbox. `now` is aware. Answers go to
    `reply_to`, a mailbox, where there is one."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = sender
    letter["To"] = Address(addr_spec=message.to)
    if reply_to:
        letter["Reply-To"] = Address(display_name=sender.display_name, addr_spec=reply_to)
    letter["Subject"] = " ".join(clean(message.subject).split())
    letter["Date"] = now
    # The same on every attempt: most mailboxes show two copies with one id as one letter.
    letter["Message-ID"] = message_id(message.id, sender.domain)
    if message.thread:
        root = thread_root(message.thread, sender.domain)
        letter["In-Reply-To"] = root
        letter["References"] = root
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
    # base64 passes servers without 8BITMIME, and no line of Chinese is too long for it.
    body = clean(message.body)
    letter.set_content(body, charset="utf-8", cte="base64")
    letter.add_alternative(as_html(body), subtype="html", charset="utf-8", cte="base64")
    if message.calendar:
        _enclose(letter, message.calendar)
    _bound(letter)
    return letter


def _bound(letter: EmailMessage) -> None:
    """The lines between the parts, of the letter's own id: the same letter has the same bytes."""
    name = _hashed(letter["Message-ID"])
    parts = [part for part in letter.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        part.set_boundary(f"=={name}{number}==")  # base64 has no line that begins with “--”


def _enclose(letter: EmailMessage, calendar: Calendar) -> None:
    """The invitation twice: as the last alternative for calendars that look there, and as a file
    for those that do not. The METHOD stands in the part's type too (RFC 6047, 2.4)."""
    method = {"method": calendar.method}
    letter.add_alternative(
        calendar.text, subtype="calendar", charset="utf-8", cte="base64", params=method
    )
    letter.add_attachment(
        calendar.text.encode(),
        maintype="application",
        subtype="ics",
        cte="base64",
        filename="invite.ics",
        params=method,
    )


def thread_root(thread: str, domain: str) -> str:
    """The id of a letter that nobody sent, on which all letters of a thread hang.

    References is one line of ancestors and not a set: a letter that named the roots of several
    cases would make one thread of them all. So it names one.
    """
    return _id(thread if _CASE.fullmatch(thread) else _hashed(f"thread:{thread}"), domain)


def message_id(name: str, domain: str) -> str:
    """A Message-ID that says `name` where its characters allow, else a hash of it."""
    return _id(name if _PLAIN_ID.fullmatch(name) else _hashed(name), domain)


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:24]


def _id(name: str, domain: str) -> str:
    """`domain` only keeps the ids of different agencies apart: its end will do."""
    return f"<{name}@{domain[len(name) - _ID_CHARACTERS :].lstrip('.-')}>"
