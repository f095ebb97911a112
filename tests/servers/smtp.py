"""A real mail server on 127.0.0.1, by aiosmtpd."""

import asyncio
import email
import email.policy
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller, InetMixin
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.certificate import make_certificate


@dataclass(frozen=True)
class Letter:
    sender: str
    to: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def text(self) -> str:
        """The body as a reader sees it."""
        body = self.message.get_body(("plain",))
        assert body is not None
        content: str = body.get_content()
        return content.replace("\r\n", "\n").removesuffix("\n")


class MailServer:
    """`with MailServer() as server:`; then `server.host`, `server.port`, `server.ca_file`.

    security: "starttls" (offered, and required before MAIL), "tls" (from the first byte), "plain".
    refuse: reply to RCPT by address, e.g. {"gone@unit.gov.cn": "550 5.1.1 no such user"}.
    replies: reply by command, e.g. {"MAIL": "553 …", "DATA": "554 5.7.1 spam"}.
    login: the only accepted (username, password); without it no AUTH is offered.
    drop_after_data: take the letter over, then break the connection without an answer.
    `letters` are the letters taken over; `commands` what clients asked for (MAIL, RCPT, DATA).
    """

    host = "127.0.0.1"

    def __init__(
        self,
        security: str = "starttls",
        refuse: Mapping[str, str] | None = None,
        replies: Mapping[str, str] | None = None,
        login: tuple[str, str] | None = None,
        drop_after_data: bool = False,
    ) -> None:
        self.letters: list[Letter] = []
        self.commands: list[str] = []
        self._refuse = refuse or {}
        self._replies = replies or {}
        self._drop_after_data = drop_after_data
        self._directory = TemporaryDirectory()
        made = make_certificate(Path(self._directory.name))
        self.ca_file = str(made.certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, made.key)
        options: dict[str, Any] = {"starttls": {"tls_context": context, "require_starttls": True}}
        self._controller = _AnyPort(
            self,
            hostname=self.host,
            port=0,
            ssl_context=context if security == "tls" else None,
            **options.get(security, {}),
            **(_auth_options(login) if login else {}),
        )

    @property
    def port(self) -> int:
        port: int = self._controller.port
        return port

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._controller.hang_up()
        self._controller.stop()
        self._directory.cleanup()

    # The hooks below are called by aiosmtpd, by name.

    async def handle_MAIL(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        self.commands.append("MAIL")
        if "MAIL" in self._replies:
            return self._replies["MAIL"]
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        self.commands.append("RCPT")
        if address in self._refuse:
            return self._refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.commands.append("DATA")
        if "DATA" in self._replies:
            return self._replies["DATA"]
        raw = envelope.original_content or b""
        self.letters.append(Letter(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw))
        if self._drop_after_data and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return f"250 2.0.0 Ok: queued as QX{len(self.letters)}"


class _AnyPort(Controller):
    """aiosmtpd connects once to itself to start; with port 0 it has to learn its port first."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._sessions: list[SMTP] = []

    def factory(self) -> SMTP:
        session = SMTP(self.handler, **self.SMTP_kwargs)
        self._sessions.append(session)
        return session

    def hang_up(self) -> None:
        """Close what clients left open; the loop would forget it, and Python would warn."""

        async def abort() -> None:
            for session in self._sessions:
                if isinstance(session.transport, asyncio.WriteTransport):
                    session.transport.abort()
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(abort(), self.loop).result()

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        InetMixin._trigger_server(self)  # type: ignore[no-untyped-call]


def _auth_options(login: tuple[str, str]) -> dict[str, Any]:
    expected = tuple(part.encode() for part in login)

    def authenticate(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        right = (given.login, given.password) == expected
        return AuthResult(success=right, handled=False)

    return {"authenticator": authenticate, "auth_require_tls": False}
