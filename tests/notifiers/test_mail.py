"""Mail against a real server: encrypted or not at all, and each refusal in its place."""

import asyncio
import socket
from dataclasses import replace
from typing import Any

import httpx
import pytest

from notifiers.channel import Addressing
from notifiers.errors import ChannelConfigError
from notifiers.mail import Mail
from notifiers.message import Fault, Message, Outcome, OutcomeKind
from notifiers.registry import build
from tests.notifiers.scripted import MESSAGE, NOW, deliver_for_real
from tests.servers.smtp import MailServer

TO = "zhang@unit.gov.cn"
LETTER = replace(MESSAGE, to=TO)
SENDER = "qixian@agency.gov.cn"


def settings_for(server: MailServer, **more: Any) -> dict[str, Any]:
    return {
        "host": server.host,
        "port": server.port,
        "ca_file": server.ca_file,
        "sender": SENDER,
        "timeout": 5,
        **more,
    }


def send(settings: dict[str, Any], *messages: Message) -> list[Outcome]:
    return deliver_for_real(lambda client: build("mail", settings, client), *messages)


def test_a_letter_arrives_encrypted_and_readable() -> None:
    with MailServer() as server:
        (outcome,) = send(settings_for(server, sender_name="政务公开办公室"), LETTER)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert (outcome.provider, outcome.code, outcome.provider_id) == ("mail", "250", "QX1")
    (letter,) = server.letters
    assert outcome.size == len(letter.raw)
    assert (letter.sender, letter.to) == (SENDER, (TO,))
    assert letter.text == MESSAGE.body
    assert letter.message["Subject"] == MESSAGE.subject
    assert letter.message["From"] == f"政务公开办公室 <{SENDER}>"
    assert letter.message["To"] == TO
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.message["Date"].datetime == NOW


def test_tls_from_the_first_byte_works_with_a_login() -> None:
    with MailServer(security="tls", login=("qixian", "授权码-1")) as server:
        more = {"security": "tls", "username": "qixian", "password": "授权码-1"}
        (outcome,) = send(settings_for(server, **more), LETTER)
    assert outcome.kind is OutcomeKind.ACCEPTED


def test_a_server_without_starttls_gets_not_one_byte_of_the_letter() -> None:
    with MailServer(security="plain") as server:
        (outcome,) = send(settings_for(server), LETTER)
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.CONFIG)
    assert "STARTTLS" in outcome.advice
    assert outcome.size == 0
    assert server.commands == []
    assert server.letters == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(security: str) -> None:
    with MailServer(security=security) as server:
        (outcome,) = send(settings_for(server, security=security, ca_file=""), LETTER)
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.CONFIG)
    assert "ca_file" in outcome.advice
    assert server.commands == []


def test_clear_text_is_sent_only_to_the_host_that_was_named_for_it() -> None:
    with MailServer(security="plain") as server:
        settings = settings_for(server, security="plain")
        with pytest.raises(ChannelConfigError, match="plain_host"):
            send(settings, LETTER)
        with pytest.raises(ChannelConfigError, match="plain_host"):
            send({**settings, "plain_host": "mail.agency.gov.cn"}, LETTER)
        (outcome,) = send({**settings, "plain_host": server.host}, LETTER)
    assert outcome.kind is OutcomeKind.ACCEPTED
    assert len(server.letters) == 1


def test_a_wrong_password_is_a_fault_of_the_configuration_and_is_not_repeated() -> None:
    with MailServer(login=("qixian", "right")) as server:
        more = {"username": "qixian", "password": "canary-wrong"}
        (outcome,) = send(settings_for(server, **more), LETTER)
    assert (outcome.kind, outcome.fault, outcome.code) == (
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        "535",
    )
    assert "password" in outcome.advice
    assert "canary" not in repr(outcome)


def test_a_server_that_repeats_the_password_is_not_quoted() -> None:
    replies = {"MAIL": "553 canary-pass is no way to greet"}
    with MailServer(login=("qixian", "canary-pass"), replies=replies) as server:
        more = {"username": "qixian", "password": "canary-pass"}
        (outcome,) = send(settings_for(server, **more), LETTER)
    assert outcome.detail == "*** is no way to greet"


def test_a_server_that_knows_no_login_is_a_fault_of_the_configuration() -> None:
    with MailServer() as server:
        (outcome,) = send(settings_for(server, username="qixian", password="canary"), LETTER)
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.CONFIG)
    assert server.commands == []


# command and reply                                    kind                  fault
REPLIES = [
    ({"MAIL": "553 mail from must equal authorized user"}, OutcomeKind.REJECTED, Fault.CONFIG),
    ({"MAIL": "451 4.3.0 try again later"}, OutcomeKind.RETRY, None),
    ({"MAIL": "421 too many connections"}, OutcomeKind.RETRY, None),
    ({"DATA": "554 DT:SPM rejected as spam"}, OutcomeKind.REJECTED, Fault.CONTENT),
    ({"DATA": "452 4.3.1 insufficient storage"}, OutcomeKind.RETRY, None),
    ({"DATA": "299 neither yes nor no"}, OutcomeKind.UNKNOWN, None),
]


