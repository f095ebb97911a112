"""登录: a name and a password, or a name or a userid that somebody else vouches for. Five wrong
passwords in a row lock an account for a quarter of an hour, whoever typed them."""

from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlmodel import Session

from engine.access_log import record
from engine.accounts import Account, find_account, find_account_of_wecom, login_name
from engine.database import reading, writing
from engine.errors import BadAccount, NotSignedIn
from engine.passwords import matches

TRIES = 5
LOCKED_FOR = timedelta(minutes=15)
# The same for a name that does not exist, a wrong password, a disabled and a locked account.
REFUSED = "没有登录：登录名或密码不对，或者帐户已停用。连续输错 5 次的帐户，15 分钟内不能登录"

_OR_NOT = "或者帐户已停用、已锁定，请联系管理员"
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
        found = _found(session, name)
        account = _vouched(session, found, "统一身份认证", "没有这个登录名", now, address)
    if account is not None:
        return account
    raise NotSignedIn(f"没有登录：期限中没有与统一身份认证对应的帐户，{_OR_NOT}")


def sign_in_by_wecom(db: Engine, user: str, now: datetime, address: str) -> Account:
    """The account to which a userid that WeCom vouches for is bound. Raises NotSignedIn."""
    with writing(db) as session:
        found = find_account_of_wecom(session, user)
        account = _vouched(session, found, "企业微信", f"没有帐户绑定账号 {user}", now, address)
    if account is not None:
        return account
    raise NotSignedIn(f"没有登录：没有帐户绑定您的企业微信账号“{user}”，{_OR_NOT}")


def _vouched(
    session: Session, account: Account | None, by: str, none: str, now: datetime, address: str
) -> Account | None:
    """The account, where it is let in. `by` vouches; `none` says what there is none of."""
    if account is None or account.disabled or account.locked(now):
        why = none if account is None else "帐户已停用" if account.disabled else "帐户已锁定"
        name = account.name if account else ""
        record(session, now, "refused", name, f"{by}登录被拒：{why}", address=address)
        return None
    account.signed_in_at = now
    record(session, now, "sign_in", account.name, f"通过{by}登录", by=account.name, address=address)
    return account


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
