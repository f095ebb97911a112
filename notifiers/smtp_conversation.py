"""One letter over one SMTP conversation, and what its failure means at each stage."""

import asyncio
import contextlib
import ssl
from enum import StrEnum

import aiosmtplib

from notifiers.message import Fault, Outcome, OutcomeKind

_QUIT_SECONDS = 2.0


class Stage(StrEnum):
    """How far a conversation has come. Only from DATA on can the letter have been taken over."""

    CONNECT = "connect"
    STARTTLS = "starttls"
    LOGIN = "login"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DATA = "data"


_REFUSED_AT = {
    Stage.CONNECT: (
        Fault.CONFIG,
        "邮件服务器拒绝本机连接，请核对 host 和 port，或请邮件管理员放行。",
    ),
    Stage.STARTTLS: (
        Fault.CONFIG,
        '邮件服务器不支持 STARTTLS 加密，没有发出任何内容，请改用 security = "tls"，或联系邮件管理员。',
    ),
    Stage.LOGIN: (
        Fault.CONFIG,
        "邮件服务器不接受账号或密码，请核对 username 和 password（多数邮箱要填授权码而不是登录密码）。",
    ),
    Stage.SENDER: (
        Fault.CONFIG,
        "邮件服务器不接受发件地址，请把 sender 改成与登录账号一致的地址；设了 return_path 的，请邮件管理员放行。",
    ),
    Stage.RECIPIENT: (Fault.RECIPIENT, "对方邮箱不存在或拒收，请核对该单位联系人的邮箱地址。"),
    Stage.DATA: (
        Fault.CONTENT,
        "邮件服务器拒收这封邮件的内容，请检查正文和链接，或请邮件管理员放行。",
    ),
}
_BAD_TLS = Outcome(
    OutcomeKind.REJECTED,
    Fault.CONFIG,
    advice="与邮件服务器的加密未能建立，请核对 host、port、security；单位自签证书请填写 ca_file。",
)


class SmtpConversation:
    """Connect, encrypt, log in, deliver: step by step, so that a failure knows its stage."""

    def __init__(
        self, smtp: aiosmtplib.SMTP, starttls: bool, login: tuple[str, str] | None
    ) -> None:
        self.stage = Stage.CONNECT
        self._smtp = smtp
        self._starttls = starttls
        self._login = login
        self._line: asyncio.BaseTransport | None = None

    async def deliver(self, sender: str, to: str, letter: bytes) -> str:
        """The server's words on taking the letter over. Raises SMTPException or OSError."""
        await self._smtp.connect()
        self._line = self._smtp.transport
        if self._starttls:
            self.stage = Stage.STARTTLS
            await self._smtp.starttls()
            self._line = self._smtp.transport
        if self._login:
            self.stage = Stage.LOGIN
            await self._smtp.login(*self._login)
        self.stage = Stage.SENDER
        await self._smtp.mail(sender)
        self.stage = Stage.RECIPIENT
        await self._smtp.rcpt(to)
        self.stage = Stage.DATA
        return (await self._smtp.data(letter)).message

    async def hang_up(self, politely: bool) -> None:
        """QUIT only where no answer is outstanding: after a broken exchange it would be misread."""
        if politely and self._smtp.is_connected:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await self._smtp.quit(timeout=_QUIT_SECONDS)
        self._smtp.close()
        # TLS would wait half a minute for the other side's goodbye; ours has been said. Kept by
        # us, because aiosmtplib forgets a line that it has closed itself.
        if isinstance(self._line, asyncio.WriteTransport):
            self._line.abort()
        await asyncio.sleep(0)  # the loop closes the socket on its next turn


def judge_failure(error: Exception, stage: Stage) -> Outcome:
    """The outcome of what `deliver` raised at `stage`; `detail` is still to be redacted."""
    if isinstance(error, aiosmtplib.SMTPHeloError):
        stage = Stage.CONNECT  # aiosmtplib greets late, with the first command that needs it
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _judge_code(error.code, error.message, stage)
    if stage is Stage.DATA:
        return Outcome(
            OutcomeKind.UNKNOWN,
            detail=type(error).__name__,
            advice="邮件发出后没有等到回应，对方可能已经收到。",
        )
    if _is_tls_fault(error):
        return _BAD_TLS
    if isinstance(error, OSError):  # no connection, a lost one, no answer in time
        return Outcome(
            OutcomeKind.RETRY,
            detail=type(error).__name__,
            advice="连接不上邮件服务器，请检查 host、port 和网络。",
        )
    # What is left is a server without STARTTLS or without a login that we know.
    fault, advice = _REFUSED_AT[stage]
    return Outcome(OutcomeKind.REJECTED, fault, detail=str(error), advice=advice)


def _judge_code(code: int, words: str, stage: Stage) -> Outcome:
    fault, advice = _REFUSED_AT[stage]
    if 500 <= code <= 599:
        return Outcome(OutcomeKind.REJECTED, fault, code=str(code), detail=words, advice=advice)
    if 400 <= code <= 499 or stage is not Stage.DATA:
        return Outcome(OutcomeKind.RETRY, code=str(code), detail=words)
    # Neither yes nor no, after the letter may have gone.
    return Outcome(OutcomeKind.UNKNOWN, code=str(code), detail=words)


def _is_tls_fault(error: Exception) -> bool:
    """aiosmtplib hides the handshake's error behind its own; an end of file is only a bad line."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError)
