import email
import email.policy
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage

import pytest

from notifiers.letter import compose, message_id, thread_root
from notifiers.letter_html import as_html
from notifiers.message import Calendar, Message
from tests.notifiers.jwz import threads
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
    root = thread_root("年报", domain).encode()
    # As bytes: a reader that decodes headers would hide what others stumble over.
    assert raw.count(b" " + root) == len(["In-Reply-To", "References"])


def test_a_subject_cannot_add_a_header() -> None:
    letter = arrived(replace(LETTER, subject="今日到期\r\nBcc: other@unit.gov.cn\x00"))
    assert letter["Subject"] == "今日到期 Bcc: other@unit.gov.cn"
    assert letter["Bcc"] is None


def test_a_long_chinese_body_arrives_as_it_was() -> None:
    body = "公开" * 2000 + "\n.\n第二行😀"
    plain = arrived(replace(LETTER, body=body)).get_body(("plain",))
    assert plain is not None
    content = plain.get_content()
    assert content.replace("\r\n", "\n") == body + "\n"


CASE, OTHER, DIGEST = (
    "obligation-7.0a1b2c3d",
    "obligation-12345678.99ffee00",
    "mail/zhang@unit.gov.cn",
)


def test_one_case_is_one_thread_and_a_digest_does_not_join_two() -> None:
    told = [CASE, CASE, DIGEST, OTHER, CASE, CASE, OTHER, DIGEST, CASE]
    letters = [
        arrived(replace(LETTER, id=f"d-{number}", thread=thread))
        for number, thread in enumerate(told)
    ]
    grouped = [[str(letter["Message-ID"]) for letter in thread] for thread in threads(letters)]
    assert grouped == [
        [f"<d-{number}@agency.gov.cn>" for number, one in enumerate(told) if one == thread]
        for thread in (CASE, DIGEST, OTHER)
    ]


def test_the_root_of_a_case_can_be_read() -> None:
    assert arrived(replace(LETTER, thread=CASE))["References"] == f"<{CASE}@agency.gov.cn>"
    long = "zwgk." * 20 + "guangyuan.gov.cn"
    assert len(thread_root(OTHER, long)) < 78
    assert thread_root(CASE + "x", "a.cn") != thread_root(CASE, "a.cn")


def test_a_letter_reads_as_text_and_as_html() -> None:
    body = "今日到期 1 项\n\n【今日应办】\n1. 公开<年报>\n　单位：财政局\n登记：http://10.0.0.8:8000/?a=1&b=2。"
    letter = arrived(replace(LETTER, body=body))
    assert letter.get_content_type() == "multipart/alternative"
    plain, html = letter.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    shown = html.get_content()
    assert "公开&lt;年报&gt;" in shown
    assert '<a href="http://10.0.0.8:8000/?a=1&amp;b=2">' in shown
    assert shown.count("<p ") == 5
    for outside in ("<img", "<link", "<style", "<script", "url(", "src="):
        assert outside not in shown


@pytest.mark.parametrize("name", ['"><script>', "javascript:alert(1)", "http://a.cn/'onclick='x"])
def test_no_text_becomes_markup(name: str) -> None:
    shown = as_html(f"标题\n{name}")
    assert "<script" not in shown
    assert "javascript:" not in shown.partition("href=")[2]
    assert "onclick='" not in shown


def test_an_invitation_is_the_last_alternative_and_a_file() -> None:
    text = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nSUMMARY:期限\r\nEND:VCALENDAR\r\n"
    letter = arrived(replace(LETTER, calendar=Calendar("CANCEL", text)))
    assert letter.get_content_type() == "multipart/mixed"
    alternative, file = letter.iter_parts()
    last = list(alternative.iter_parts())[-1]
    assert last["Content-Type"].params == {"charset": "utf-8", "method": "CANCEL"}
    assert last.get_content_type() == "text/calendar"
    assert last.get_payload(decode=True) == text.encode()
    assert (file.get_content_type(), file.get_filename()) == ("application/ics", "invite.ics")
    assert file["Content-Type"].params["method"] == "CANCEL"
    assert file.get_content() == text.encode()
