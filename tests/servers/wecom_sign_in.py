"""WeCom's two pages of signing in, and who it says has come (document/path/91022, 98151, 98176)."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.servers.loopback import Reply, Request, as_json
from tests.servers.wecom_application import AGENT, CORP, WecomApplicationServer

CODE_LASTS = timedelta(minutes=5)
SCAN, CLIENT = "/wwlogin/sso/login", "/connect/oauth2/authorize"
MEMBER = {"userid": "Zhang"}
STRANGER = {"openid": "oAvc", "external_userid": "wmEA"}
LINKED = {"userid": "ww0123456789abcdef/Zhang"}  # of another enterprise that shares the application


class WecomSignInServer(WecomApplicationServer):
    """A code is good once, for five minutes, with the application's token."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock=clock)
        self._granted: dict[str, tuple[dict[str, Any], datetime]] = {}

    def agree(self, address: str, home: str, who: dict[str, Any] = MEMBER) -> str:
        """Somebody agrees at the address to which he was sent: the one to which he comes back.
        `home` is where the application trusts."""
        page, asked = self._page(address)
        wanted = {"appid": CORP, "agentid": str(AGENT), "redirect_uri": home}
        if page == SCAN:
            wanted["login_type"] = "CorpApp"
        else:
            wanted |= {"response_type": "code", "scope": "snsapi_base"}
            assert address.endswith("#wechat_redirect")
        state = asked.pop("state")
        assert asked == wanted
        assert re.fullmatch("[0-9A-Za-z]{1,128}", state)
        code = secrets.token_urlsafe(32)
        self._granted[code] = (who, self._clock() + CODE_LASTS)
        return f"{home}?{urlencode({'code': code, 'state': state})}"

    def turn_away(self, address: str) -> str:
        """He does not agree, or does not see the application."""
        asked = self._page(address)[1]
        return f"{asked['redirect_uri']}?{urlencode({'state': asked['state']})}"

    def answer(self, request: Request) -> Reply:
        if (request.method, request.path) != ("GET", "/cgi-bin/auth/getuserinfo"):
            return super().answer(request)
        self.asked[request.path] += 1
        query = dict(request.query)
        errcode = self._refused(query.get("access_token", ""))
        who: dict[str, Any] = {}
        if not errcode:
            who, until = self._granted.pop(query.get("code", ""), ({}, self._clock()))
            errcode = 40029 if self._clock() >= until else 0
        words = "ok" if not errcode else f"refused, hint: [canary], e={errcode}"
        return as_json({"errcode": errcode, "errmsg": words, **({} if errcode else who)})

    def _page(self, address: str) -> tuple[str, dict[str, str]]:
        assert address.startswith((f"{self.base}{SCAN}?", f"{self.base}{CLIENT}?"))
        split = urlsplit(address)
        return split.path, dict(parse_qsl(split.query))
