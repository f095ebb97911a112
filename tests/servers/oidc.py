"""A service that vouches for people (OpenID Connect), on 127.0.0.1: discovery, keys, and codes that
are exchanged once, with the client's secret and the verifier of RFC 7636."""

import hashlib
import json
import secrets
from base64 import b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.servers.loopback import LoopbackServer, Reply, Request, as_json

CLIENT, SECRET = "qixian", "s3cret/ü"
KEY, OTHER_KEY = (RSAKey.generate_key(2048, parameters={"kid": "1"}) for _ in range(2))


class OidcServer(LoopbackServer):
    """`now` is its clock in seconds; `lies` stand in its tokens instead of the truth."""

    def __init__(self, now: int) -> None:
        super().__init__()
        self.now, self.lies = now, dict[str, Any]()
        self.key, self.algorithm = KEY, "RS256"
        self.metadata: dict[str, Any] = {}
        self._codes: dict[str, tuple[dict[str, str], str]] = {}

    def sign_in(self, address: str, name: str) -> str:
        """Somebody signs in at the address to which he was sent; the code that he brings back."""
        split = urlsplit(address)
        assert f"{split.scheme}://{split.netloc}{split.path}" == f"{self.base}/authorize"
        asked = {key: values[0] for key, values in parse_qs(split.query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self._codes[code] = (asked, name)
        return code

    def answer(self, request: Request) -> Reply:
        if request.path == "/.well-known/openid-configuration":
            return as_json(
                {
                    "issuer": self.base,
                    "authorization_endpoint": f"{self.base}/authorize",
                    "token_endpoint": f"{self.base}/token",
                    "jwks_uri": f"{self.base}/jwks",
                }
                | self.metadata
            )
        if request.path == "/jwks":
            return as_json({"keys": [KEY.as_dict(private=False)]})
        assert (request.path, request.method) == ("/token", "POST")
        return self._token(request)

    def _token(self, request: Request) -> Reply:
        form = {key: values[0] for key, values in parse_qs(request.body.decode()).items()}
        pair = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        given = tuple(unquote(part) for part in pair.split(":"))
        asked, name = self._codes.pop(form["code"], ({}, ""))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).decode().rstrip("=")
        good = (
            given == (CLIENT, SECRET)
            and form["grant_type"] == "authorization_code"
            and form["redirect_uri"] == asked.get("redirect_uri")
            and challenge == asked.get("code_challenge")
        )
        if not good:
            return Reply(400, json.dumps({"error": "invalid_grant"}).encode())
        return as_json(
            {"access_token": "a", "token_type": "Bearer", "id_token": self._id(asked, name)}
        )

    def _id(self, asked: dict[str, str], name: str) -> str:
        claims = {
            "iss": self.base,
            "sub": f"id of {name}",
            "aud": CLIENT,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": asked["nonce"],
            "preferred_username": name,
        } | self.lies
        claims = {key: value for key, value in claims.items() if value is not None}
        key = OctKey.import_key(SECRET * 8) if self.algorithm == "HS256" else self.key
        header = {"alg": self.algorithm, "kid": "1"}
        return jwt.encode(header, claims, key, algorithms=[self.algorithm])