@pytest.mark.parametrize(("replies", "kind", "fault"), REPLIES)
def test_a_reply_means_what_its_stage_makes_of_it(
    replies: dict[str, str], kind: OutcomeKind, fault: Fault | None
) -> None:
    with MailServer(replies=replies) as server:
        (outcome,) = send(settings_for(server), LETTER)
    assert (outcome.kind, outcome.fault) == (kind, fault)
    assert outcome.code == next(iter(replies.values()))[:3]
    assert server.letters == []


def test_each_recipient_is_refused_alone() -> None:
    refuse = {
        "gone@unit.gov.cn": "550 5.1.1 no such user",
        "grey@unit.gov.cn": "451 4.7.1 greylisted",
    }
    messages = [replace(MESSAGE, to=to) for to in (TO, *refuse)]
    with MailServer(refuse=refuse) as server:
        accepted, gone, grey = send(settings_for(server), *messages)
    assert accepted.kind is OutcomeKind.ACCEPTED
    assert (gone.kind, gone.fault) == (OutcomeKind.REJECTED, Fault.RECIPIENT)
    assert "邮箱地址" in gone.advice
    assert (grey.kind, grey.fault) == (OutcomeKind.RETRY, None)
    assert [letter.to for letter in server.letters] == [(TO,)]


@pytest.mark.parametrize(
    "to",
    [
        "",
        "zhang",
        "a@unit.gov.cn, b@unit.gov.cn",
        "a@unit.gov.cn\r\nBcc: b@unit.gov.cn",
        "张三 <a@unit.gov.cn>",
        "张三@unit.gov.cn",
    ],
)
def test_what_is_not_one_address_is_refused_before_any_connection(to: str) -> None:
    with MailServer() as server:
        (outcome,) = send(settings_for(server), replace(MESSAGE, to=to))
    assert (outcome.kind, outcome.fault) == (OutcomeKind.REJECTED, Fault.RECIPIENT)
    assert server.commands == []


def test_a_connection_lost_after_the_letter_is_unknown_and_the_copy_has_the_same_id() -> None:
    with MailServer(drop_after_data=True) as server:
        outcomes = send(settings_for(server), LETTER, LETTER)
    assert [one.kind for one in outcomes] == [OutcomeKind.UNKNOWN] * 2
    assert all(one.size for one in outcomes)
    first, second = server.letters
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_a_server_that_is_not_there_is_a_retry() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (outcome,) = send({"host": "127.0.0.1", "port": port, "sender": SENDER}, LETTER)
    assert (outcome.kind, outcome.size) == (OutcomeKind.RETRY, 0)


def test_a_server_that_says_nothing_is_a_retry_when_the_time_is_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        (outcome,) = send(
            {"host": "127.0.0.1", "port": port, "sender": SENDER, "timeout": 1}, LETTER
        )
    assert outcome.kind is OutcomeKind.RETRY


def test_a_server_that_greets_with_a_refusal_is_a_fault_of_the_configuration() -> None:
    async def attempt() -> Outcome:
        async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"554 5.7.1 no service for you\r\n")
            writer.close()

        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            settings = {"host": "127.0.0.1", "port": port, "sender": SENDER, "timeout": 5}
            async with httpx.AsyncClient() as client:
                return await build("mail", settings, client).send(LETTER, NOW)

    outcome = asyncio.run(attempt())
    assert (outcome.kind, outcome.fault, outcome.code) == (
        OutcomeKind.REJECTED,
        Fault.CONFIG,
        "554",
    )


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("host", {"host": ""}),
    ("port", {"port": "587"}),
    ("port", {"port": 70_000}),
    ("port", {"port": True}),
    ("security", {"security": "ssl"}),
    ("sender", {"sender": "政务公开办公室"}),
    ("sender", {"sender": "a@x.cn\nBcc: b@x.cn"}),
    ("timeout", {"timeout": 0}),
    ("ca_file", {"ca_file": "/nowhere/canary.pem"}),
    ("ca_file", {"ca_file": __file__}),
    ("password", {"username": "qixian"}),
    ("username", {"password": "canary"}),
]


@pytest.mark.parametrize(("key", "wrong"), FAULTS)
def test_settings_that_cannot_work_are_refused(key: str, wrong: dict[str, Any]) -> None:
    settings = {"host": "mail.agency.gov.cn", "sender": SENDER, **wrong}
    with pytest.raises(ChannelConfigError) as refused:
        build("mail", settings, httpx.AsyncClient())
    assert f"mail 渠道的“{key}”" in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("plain", 25)])
def test_each_security_has_its_usual_port(security: str, port: int) -> None:
    settings = {"host": "mail.agency.gov.cn", "sender": SENDER, "security": security}
    mail = Mail.from_settings({**settings, "plain_host": "mail.agency.gov.cn"}, httpx.AsyncClient())
    assert mail.port == port
    assert mail.addressing is Addressing.MAIL


def test_the_credential_does_not_depend_on_the_password() -> None:
    settings = {"host": "mail.agency.gov.cn", "sender": SENDER, "username": "qixian"}
    one, two = (
        Mail.from_settings({**settings, "password": password}, httpx.AsyncClient())
        for password in ("canary-1", "canary-2")
    )
    assert one.credential == two.credential
    assert "canary" not in repr(one)
