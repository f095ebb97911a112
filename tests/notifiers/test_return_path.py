"""The signed address to which a letter comes back, on the wire and read again."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from notifiers.errors import ChannelConfigError
from notifiers.mail import Mail
from notifiers.return_path import ReturnPath, message_id_in
from tests.notifiers.scripted import MESSAGE, deliver_for_real
from tests.servers.smtp import MailServer

ID = "0123456789abcdef" * 2
SECRET = "canary-0123456789"
SETTINGS = {
    "host": "127.0.0.1",
    "sender": "qixian@agency.gov.cn",
    "return_path": "bounces+{token}@agency.gov.cn",
    "return_path_secret": SECRET,
}


def build_mail(**more: Any) -> Mail:
    return Mail.from_settings({**SETTINGS, **more}, httpx.AsyncClient())


def test_the_envelope_says_which_letter_comes_back_and_the_letter_is_from_us() -> None:
    with MailServer() as server:
        mail = build_mail(port=server.port, ca_file=server.ca_file)
        outside = replace(MESSAGE, to="zhang@unit.gov.cn")  # an id that is not of the outbox
        deliver_for_real(lambda _: mail, replace(outside, id=ID), outside)
    first, second = server.letters
    assert mail.return_path
    assert first.sender == mail.return_path.address(ID)
    assert len(first.sender.partition("@")[0]) <= 64
    assert message_id_in(first.sender.upper()) == ID
    assert mail.return_path.signed(first.sender.upper(), ID)
    assert first.message["From"] == second.sender == "qixian@agency.gov.cn"


def test_only_what_can_be_answered_has_an_address_for_answers() -> None:
    with MailServer() as server:
        more = {"return_path": "", "reply_to": "qixian+{token}@agency.gov.cn"}
        mail = build_mail(port=server.port, ca_file=server.ca_file, sender_name="期限", **more)
        plain = replace(MESSAGE, to="zhang@unit.gov.cn", id=ID)
        deliver_for_real(lambda _: mail, replace(plain, answerable=True), plain)
    first, second = server.letters
    assert mail.reply_to
    assert str(first.message["Reply-To"]) == f"期限 <{mail.reply_to.address(ID)}>"
    assert second.message["Reply-To"] is None
    assert first.sender == "qixian@agency.gov.cn"  # no return path: to the sender
    assert not mail.reply_to.signed(ReturnPath(mail.reply_to.template, SECRET).address(ID), ID)


def test_what_we_did_not_sign_is_not_taken_for_ours() -> None:
    path = ReturnPath("bounces+{token}@agency.gov.cn", SECRET)
    own = path.address(ID)
    forged = [
        own.replace("agency", "other"),
        own.replace("0123", "0124", 1),
        own.replace("bounces", "bounce"),
        ReturnPath(path.template, SECRET + "x").address(ID),
        "退信" + own,
    ]
    assert [path.signed(one, ID) for one in forged] == [False] * 5
    assert message_id_in("bounces+0123@agency.gov.cn") == ""
    assert SECRET not in repr(path)


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("return_path_secret", {"return_path_secret": ""}),
        ("return_path_secret", {"return_path_secret": "canary"}),
        ("return_path", {"return_path": ""}),
        (
            "return_path_secret",
            {"return_path_secret": "", "return_path": "", "reply_to": "q+{token}@a.cn"},
        ),
        ("reply_to", {"reply_to": "qixian@agency.gov.cn"}),
        ("reply_to", {"reply_to": "answers-of-qixian+{token}@agency.gov.cn"}),
        ("return_path", {"return_path": "bounces@agency.gov.cn"}),
        ("return_path", {"return_path": "{token}{token}@agency.gov.cn"}),
        ("return_path", {"return_path": "bounces-of-qixian+{token}@agency.gov.cn"}),
        ("return_path", {"return_path": "退信{token}@agency.gov.cn"}),
        ("invitations", {"invitations": "yes"}),
    ],
)
def test_a_return_path_that_cannot_work_is_refused(key: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ChannelConfigError) as refused:
        build_mail(**wrong)
    assert f"mail 渠道的“{key}”" in str(refused.value)
    assert "canary" not in str(refused.value)
