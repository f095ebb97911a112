import email
import email.policy
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage

import pytest

from notifiers.letter import compose, message_id
from notifiers.message import Message
from tests.notifiers.scripted import MESSAGE, NOW

LETTER = replace(MESSAGE, to="zhang@unit.gov.cn")
SENDER = Address("期限", addr_spec="qixian@agency.gov.cn")


def arrived(message: Message, sender: Address = SENDER) -> EmailMessage:
    raw = compose(message, sender, NOW).as_bytes()
    assert raw.isascii()
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_letters_of_one_case_hang_on_one_root() -> None:
    first = arrived(replace(LETTER, id="d-1", thread="广元市公开办/年报/2026"))
    second = arrived(replace(LETTER, id="d-2", thread="广元市公开办/年报/2026"))
    other = arrived(replace(LETTER, id="d-3", thread="广元市公开办/年报/2027"))
    assert first["References"] == second["References"] == second["In-Reply-To"]
    assert first["References"] != other["References"]
    assert first["Message-ID"] == "<d-1@agency.gov.cn>"
    assert second["Message-ID"] == "<d-2@agency.gov.cn>"


def test_a_letter_without_a_case_hangs_on_nothing() -> None:
    assert arrived(LETTER)["References"] is None


@pytest.mark.parametrize("name", ["", "a b", "广元/1", "x>\r\nBcc: y@z", "y" * 41])
def test_an_id_with_other_characters_becomes_a_hash_that_stays(name: str) -> None:
    made = message_id(name, "agency.gov.cn")
    assert made == message_id(name, "agency.gov.cn")
    assert made != message_id(name + "!", "agency.gov.cn")
    assert len(made) == len("<@agency.gov.cn>") + 24


@pytest.mark.parametrize("domain", ["zwgk." * 6 + "guangyuan.gov.cn", "bangongshi." * 9 + "cn"])
def test_ids_survive_a_long_domain_unbroken(domain: str) -> None:
    sender = Address(addr_spec=f"qixian@{domain}")
    raw = compose(replace(LETTER, thread="年报"), sender, NOW).as_bytes()
    root = message_id("thread:年报", domain).encode()
    # As bytes: a reader that decodes headers would hide what others stumble over.
    assert raw.count(b" " + root) == len(["In-Reply-To", "References"])


def test_a_subject_cannot_add_a_header() -> None:
    letter = arrived(replace(LETTER, subject="今日到期\r\nBcc: other@unit.gov.cn\x00"))
    assert letter["Subject"] == "今日到期 Bcc: other@unit.gov.cn"
    assert letter["Bcc"] is None


def test_a_long_chinese_body_arrives_as_it_was() -> None:
    body = "公开" * 2000 + "\n.\n第二行😀"
    content = arrived(replace(LETTER, body=body)).get_content()
    assert content.replace("\r\n", "\n") == body + "\n"
