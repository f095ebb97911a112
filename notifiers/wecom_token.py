"""The access token of a WeCom application: one for all who wait, and a new one before it ends."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import httpx

from notifiers.coded_answer import judge_coded, not_theirs, parse
from notifiers.http_client import exchange
from notifiers.message import Outcome, OutcomeKind
from notifiers.wecom_answer import APPLICATION

_MARGIN = timedelta(minutes=5)
_LONGEST = 86_400  # seconds; WeCom says 7200


class WecomToken:
    """`url` is the address of gettoken with the application's secret in it."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url
        self._lock = asyncio.Lock()
        self._token = ""
        self._until: datetime | None = None

    def over(self, client: httpx.AsyncClient) -> "WecomToken":
        """The same token, and over another client the next one."""
        other = WecomToken(client, self._url)
        other._token, other._until = self._token, self._until
        return other

    async def get(self, now: datetime) -> str | Outcome:
        """The token, or why there is none. What failed here has told nobody: never unknown.

        `detail` is still to be redacted.
        """
        async with self._lock:
            if self._token and self._until and now < self._until:
                return self._token
            return await self._fetch(now)

    def drop(self, token: str) -> None:
        """WeCom does not take `token` any more; one that has come since stays."""
        if self._token == token:
            self._token = ""

    async def _fetch(self, now: datetime) -> str | Outcome:
        answer = await exchange(self._client, "GET", self._url)
        if isinstance(answer, Outcome):
            return _not_sent(answer)
        outcome = judge_coded(answer, now, APPLICATION)
        told = parse(answer.body)
        token, seconds = told.get("access_token"), told.get("expires_in")
        if outcome.kind is not OutcomeKind.ACCEPTED:
            return _not_sent(replace(outcome, http_status=answer.status))
        if not token or not isinstance(seconds, int):
            outcome = not_theirs(answer, APPLICATION.name)
            return _not_sent(replace(outcome, http_status=answer.status))
        length = timedelta(seconds=min(seconds, _LONGEST))
        # `now` is from before the question, so the token lasts a little longer than we think.
        self._token, self._until = str(token), now + max(length - _MARGIN, length / 2)
        return self._token


def _not_sent(outcome: Outcome) -> Outcome:
    if outcome.kind is not OutcomeKind.UNKNOWN:
        return outcome
    return replace(
        outcome,
        kind=OutcomeKind.RETRY,
        size=0,
        advice="取不到企业微信的访问凭证，稍后会再试，请检查服务器的出口网络。",
    )
