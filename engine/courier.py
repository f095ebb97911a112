"""Courier: tells subscribers the news, each in order, at least once.

A subscription is held under a lease while it is told; nothing is sent inside a transaction. What
was taken over moves the subscription on; what was not is tried again, later and later, and nothing
that came after it goes before it. Who says 410, or does not answer properly for two days, is
disabled: the administrator hears of it, and what happens meanwhile waits.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from engine.agency import Agency
from engine.claims import place_of
from engine.current_agency import CurrentAgency
from engine.database import reading, recording, writing
from engine.errors import BadSubscription
from engine.news import News, columns_of, news_after
from engine.obligations import Obligation
from engine.retries import BACKOFF, GIVEN_UP_AFTER, LAST_ATTEMPT
from engine.subscriptions import Subscription, behind, disable, held, take
from engine.system_messages import tell_administrator
from engine.units import subtree
from notifiers.address_guard import Network, intranets, may_be_permitted
from notifiers.http_client import open_client
from notifiers.message import Fault, Outcome, OutcomeKind
from notifiers.web_address import split_address
from notifiers.webhook import Webhook, payload, secret_bytes

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=3)  # longer than a round and its last request
ROUND = timedelta(seconds=10)  # how long one call works at most
TEST = "qixian.test"
NOBODY = "期限（自动）"  # who disables what does not answer
_BATCH = 100
# The far side may be being repaired: these are tried again like an answer that failed.
_MAY_HEAL = (401, 403, 404, 405)


@dataclass(frozen=True)
class Reach:
    """Which addresses beside the public ones subscribers may have: the administrator's word."""

    allow: tuple[Network, ...] = ()
    allow_http: bool = False

    @classmethod
    def to(cls, networks: Sequence[str], allow_http: bool) -> "Reach":
        """Raises ValueError with half a Chinese sentence."""
        return cls(intranets(networks), allow_http)

    def check(self, url: str) -> None:
        """Raises BadSubscription."""
        try:
            address = split_address(url, self.allow_http)
        except ValueError as fault:
            raise BadSubscription(f"url{fault}") from None
        if not may_be_permitted(address.hostname or "", self.allow):
            raise BadSubscription(
                "url 指向本机、内网或保留地址；确系本单位系统的，"
                "请管理员在配置的 [subscriptions] 中用 allow 写明网段"
            )


PUBLIC = Reach()


