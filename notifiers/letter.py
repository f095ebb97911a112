"""A message as a letter (RFC 5322): ids that stay, a thread that holds together."""

import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from notifiers.clean_text import clean
from notifiers.message import Message

_MAILBOX = re.compile(r"[0-9A-Za-z.!#$%&'*+/=?^_`{|}~-]{1,64}@[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*")
_PLAIN_ID = re.compile(r"[0-9A-Za-z_-]{1,40}")


def is_mailbox(address: str) -> bool:
    """One bare ASCII address; a second one, a name or a line break beside it is none."""
    return _MAILBOX.fullmatch(address) is not None


def compose(message: Message, sender: Address, now: datetime) -> EmailMessage:
    """The letter to `message.to`, which must be a mailbox. `now` is aware."""
    letter = EmailMessage(policy=SMTP)
    letter["From"] = sender
    letter["To"] = Address(addr_spec=message.to)
    letter["Subject"] = " ".join(clean(message.subject).split())
    letter["Date"] = now
    # The same on every attempt: most mailboxes show two copies with one id as one letter.
    letter["Message-ID"] = message_id(message.id, sender.domain)
    if message.thread:
        root = message_id(f"thread:{message.thread}", sender.domain)
        letter["In-Reply-To"] = root
        letter["References"] = root
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers, please
    # base64 passes servers without 8BITMIME, and no line of Chinese is too long for it.
    letter.set_content(clean(message.body), charset="utf-8", cte="base64")
    return letter


def message_id(name: str, domain: str) -> str:
    """A Message-ID that says `name` where its characters allow, else a hash of it.

    `domain` only keeps the ids of different agencies apart.
    """
    if not _PLAIN_ID.fullmatch(name):
        name = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:24]
    # email.policy garbles References that do not fit on one line: 24 + 3 + 50 do.
    return f"<{name}@{domain[-50:].lstrip('.-')}>"
