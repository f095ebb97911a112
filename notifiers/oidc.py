"""统一身份认证: signing in at another service by OpenID Connect (OpenID Connect Core 1.0, RFC 7636).

The two exchanges are ours, over the client that all channels use; what the service signs is read
and checked by authlib and joserfc.
"""

import json
import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from notifiers.errors import SignInFailed
from notifiers.http_client import Answer, exchange
from notifiers.web_address import split_address

ALGORITHMS = ("RS256", "PS256", "ES256")  # none that shares our secret, and not `none`
_LEEWAY = 120  # seconds by which the service's clock may differ
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True)
class Flow:
    """What one browser keeps between leaving for the service and coming back."""

    state: str
    nonce: str
    verifier: str

    @staticmethod
    def begin() -> "Flow":
        """A new one, all of it random."""
        return Flow(*(secrets.token_urlsafe(32) for _ in range(3)))


@dataclass(frozen=True)
class OidcProvider:
    """The service. `claim` is the claim that holds the login name. Raises ValueError, with the fault
    as half a Chinese sentence, where the issuer's address cannot be used."""

    issuer: str
    client_id: str
    client_secret: str
    claim: str = "preferred_username"
    allow_http: bool = False

    def __post_init__(self) -> None:
        split_address(self.issuer, self.allow_http)

    async def address(self, client: httpx.AsyncClient, flow: Flow, back: str) -> str:
        """Where to send the browser, which is to come back to `back`. Raises SignInFailed."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": back,
            "scope": "openid profile",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": create_s256_code_challenge(flow.verifier),
            "code_challenge_method": "S256",
        }
        at = self._endpoint(await self._metadata(client), "authorization_endpoint")
        return f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}"

    async def name(
        self, client: httpx.AsyncClient, flow: Flow, code: str, back: str, now: datetime
    ) -> str:
        """The login name of who came back with `code`. Raises SignInFailed."""
        metadata = await self._metadata(client)
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": flow.verifier,
        }
        headers = dict(_FORM)
        if metadata.get("token_endpoint_auth_methods_supported") == ["client_secret_post"]:
            asked |= {"client_id": self.client_id, "client_secret": self.client_secret}
        else:
            headers["Authorization"] = self._basic()
        at = self._endpoint(metadata, "token_endpoint")
        told = await _json(client, "POST", at, urlencode(asked).encode(), headers)
        keys = await _json(client, "GET", self._endpoint(metadata, "jwks_uri"))
        claims = self._checked(told, keys, flow, now)
        name = claims.get(self.claim)
        if not isinstance(name, str) or not name.strip():
            raise SignInFailed(
                f"统一身份认证没有给出登录名（{self.claim}），请管理员核对 [oidc] 的 claim"
            )
        return name

    def _checked(
        self, told: dict[str, Any], keys: dict[str, Any], flow: Flow, now: datetime
    ) -> dict[str, Any]:
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
        }
        params = {
            "nonce": flow.nonce,
            "client_id": self.client_id,
            "access_token": told.get("access_token"),
        }
        try:
            token = jwt.decode(told["id_token"], KeySet.import_key_set(keys), ALGORITHMS)  # type: ignore[arg-type]
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
        except (JoseError, KeyError, TypeError, ValueError) as error:
            # The library's own words may hold parts of the token.
            raise SignInFailed(
                f"统一身份认证的答复没有通过核对（{type(error).__name__}）"
            ) from None
        return dict(claims)

    async def _metadata(self, client: httpx.AsyncClient) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, 4."""
        address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
        metadata = await _json(client, "GET", address)
        if metadata.get("issuer") != self.issuer:
            raise SignInFailed(
                "统一身份认证自报的 issuer 与配置不同，请管理员核对 [oidc] 的 issuer"
            )
        return metadata

    def _endpoint(self, metadata: dict[str, Any], name: str) -> str:
        at = metadata.get(name)
        try:
            split_address(at if isinstance(at, str) else "", self.allow_http)
        except ValueError:
            raise SignInFailed(f"统一身份认证给出的 {name} 不能用，请联系它的管理员") from None
        return str(at)

    def _basic(self) -> str:
        """RFC 6749, 2.3.1: both are form-encoded first."""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        return f"Basic {b64encode(pair.encode()).decode()}"


async def _json(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    answer = await exchange(client, method, url, body, headers)
    if not isinstance(answer, Answer):
        raise SignInFailed("连接不上统一身份认证，请稍后再试，或者用密码登录")
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if answer.status != 200 or not isinstance(told, dict):
        raise SignInFailed(
            f"统一身份认证没有正常答复（{answer.status}），请再试一次，或者用密码登录"
        )
    return told
