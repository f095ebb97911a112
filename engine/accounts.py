"""帐户 Account: a person who signs in, in one role, for one unit and those below it."""

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine import web_sessions
from engine.access_log import record
from engine.database import Instant, words
from engine.errors import BadAccount, NotFound
from engine.passwords import check_password, hashed
from notifiers.wecom_application import USER


class Role(StrEnum):
    """角色."""

    ADMINISTRATOR = "administrator"
    OFFICE = "office"
    CLERK = "clerk"
    READER = "reader"


ROLE_NAMES = {
    Role.ADMINISTRATOR: "管理员",
    Role.OFFICE: "政务公开办",
    Role.CLERK: "单位经办",
    Role.READER: "只读",
}
_NAME = re.compile(r"[\w@-][\w.@-]{1,49}")


class Account(SQLModel, table=True):
    """帐户. `unit` is the id of the unit at whose head it stands; empty for all units."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)  # to sign in with, as `login_name` writes it
    shown_name: str
    role: Role = Field(sa_column=Column(words(Role), nullable=False))
    unit: str
    password_hash: str
    disabled: bool = False
    failed: int = 0  # passwords in a row that were wrong
    locked_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    password_changed_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    signed_in_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    created_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    # The userid that may sign in with it. Not guessed from the login name: WeCom vouches for every
    # member of the enterprise, and makes userids from names, which two people may share.
    wecom_user: str | None = Field(default=None, unique=True, index=True)

    def locked(self, now: datetime) -> bool:
        """Is it locked out after failed tries?"""
        return self.locked_until is not None and now < self.locked_until


def login_name(text: str) -> str:
    """The one form of a login name: no difference of case or width. Raises BadAccount."""
    name = unicodedata.normalize("NFKC", text).strip().casefold()
    if not _NAME.fullmatch(name):
        raise BadAccount("登录名应是 2 到 50 个字母、汉字、数字，或者 . _ - @，不以点号开头")
    return name


def add_account(
    session: Session,
    units: Collection[str],
    *,
    name: str,
    shown_name: str,
    role: Role,
    unit: str,
    password: str,
    by: str,
    now: datetime,
    address: str = "",
    wecom_user: str = "",
) -> Account:
    """A new account; `units` are the ids that there are. Raises BadAccount."""
    name = login_name(name)
    check_password(password, name)
    check_reach(units, role, unit)
    if find_account(session, name) is not None:
        raise BadAccount(f"登录名“{name}”已经有人用了，请另选一个")
    account = Account(
        name=name,
        shown_name=_shown(shown_name or name),
        role=role,
        unit=unit,
        password_hash=hashed(password),
        password_changed_at=now,
        created_at=now,
        wecom_user=_free_wecom_user(session, wecom_user),
    )
    session.add(account)
    session.flush()
    text = f"建立帐户，{_in_words(account)}"
    record(session, now, "added", name, text, by=by, address=address)
    return account


def check_reach(units: Collection[str], role: Role, unit: str) -> None:
    """Raises BadAccount where the unit does not exist, or is missing."""
    if unit and unit not in units:
        raise BadAccount(f"没有单位“{unit}”，请另选；单位的编号见“单位”页")
    if not unit and role in (Role.CLERK, Role.READER):
        raise BadAccount(
            f"{ROLE_NAMES[role]}须写明单位（--unit），只有管理员和政务公开办可以不限单位"
        )


def find_account(session: Session, name: str) -> Account | None:
    """By the login name, in its one form."""
    return session.exec(select(Account).where(Account.name == name)).first()


def find_account_of_wecom(session: Session, user: str) -> Account | None:
    """By the userid that is bound to it."""
    return session.exec(select(Account).where(Account.wecom_user == user.lower())).first()


def get_account(session: Session, name: str) -> Account:
    """Raises BadAccount, NotFound."""
    account = find_account(session, login_name(name))
    if account is None:
        raise NotFound(f"没有登录名为“{name}”的帐户")
    return account


def account_by_id(session: Session, account_id: int) -> Account:
    """Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"没有编号为 {account_id} 的帐户")
    return account


def list_accounts(session: Session) -> list[Account]:
    """All of them by login name."""
    return list(session.exec(select(Account).order_by(col(Account.name))).all())


def any_account(session: Session) -> bool:
    """Is there one, disabled or not?"""
    return session.exec(select(Account.id).limit(1)).first() is not None


