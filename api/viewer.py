"""Viewer: who asks, what he may do, and which units he sees. What he may not see does not exist."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from api.errors import BadInput, Refused
from api.permissions import (
    OF_ROLE,
    OF_SCOPE,
    OPERATIONS,
    OUTSIDE,
    WHOLE,
    WHOLE_OFFICE,
    Permission,
)
from engine.accounts import ROLE_NAMES, Account
from engine.agency import Agency
from engine.alerts import only_of
from engine.api_tokens import SCOPE_NAMES, USED_EVERY, ApiToken, token_of, used
from engine.database import noting, reading
from engine.errors import NotFound
from engine.obligations import Obligation, get_obligation
from engine.units import subtree
from engine.web_sessions import SEEN_EVERY, find_session, seen

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Viewer:
    """A person with a session, or a system with a token. `units` are the ids of those that he sees,
    None for all."""

    name: str
    standing: str  # the role or the scope, in words
    permissions: frozenset[Permission]
    units: frozenset[str] | None
    account: Account | None = None
    session_id: str = ""
    token_id: int | None = None

    @property
    def key(self) -> str:
        """Whose requests are counted together."""
        return self.session_id or f"token {self.token_id}"

    @property
    def login(self) -> str:
        """Who is named in the log of access: the login name, or the token."""
        return self.account.name if self.account else f"接口令牌 {self.name}"

    def sees(self, unit: str) -> bool:
        """Is it one of his units? An empty id is all of them."""
        return self.units is None or unit in self.units

    def own_obligations(self) -> list[Any]:
        """The conditions in SQL that leave what belongs to his units."""
        return [] if self.units is None else [col(Obligation.unit).in_(sorted(self.units))]

    def own_deliveries(self) -> list[Any]:
        """The conditions in SQL that leave what speaks of his units alone: a message that also tells
        another unit's matters is not his to read."""
        return [] if self.units is None else [*only_of(self.units)]

    def obligation(self, session: Session, obligation_id: int) -> Obligation:
        """An obligation of his units; another's does not exist for him. Raises NotFound."""
        row = get_obligation(session, obligation_id)
        if not self.sees(row.unit):
            raise NotFound(f"没有编号为 {obligation_id} 的待办事项")
        return row

    def check_unit(self, unit: str) -> None:
        """Raises NotFound for a unit that he does not see."""
        if not self.sees(unit):
            raise NotFound(f"没有单位“{unit}”，或者它不在您的范围内")

    def may(self, operation: str) -> bool:
        """May he do it by his role, to what is his? Pages show no button that would be refused."""
        bound_away = self.units is not None and operation in WHOLE_OFFICE
        return OPERATIONS.get(operation) in self.permissions and not bound_away

    def check_own(self, unit: str) -> None:
        """Raises Refused: what is done to a unit, or to what is its, is done by those who see it."""
        if not unit:
            self.check_whole()
        if not self.sees(unit):
            raise Refused(403, "forbidden", OUTSIDE)

    def check_whole(self) -> None:
        """Raises Refused: what concerns all units is done by those who see all."""
        if self.units is not None:
            raise Refused(403, "forbidden", WHOLE)

    def acts_as(self, by: str | None) -> str:
        """Who is recorded as having done it. A person acts in his own name; a system says for whom
        it acts, and is named beside him. Raises BadInput."""
        if self.account is None:
            told = f"接口令牌：{self.name}"
            return f"{by}（{told}）" if by else told
        if by not in (None, self.account.shown_name):
            raise BadInput("by：登录后只能以本人的名义办理，请去掉这一项")
        return self.account.shown_name


def viewer_of_session(
    db: Engine, agency: Callable[[], Agency], id_: str, now: datetime
) -> Viewer | None:
    """Who signed in in the browser that holds this id; None where nobody is."""
    with reading(db) as session:
        found = find_session(session, id_, now)
        account = session.get(Account, found.account_id) if found else None
    if found is None or account is None or account.disabled:
        return None
    if now >= found.seen_at + SEEN_EVERY:
        _write(db, seen, id_, now)
    units = subtree(account.unit, agency().units) if account.unit else None
    standing, permissions = ROLE_NAMES[account.role], OF_ROLE[account.role]
    return Viewer(account.shown_name, standing, permissions, units, account, id_)


def viewer_of_token(db: Engine, agency: Callable[[], Agency], text: str, now: datetime) -> Viewer:
    """Whose token it is. Raises Refused."""
    with reading(db) as session:
        token = token_of(session, text)
    if token is None or not token.valid(now):
        raise Refused(401, "unauthorized", _why(token))
    assert token.id is not None
    if token.last_used_at is None or now >= token.last_used_at + USED_EVERY:
        _write(db, used, token.id, now)
    units = subtree(token.unit, agency().units) if token.unit else None
    standing, permissions = SCOPE_NAMES[token.scope], OF_SCOPE[token.scope]
    return Viewer(token.name, standing, permissions, units, token_id=token.id)


def _why(token: ApiToken | None) -> str:
    if token is None:
        return "接口令牌不对，请核对 Authorization 头，应是 Bearer qx_…"
    if token.revoked_at:
        return "接口令牌已吊销，请联系管理员（qixian token add）"
    return "接口令牌已过期，请联系管理员（qixian token add）"


def _write(db: Engine, note: Any, key: Any, now: datetime) -> None:
    """That it is in use; a database that cannot take this just now answers all the same."""
    try:
        with noting(db) as session:
            note(session, key, now)
    except DBAPIError:
        log.warning("could not note that a session or token is in use")
