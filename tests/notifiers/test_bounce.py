"""Letters that came back: what each says of its letter, and to which address it came."""

import pytest

from notifiers.bounce import Verdict, read_bounce
from tests.notifiers import bounce_samples as samples

GONE, LOST, NOTED = Verdict.GONE, Verdict.LOST, Verdict.NOTED
# sample              verdict  status    words
SAMPLES = [
    ("POSTFIX", GONE, "5.1.1", "User unknown"),
    ("EXCHANGE", GONE, "5.1.10", "RecipientNotFound"),
    ("DISABLED", GONE, "5.2.1", "account is disabled"),
    ("EXIM_WITHOUT_STATUS", GONE, "5.0.0", "Invalid User"),
    ("COREMAIL", GONE, "550", "User not found"),
    ("QQ", GONE, "550", "Mailbox unavailable"),
    ("NETEASE", GONE, "550", "User suspended"),
    ("POSTFIX_EXPIRED", LOST, "4.4.7", "greylisted"),
    ("NO_ROUTE", LOST, "5.4.4", "Host or domain"),
    ("OUR_SENDER", LOST, "5.1.8", "sender domain"),
    ("COREMAIL_FULL", LOST, "", "系统退信"),
    ("NETEASE_LIMIT", LOST, "451", "RP:QRC"),
    ("POSTFIX_DELAYED", NOTED, "4.4.1", "timed out"),
    ("STILL_TRYING", NOTED, "421", "421 busy"),
    ("RELAYED", NOTED, "2.0.0", "2.0.0"),
    ("HOLIDAY", NOTED, "", ""),
    ("GARBAGE", NOTED, "", ""),
]


@pytest.mark.parametrize(("name", "verdict", "status", "words"), SAMPLES)
def test_a_bounce_is_understood(name: str, verdict: Verdict, status: str, words: str) -> None:
    found = read_bounce(getattr(samples, name))
    assert (found.verdict, found.status) == (verdict, status), found
    assert words in found.words
    assert "\n" not in found.words
    assert found.addressed == (samples.ADDRESS,)


def test_the_letter_that_came_back_is_not_taken_for_the_answer() -> None:
    raw = samples.POSTFIX_DELAYED.replace(b"Action: delayed", b"Action: failed")
    assert read_bounce(raw).status == "4.4.1"
    only_returned = b"To: a@b.cn\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nsaid: 550 no such user"
    assert read_bounce(only_returned).verdict is NOTED


def test_parts_within_parts_are_no_bounce() -> None:
    layers = [
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (depth, depth)
        for depth in range(2000)
    ]
    assert read_bounce(b"To: a@b.cn\r\n" + b"".join(layers)).verdict is NOTED


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"Subject: =?nowhere?b?xx?=\r\n\r\n",
        b"<style" * 50_000,
        b"Content-Type: text/plain; charset=idna\r\n\r\n\xff",
    ],
)
def test_whatever_comes_is_read(raw: bytes) -> None:
    assert read_bounce(raw).verdict is NOTED
    page = b"To: a@b.cn\r\nContent-Type: text/html\r\n\r\n" + raw
    assert read_bounce(page).addressed == ("a@b.cn",)
