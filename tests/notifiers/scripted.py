"""Channels over a scripted transport: the real httpx client, a recorded answer."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from notifiers.channel import Notifier
from notifiers.http_client import open_client
from notifiers.message import Message, Outcome

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Shanghai
KEY = "5a8c3e1f-94b7-4d20-8e6a-c1f7b2d90e43"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = "https://oa.agency.gov.cn/hooks/canary-token?token=canary-query"
MESSAGE = Message(id="d-0001", subject="【期限】今日到期 2 项", body="政府信息公开年报 今天到期")

Handler = Callable[[httpx.Request], httpx.Response]


def deliver(
    make: Callable[[httpx.AsyncClient], Notifier], handler: Handler, message: Message = MESSAGE
) -> Outcome:
    """The outcome of one attempt at NOW, where `handler` plays the far side."""

    async def attempt() -> Outcome:
        async with open_client(httpx.MockTransport(handler)) as client:
            return await make(client).send(message, NOW)

    return asyncio.run(attempt())


def deliver_for_real(
    make: Callable[[httpx.AsyncClient], Notifier],
    *messages: Message,
    now: datetime = NOW,
    total_seconds: float = 5.0,
) -> list[Outcome]:
    """The outcomes of attempts over real sockets, one after the other."""

    async def attempts() -> list[Outcome]:
        async with open_client(total_seconds=total_seconds) as client:
            notifier = make(client)
            return [await notifier.send(message, now) for message in messages]

    return asyncio.run(attempts())
