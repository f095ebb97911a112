"""密码 Password: its hash by argon2, and what it must be."""

import unicodedata
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type

from engine.errors import BadAccount

SHORTEST, LONGEST = 10, 200
# RFC 9106, the second recommended option, for machines that have other things to do.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=4, type=Type.ID)
_TWO_AT_A_TIME = BoundedSemaphore(2)  # each takes 64 MiB
# Of nothing that anybody could type: what an unknown name is compared with, in the same time.
_NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$"
    "S+1yt9qdKcz0Qegu1E70IA$oYMMwmFo7pwZ7GMXopAbLyQH1vUevgRhR2dTEel9rvI"
)


def hashed(password: str) -> str:
    """The argon2id hash, with its salt and its parameters."""
    with _TWO_AT_A_TIME:
        return _HASHER.hash(_composed(password))


def matches(hash_: str, password: str) -> bool:
    """Is it the password of this hash? An empty hash takes as long, and is nobody's."""
    with _TWO_AT_A_TIME:
        try:
            return _HASHER.verify(hash_ or _NOBODY, _composed(password[: LONGEST + 1]))
        except VerifyMismatchError:
            return False


def check_password(password: str, name: str) -> None:
    """Raises BadAccount, which names the rule that the password of `name` breaks."""
    if len(password) < SHORTEST:
        raise BadAccount(f"密码太短，至少 {SHORTEST} 个字符")
    if len(password) > LONGEST:
        raise BadAccount(f"密码太长，至多 {LONGEST} 个字符")
    if not password.isprintable():
        raise BadAccount("密码不能含有控制字符")
    folded = _composed(password).casefold()
    if folded == name or folded in (name * 2, name[::-1]):
        raise BadAccount("密码不能与登录名相同，也不能是登录名的重复或倒写")
    if len(set(folded)) < 4:
        raise BadAccount("密码太简单，至少要有 4 个不同的字符")
    if folded in _common():
        raise BadAccount("密码太常见，容易被猜中，请另选一个")


def _composed(password: str) -> str:
    """One form for one text, whichever keyboard it was typed on."""
    return unicodedata.normalize("NFC", password)


@cache
def _common() -> frozenset[str]:
    text = (Path(__file__).parent / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())
