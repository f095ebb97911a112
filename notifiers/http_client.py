"""The outgoing HTTP of all channels: one client, one exchange, and what a bare status means."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote

import httpx

from notifiers.address_guard import AddressGuard, ForbiddenAddress
from notifiers.clean_text import clean
from notifiers.line import Line
from notifiers.message import Fault, Outcome, OutcomeKind
from notifiers.patience import Patience

JSON = {"Content-Type": "application/json"}
TOTAL_SECONDS = 15.0
USUAL_WAIT = timedelta(seconds=60)
LONGEST_WAIT = timedelta(days=1)  # a far side that says more is not believed
_BODY_BYTES = 65_536  # an answer is a line of JSON; the rest is a page, or an attack
_DETAIL_CHARACTERS = 200

# Nothing of the request has left: the connection was not there yet.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout)


@dataclass(frozen=True)
class Answer:
    """What the far side answered; `body` is cut after 64 KiB."""

    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def open_client(
    transport: httpx.AsyncBaseTransport | None = None, total_seconds: float = TOTAL_SECONDS
) -> httpx.AsyncClient:
    """The client that all channels share; who opens it closes it. One exchange never takes
    longer than `total_seconds`."""
    # httpx logs whole addresses at INFO, and the address of a robot is its secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # The name, the socket and TLS, of two addresses, are three times a quarter: when the total runs
    # out the request may have gone.
    quarter = total_seconds / 4
    return httpx.AsyncClient(
        transport=transport or AddressGuard(Line()),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(total_seconds, connect=quarter),
        headers={"User-Agent": "qixian", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # none is kept
    )


async def deliver(
    client: httpx.AsyncClient,
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    kind: str,
    judge: Callable[[Answer], Outcome],
    secrets: Iterable[str],
    extensions: Mapping[str, Any] | None = None,
) -> Outcome:
    """One POST of a message: what `judge` makes of the answer, with every secret blotted out."""
    answer = await exchange(client, "POST", url, body, headers, extensions)
    if isinstance(answer, Outcome):
        return replace(answer, provider=kind)
    try:
        outcome = judge(answer)
    except Exception as error:  # a fault of ours, but the message has gone
        outcome = _unknown(error, len(body))
    return replace(
        outcome,
        provider=kind,
        http_status=answer.status,
        detail=redact(outcome.detail, secrets),
        provider_id=redact(outcome.provider_id, ()),
        size=len(body),
    )


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> Answer | Outcome:
    """One request: the answer, or the outcome of a transport that failed.

    The exception's own text is dropped: it may carry the address, and the address the secret.
    """
    try:
        # Also an answer that trickles is bounded.
        async with (
            Patience(client.timeout.read or TOTAL_SECONDS),
            client.stream(
                method, url, content=body, headers=headers, extensions=dict(extensions or {})
            ) as response,
        ):
            return Answer(response.status_code, response.headers, await _read(response))
    except ForbiddenAddress:
        return Outcome(
            OutcomeKind.REJECTED,
            Fault.CONFIG,
            detail=ForbiddenAddress.__name__,
            advice="接收地址指向本机、内网或保留地址，没有连接，请核对 url；确系本单位系统时另设 allow。",
        )
    except _NOT_SENT as error:
        return Outcome(
            OutcomeKind.RETRY,
            hold=True,
            detail=type(error).__name__,
            advice="连接不上对方服务器，请检查本机网络、域名解析、证书和防火墙。",
        )
    except Exception as error:  # whatever it is: the request may have gone
        return _unknown(error, len(body))


def _unknown(error: Exception, size: int) -> Outcome:
    return Outcome(
        OutcomeKind.UNKNOWN,
        detail=type(error).__name__,
        advice="请求发出后没有等到回应，对方可能已经收到，请到对方处核对。",
        size=size,
    )


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _BODY_BYTES:
            break
    return body[:_BODY_BYTES]


def judge_status(answer: Answer, now: datetime) -> Outcome | None:
    """What a status decides alike on every channel; None where the channel has to look itself."""
    if answer.status == 429:
        return throttled(answer, now)
    if 300 <= answer.status < 400:
        return Outcome(
            OutcomeKind.REJECTED,
            Fault.CONFIG,
            code=str(answer.status),
            advice="对方要求转到别的地址，为安全起见没有跟随，请在配置中改填最终地址。",
        )
    if answer.status < 200 or answer.status == 408 or answer.status >= 500:
        return Outcome(
            OutcomeKind.UNKNOWN,
            code=str(answer.status),
            detail=answer.text,
            advice="对方服务器出错，不能确定是否已经收到，请到对方处核对。",
        )
    return None


def throttled(answer: Answer, now: datetime) -> Outcome:
    """The far side asks everybody with this credential to come later."""
    return Outcome(
        OutcomeKind.RETRY,
        retry_after=_retry_after(answer.headers.get("retry-after", ""), now),
        hold=True,
        code=str(answer.status),
        detail=answer.text,
    )


def _retry_after(value: str, now: datetime) -> timedelta:
    """Retry-After is whole seconds or an HTTP date (RFC 9110, 10.2.3)."""
    if value.strip().isascii() and value.strip().isdigit():
        # Nine digits are thirty years; more of them would only overflow.
        return min(timedelta(seconds=int(value.strip()[:9])), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return USUAL_WAIT
    wait = moment.replace(tzinfo=moment.tzinfo or UTC) - now
    return min(max(wait, timedelta(0)), LONGEST_WAIT)


def redact(text: str, secrets: Iterable[str]) -> str:
    """The far side's words on one short line that a database takes, with every secret blotted out."""
    text = clean(text)
    for secret in filter(None, secrets):
        text = text.replace(secret, "***").replace(quote(secret, safe=""), "***")
    return " ".join(text.split())[:_DETAIL_CHARACTERS]
