"""登录: a name and a password, or a name that somebody else vouches for. Five wrong passwords in a row
lock an account for a quarter of an hour, whoever typed them."""

from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from engine.access_log import record
from engine.accounts import Account, find_account, login_name
from engine.database import reading, writing
from engine.errors import BadAccount, NotSignedIn
from engine.passwords import matches

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
# The same for a name that does not exist, a wrong password, a disabled and a locked account.
REFUSED = "没有登录：登录名或密码不对，或者帐户已停用。连续输错 5 次的帐户，15 分钟内不能登录"

_WORDS = {"sign_in": "登录", "confirmed": "输入密码确认"}


def sign_in(
    db: Engine, name: str, password: str, now: datetime, address: str, kind: str = "sign_in"
) -> Account:
    """The account of a name and its password; `kind` is what is recorded of it. Raises NotSignedIn.

    The hash is computed outside any transaction, and for a name that does not exist too.
    """
    with reading(db) as session:
        account = _found(session, name)
    right = matches(account.password_hash if account else "", password)
    with writing(db) as session:
        if account is None:
            # Not the name itself: people type their password into the wrong field.
            record(session, now, "refused", "", "登录被拒：没有这个登录名", address=address)
        elif row := session.get(Account, account.id, with_for_update=True):
            # Looked up again: what others tried in the meantime counts.
            right = right and row.password_hash == account.password_hash
            if _let_in(session, row, right, now, address, kind):
                return row
    raise NotSignedIn(REFUSED)


def sign_in_vouched(db: Engine, name: str, now: datetime, address: str) -> Account:
    """The account of a name that the unit's sign-in service (OIDC) vouches for. Raises NotSignedIn."""
    with writing(db) as session:
        account = _found(session, name)
        if account is not None and not account.disabled:
            account.signed_in_at = now
            text = "通过统一身份认证登录"
            record(session, now, "sign_in", account.name, text, by=account.name, address=address)
            return account
        text = "统一身份认证登录被拒：" + ("帐户已停用" if account else "没有这个登录名")
        record(session, now, "refused", account.name if account else "", text, address=address)
    raise NotSignedIn("没有登录：期限中没有与统一身份认证对应的帐户，或者帐户已停用，请联系管理员")


def _found(session: Session, name: str) -> Account | None:
    try:
        return find_account(session, login_name(name))
    except BadAccount:
        return None


def _let_in(
    session: Session, row: Account, right: bool, now: datetime, address: str, kind: str
) -> bool:
    if row.locked(now) or row.disabled:
        text = f"登录被拒：{'帐户已停用' if row.disabled else '帐户已锁定'}"
        record(session, now, "refused", row.name, text, address=address)
        return False
    if right:
        row.failed, row.locked_until = 0, None
        if kind == "sign_in":
            row.signed_in_at = now
        record(session, now, kind, row.name, _WORDS[kind], by=row.name, address=address)
        return True
    row.failed += 1
    record(session, now, "refused", row.name, "登录被拒：密码不对", address=address)
    if row.failed >= TRIES:
        row.failed, row.locked_until = 0, now + LOCKED_FOR
        text = f"连续 {TRIES} 次密码不对，锁定 15 分钟"
        record(session, now, "locked", row.name, text, address=address)
    return False