def set_password(
    session: Session, account: Account, password: str, *, by: str, now: datetime, address: str = ""
) -> None:
    """A new password: every session ends, and a lock-out too. Raises BadAccount."""
    check_password(password, account.name)
    account.password_hash, account.password_changed_at = hashed(password), now
    account.failed, account.locked_until = 0, None
    _end_sessions(session, account)
    record(session, now, "password", account.name, "修改密码", by=by, address=address)


def change_account(
    session: Session,
    units: Collection[str],
    account: Account,
    *,
    by: str,
    now: datetime,
    role: Role | None = None,
    unit: str | None = None,
    shown_name: str | None = None,
    wecom_user: str | None = None,
) -> None:
    """Another role, unit, shown name or userid; None leaves it. Raises BadAccount."""
    role = account.role if role is None else role
    unit = account.unit if unit is None else unit
    check_reach(units, role, unit)
    if role is not Role.ADMINISTRATOR or unit:
        _check_another_administrator(session, account)
    before = _in_words(account)
    account.role, account.unit = role, unit
    if shown_name is not None:
        account.shown_name = _shown(shown_name)
    if wecom_user is not None:
        user = _free_wecom_user(session, wecom_user, account)
        if account.wecom_user not in (None, user):
            _end_sessions(session, account)  # they may be his who was bound before
        account.wecom_user = user
    record(session, now, "changed", account.name, f"由{before}改为{_in_words(account)}", by=by)


def disable(session: Session, account: Account, *, by: str, now: datetime) -> None:
    """停用: nobody can sign in with it, and whoever has is signed out. What was done stays. Raises
    BadAccount for the last administrator."""
    _check_another_administrator(session, account)
    account.disabled = True
    _end_sessions(session, account)
    record(session, now, "disabled", account.name, "停用帐户", by=by)


def enable(session: Session, account: Account, *, by: str, now: datetime) -> None:
    """启用, also after a lock-out."""
    account.disabled, account.failed, account.locked_until = False, 0, None
    record(session, now, "enabled", account.name, "启用帐户，解除锁定", by=by)


def sign_out_everywhere(
    session: Session, account: Account, now: datetime, address: str, by: str = ""
) -> None:
    """End every session of an account; `by` is who did, where it was not himself."""
    _end_sessions(session, account)
    told = {"by": by or account.name, "address": address}
    record(session, now, "sign_out_everywhere", account.name, "退出全部登录", **told)


def _check_another_administrator(session: Session, account: Account) -> None:
    """Raises BadAccount where nobody else could administer all units after this."""
    if account.disabled or account.role is not Role.ADMINISTRATOR or account.unit:
        return
    others = select(Account.id).where(
        Account.role == Role.ADMINISTRATOR,
        Account.unit == "",
        col(Account.disabled).is_(False),
        Account.id != account.id,
    )
    if session.exec(others.limit(1)).first() is None:
        raise BadAccount("这是最后一个不限单位的管理员，请先建立另一个管理员")


def _end_sessions(session: Session, account: Account) -> None:
    assert account.id is not None
    web_sessions.end_all(session, account.id)


def _shown(text: str) -> str:
    text = text.strip()
    if not text or len(text) > 50 or not text.isprintable():
        raise BadAccount("姓名应是 1 到 50 个字，不能含有控制字符")
    return text


def _free_wecom_user(session: Session, text: str, account: Account | None = None) -> str | None:
    """A userid as it is kept: WeCom does not tell its case apart. None for an empty one. Raises
    BadAccount."""
    user = text.strip()
    if not user:
        return None
    if not USER.fullmatch(user):
        raise BadAccount(
            "企业微信账号应是该成员的 userid：1 到 64 个字母、数字或 . _ - @，在企业微信管理后台的成员资料中叫“账号”"
        )
    if find_account_of_wecom(session, user) not in (None, account):
        raise BadAccount(f"企业微信账号“{user}”已经绑定了别的帐户，请先在那里解除")
    return user.lower()


def _in_words(account: Account) -> str:
    where = f"单位 {account.unit}" if account.unit else "全部单位"
    wecom = f"，企业微信账号 {account.wecom_user}" if account.wecom_user else ""
    return f"{account.shown_name}（{ROLE_NAMES[account.role]}，{where}{wecom}）"