@dataclass(frozen=True)
class Courier:
    """Over one database. `show` makes of an obligation what the interface shows of it at an instant;
    `client` opens the outgoing line; `clock` gives aware instants."""

    db: Engine
    current: CurrentAgency
    show: Callable[[Obligation, Agency, datetime], Mapping[str, Any]]
    reach: Reach
    clock: Callable[[], datetime]
    client: Callable[[], AbstractAsyncContextManager[Any]] = open_client

    def tell(self) -> int:
        """Tell whoever is behind, for a bounded time; how many pieces were taken over."""
        with reading(self.db) as session:
            ids = behind(session, self.clock())
        return asyncio.run(self._tell_all(ids)) if ids else 0

    async def try_out(self, subscription: Subscription) -> Outcome:
        """Send a test event, and change nothing."""
        now = self.clock()
        identifier = _identifier(subscription, f"test {now.isoformat()}")
        data = {"subscription": subscription.id}
        async with self.client() as client:
            endpoint = self._endpoint(subscription, client, now)
            return await endpoint.post(identifier, payload(TEST, now, data), now)

    async def _tell_all(self, ids: Sequence[int]) -> int:
        stop = self.clock() + ROUND
        async with self.client() as client:
            rounds = (self._tell_one(id_, client, stop) for id_ in ids)
            results = await asyncio.gather(*rounds, return_exceptions=True)
        for id_, result in zip(ids, results, strict=True):
            if isinstance(result, BaseException):  # without its words: they may quote an address
                log.error("subscription %s: %s", id_, place_of(result))
        return sum(result for result in results if isinstance(result, int))

    async def _tell_one(self, id_: int, client: Any, stop: datetime) -> int:
        lease, told = self.clock() + LEASE, 0
        with recording(self.db) as session:
            row = take(session, id_, self.clock(), lease)
        if row is None:  # somebody was quicker
            return 0
        agency = self.current.agency()
        while row and self.clock() < stop:
            with reading(self.db) as session:
                batch = news_after(session, row.through, _BATCH)
            units = subtree(row.unit, agency.units) if row.unit else None
            for news in batch:
                if row.wants(news, units):
                    row = await self._tell_news(row, news, agency, client, lease)
                    told += row is not None
                    if row is None or self.clock() >= stop:
                        break
            else:  # all of it lies behind it now
                row = self._passed(id_, lease, batch)
            if len(batch) < _BATCH:
                break
        self._let_go(id_, lease)
        return told

    async def _tell_news(
        self, row: Subscription, news: News, agency: Agency, client: Any, lease: datetime
    ) -> Subscription | None:
        """One piece; the subscription as it stands then, None where no more is to be sent now."""
        now = self.clock()
        try:
            endpoint, body = self._endpoint(row, client, now), self._body(news, agency)
            outcome = await endpoint.post(_identifier(row, news.id), body, now)
        except Exception as error:  # a fault of ours: this subscription waits, the others do not
            # Without the exception's own words: they may quote an address, and that a secret.
            log.error("subscription %s: %s", row.id, place_of(error))
            outcome = Outcome(OutcomeKind.RETRY, advice="程序出错，没有发出，请查看服务日志")
        well = outcome.kind is OutcomeKind.ACCEPTED
        with recording(self.db) if well else writing(self.db) as session:
            mine = held(session, row.id, lease)
            if mine and well:
                _went_well(mine, news, self.clock())
                return mine
            if mine:
                _failed(session, agency, mine, outcome, self.clock())
        return None

    def _endpoint(self, row: Subscription, client: Any, now: datetime) -> Webhook:
        address = split_address(row.url, self.reach.allow_http)
        secrets = [secret_bytes(text) for text in row.secrets(now)]
        return Webhook(client, address, tuple(one for one in secrets if one), self.reach.allow)

    def _body(self, news: News, agency: Agency) -> bytes:
        obligation = Obligation(**columns_of(news))
        shown = self.show(obligation, agency, news.at)
        previous = json.loads(news.previous) if news.previous else None
        return payload(news.type, news.at, {"obligation": shown, "previous": previous})

    def _passed(self, id_: int, lease: datetime, batch: Sequence[News]) -> Subscription | None:
        with recording(self.db) as session:
            row = held(session, id_, lease)
            if row and batch:
                row.through = max(row.through, batch[-1].id or 0)
            return row

    def _let_go(self, id_: int, lease: datetime) -> None:
        with recording(self.db) as session:
            if row := held(session, id_, lease):
                row.lease_until = None


def _went_well(row: Subscription, news: News, now: datetime) -> None:
    row.through = news.id or row.through
    row.told, row.told_at = row.told + 1, now
    row.failures, row.failing_since, row.reason = 0, None, ""


def _failed(
    session: Session, agency: Agency, row: Subscription, outcome: Outcome, now: datetime
) -> None:
    """Try again later, or not at all."""
    row.failures, row.lease_until = row.failures + 1, None
    row.failing_since = row.failing_since or now
    row.reason = outcome.advice or f"对方的答复：{outcome.code} {outcome.detail}".strip()
    backoff = BACKOFF[min(row.failures, len(BACKOFF)) - 1]
    row.next_at = now + max(outcome.retry_after or timedelta(), backoff)
    for_good = outcome.fault is Fault.CONFIG and outcome.http_status not in _MAY_HEAL
    too_long = row.failures >= LAST_ATTEMPT and now - row.failing_since >= GIVEN_UP_AFTER
    if for_good or too_long:
        disable(session, row, row.reason, by=NOBODY, now=now)
        text = (
            f"订阅 {row.id}（{split_address(row.url, True).hostname}）已停用：{row.reason}\n"
            "其间的事件保留三十天。修好后用接口 POST /api/v1/subscriptions/"
            f"{row.id}/enable 恢复，从停下的地方接着发。"
        )
        key = f"subscription:{row.id}:{now.isoformat()}"
        tell_administrator(session, agency, key, f"订阅 {row.id} 已停用", text, now)


def _identifier(row: Subscription, what: object) -> str:
    """The same for one piece of news and one subscription, every time it is sent."""
    name = repr(("news", row.id, row.created_at.isoformat(), what))
    return sha256(name.encode()).hexdigest()[:32]
