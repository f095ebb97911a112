"""POST bounces: a whole letter, with a signed address or none."""

from dataclasses import replace
from datetime import timedelta

import httpx
from office import AGENCY, NOW, Office, refusal

from engine.channels import register
from engine.courier import PUBLIC, Reach
from engine.database import writing
from engine.deliveries import Delivery, State
from notifiers.mail import Mail
from tests.notifiers.bounce_samples import ADDRESS, POSTFIX

MAIL = Mail.from_settings(
    {
        "host": "127.0.0.1",
        "sender": "qixian@agency.gov.cn",
        "return_path": "bounces+{token}@agency.gov.cn",
        "return_path_secret": "0123456789abcdef",
    },
    httpx.AsyncClient(),
)
ID = "0123456789abcdef" * 2
LETTER = {"content-type": "message/rfc822"}


def returning(mail: Mail = MAIL, reach: Reach = PUBLIC) -> Office:
    """An office with one letter that was sent an hour ago."""
    configured = replace(AGENCY, channels={**AGENCY.channels, "mail": mail})
    office = Office(configured=configured, reach=reach)
    sent = Delivery(
        message_id=ID,
        channel="mail",
        recipient="gone@unit.gov.cn",
        to="gone@unit.gov.cn",
        mentions="",
        planned_at=NOW - timedelta(hours=1),
        part=1,
        parts=1,
        urgent=False,
        state=State.ACCEPTED,
        next_at=NOW,
    )
    with writing(office.db) as session:
        register(session, {"mail": mail})
        session.add(sent)
    return office


def test_a_signed_bounce_ends_its_delivery() -> None:
    office = returning()
    assert MAIL.return_path
    raw = POSTFIX.replace(ADDRESS.encode(), MAIL.return_path.address(ID).encode())
    answer = office.client.post("/api/v1/bounces", content=raw, headers=LETTER)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    reason = told.pop("reason")
    assert reason.startswith("退信：对方邮箱不存在或拒收")
    assert told == {
        "delivery": 1,
        "channel": "mail",
        "recipient": "gone@unit.gov.cn",
        "verdict": "gone",
        "status": "5.1.1",
        "state": "rejected",
    }
    assert office.get("/deliveries/1")["reason"] == reason


def test_a_signed_reply_comes_in_at_the_same_address() -> None:
    answered = Mail.from_settings(
        {
            "host": "127.0.0.1",
            "sender": "qixian@agency.gov.cn",
            "reply_to": "qixian+{token}@agency.gov.cn",
            "return_path_secret": "0123456789abcdef",
        },
        httpx.AsyncClient(),
    )
    office = returning(answered)
    assert answered.reply_to
    raw = f"From: eve@elsewhere.cn\nTo: {answered.reply_to.address(ID)}\n\nOK".encode()
    for verdict in ("foreign", "repeated"):
        answer = office.client.post("/api/v1/bounces", content=raw, headers=LETTER)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert "eve@elsewhere.cn不是这封提醒的收件人，没有签收" in told.pop("reason")
        assert told == {
            "delivery": 1,
            "channel": "mail",
            "recipient": "gone@unit.gov.cn",
            "verdict": verdict,
            "status": None,
            "state": "accepted",
        }


def test_what_is_forged_or_no_letter_is_refused_and_changes_nothing() -> None:
    office = returning()
    before = office.everything()
    forged = office.client.post("/api/v1/bounces", content=POSTFIX, headers=LETTER)
    assert "return_path" in refusal(forged, 422, "bounce_refused")
    other = office.client.post("/api/v1/bounces", content=POSTFIX)
    assert "message/rfc822" in refusal(other, 422, "invalid_request")
    assert office.everything() == before
