"""企业微信登录: developer.work.weixin.qq.com/document/path/98151 (in a browser, by a QR code), 91022 (inside
the client), 98176 (who it is)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from notifiers.coded_answer import judge_coded, parse
from notifiers.errors import SignInFailed
from notifiers.http_client import exchange
from notifiers.message import Outcome, OutcomeKind
from notifiers.web_address import split_address
from notifiers.wecom_answer import APPLICATION
from notifiers.wecom_application import STALE, USER, WecomApplication

SCAN_PAGE = "https://login.work.weixin.qq.com/wwlogin/sso/login"
CLIENT_PAGE = "https://open.weixin.qq.com/connect/oauth2/authorize"
_CLIENT = "wxwork"  # in the User-Agent of WeCom, on a telephone and on a desk

_BUSY = "企业微信繁忙，请稍后再试，或者用密码登录"
_NO_TOKEN = "企业微信不认可应用的凭证，请管理员核对渠道 {} 的 corp_id 和 secret；现在可以用密码登录"
_SENTENCES = {
    "-1": _BUSY,
    "45009": _BUSY,
    "45033": _BUSY,
    "40029": "企业微信给的登录码已失效（五分钟内有效，只能用一次），请再登录一次",
    "40001": _NO_TOKEN,
    "40013": _NO_TOKEN,
    "40014": _NO_TOKEN,
    "42001": _NO_TOKEN,
    "48002": "渠道 {} 的应用没有权限得知您是谁，请管理员在企业微信管理后台开通；现在可以用密码登录",
    "50001": "本服务的网址不是渠道 {} 的应用的可信域名，请管理员在企业微信管理后台设置；现在可以用密码登录",
    "60020": "服务器的出口地址不在渠道 {} 的应用的企业可信IP中，请管理员在企业微信管理后台添加；现在可以用密码登录",
}


@dataclass(frozen=True)
class WecomSignIn:
    """The application of the channel `channel`, and the vendor's two pages, which private editions
    have elsewhere. Raises ValueError that names the page which cannot be used."""

    application: WecomApplication
    channel: str
    scan_page: str = SCAN_PAGE
    client_page: str = CLIENT_PAGE
    allow_http: bool = False

    def __post_init__(self) -> None:
        for key in ("scan_page", "client_page"):
            try:
                if split_address(getattr(self, key), self.allow_http).query:
                    raise ValueError("里带有“?”及其后的内容，请去掉")
            except ValueError as fault:
                raise ValueError(f"{key} {fault}") from None

    def address(self, state: str, back: str, agent: str) -> str:
        """Where to send the browser `agent`, which is to come back to `back`. WeCom wants a state
        of ASCII letters and digits, at most 128."""
        asked = {
            "appid": self.application.corp_id,
            "agentid": self.application.agent_id,
            "redirect_uri": back,
            "state": state,
        }
        if not in_client(agent):
            return f"{self.scan_page}?{urlencode({'login_type': 'CorpApp', **asked})}"
        asked |= {"response_type": "code", "scope": "snsapi_base"}
        return f"{self.client_page}?{urlencode(asked)}#wechat_redirect"

    async def user(self, client: httpx.AsyncClient, code: str, now: datetime) -> str:
        """The userid of who came back with `code`: a member of the enterprise, whether he sees the
        application or not. Raises SignInFailed."""
        told = await self._asked(self.application.over(client), code, now)
        user = told.get("userid")
        # Without one he is a stranger; one with a CorpID before it is a linked enterprise's.
        if not isinstance(user, str) or not USER.fullmatch(user):
            raise SignInFailed(
                "您不是本单位企业微信的成员，不能这样登录，请用密码登录，或联系管理员"
            )
        return user

    async def _asked(self, here: WecomApplication, code: str, now: datetime) -> dict[str, Any]:
        for _ in range(2):  # once more where it is the token that has run out
            token = await here.token.get(now)
            if isinstance(token, Outcome):
                raise self._failed(token)
            query = urlencode({"access_token": token, "code": code})
            address = f"{here.base}/cgi-bin/auth/getuserinfo?{query}"
            answer = await exchange(here.client, "GET", address)
            if isinstance(answer, Outcome):
                raise self._failed(answer)
            outcome = judge_coded(answer, now, APPLICATION)
            if outcome.kind is OutcomeKind.ACCEPTED:
                return parse(answer.body)
            if outcome.code not in STALE:
                break
            here.token.drop(token)
        raise self._failed(outcome)

    def _failed(self, outcome: Outcome) -> SignInFailed:
        if not outcome.code:
            return SignInFailed("连接不上企业微信，请稍后再试，或者用密码登录")
        other = f"企业微信没有正常答复（错误码 {outcome.code}），请把错误码告诉管理员；现在可以用密码登录"
        return SignInFailed(_SENTENCES.get(outcome.code, other).format(self.channel))


def in_client(agent: str) -> bool:
    """Is it the browser inside WeCom?"""
    return _CLIENT in agent.lower()
