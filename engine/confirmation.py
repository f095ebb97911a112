"""渠道确认: a person types back the code of a test message, and so says that he saw it.

An accepted message is no proof that anybody reads the channel. The code has four digits, holds for
an hour and for five tries, and is kept as a hash under a secret of the server.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Session

from engine.channels import ChannelState
from engine.errors import NotFound
from engine.server_secret import secret_of

LASTS = timedelta(hours=1)
MOST_TRIES = 5
_NAME = "codes"


def new_code() -> str:
    """Four digits that nobody can foresee."""
    return f"{secrets.randbelow(10_000):04}"


def expect(session: Session, channel: str, code: str, now: datetime) -> None:
    """Remember the code that was sent over a channel, instead of any earlier one."""
    row = session.get_one(ChannelState, channel)
    row.code_hash, row.code_until, row.code_tries = (
        _hash(session, channel, code, now),
        now + LASTS,
        0,
    )


def confirm(session: Session, channel: str, code: str, now: datetime) -> str:
    """Confirm a channel by its code, in a writing transaction that is to be committed in any case:
    a wrong try counts. Empty, or why not in one sentence. Raises NotFound."""
    row = session.get(ChannelState, channel, with_for_update=True)
    if row is None:
        raise NotFound(f"没有渠道“{channel}”")
    again = f"请再运行 qixian send-test {channel}"
    if not row.code_hash or row.code_until is None:
        return f"渠道 {channel} 没有等待确认的确认码，{again}"
    if now >= row.code_until:
        return f"渠道 {channel} 的确认码已过一小时，{again}"
    if row.code_tries >= MOST_TRIES:
        return f"渠道 {channel} 的确认码已输错{MOST_TRIES}次，{again}"
    if not hmac.compare_digest(row.code_hash, _hash(session, channel, code, now)):
        row.code_tries += 1
        left = MOST_TRIES - row.code_tries
        return f"渠道 {channel} 的确认码不对，{f'还可以试{left}次' if left else again}"
    row.confirmed_at, row.code_hash, row.code_until, row.code_tries = now, "", None, 0
    return ""


def how_to_confirm(channel: str) -> str:
    """What to do, in half a sentence."""
    return f"请在用它的单位的页面上发测试消息、填写收到的确认码，或者运行 qixian send-test {channel} 和 qixian confirm {channel}"


def _hash(session: Session, channel: str, code: str, now: datetime) -> str:
    secret = secret_of(session, _NAME, now)
    return hmac.new(secret, f"{channel}\0{code}".encode(), sha256).hexdigest()
