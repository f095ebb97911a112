"""WeCom's callback: what is genuine, and what a press of a card's button does."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha1
from urllib.parse import urlencode

import pytest
from httpx import Response
from office import AGENCY, CALENDAR, NOW, Client, Office
from sqlalchemy import update
from sqlmodel import col, select

from api.card_clicks import CardClicks
from api.dependencies import Running
from api.wecom_callback import NotGenuine, Signature, fields, opened
from engine.acknowledgements import Acknowledgement
from engine.alerts import plan
from engine.channels import register
from engine.clicks import MOST_TRIES, Click
from engine.database import reading, writing
from engine.obligations import Obligation, Status, complete, reopen
from engine.units import Contact
from notifiers.http_client import open_client
from notifiers.registry import build
from notifiers.wecom_application import Callback
from tests.servers.wecom_application import (
    AES_KEY,
    AGENT,
    CALLBACK_TOKEN,
    CORP,
    SECRET,
    Posted,
    WecomApplicationServer,
    encrypt,
    posted,
)

KEYS = Callback(CALLBACK_TOKEN, AES_KEY)
# The sample of the vendor's own documentation.
SAMPLE = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
SIGNED = Signature("5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "1409659589", "263014780")
RECEIVER = "wx5823bf96d3bd56c7"
ECHO = "1616140317555161061"
DOOR = "/callbacks/wecom/chat"


def test_the_vendors_sample_is_read() -> None:
    assert opened(KEYS, RECEIVER, SAMPLE, SIGNED) == ECHO.encode()


# the sample with one thing changed
NOT_GENUINE = {
    "signature": (KEYS, RECEIVER, SAMPLE, replace(SIGNED, signature="0" * 40)),
    "no signature": (KEYS, RECEIVER, SAMPLE, replace(SIGNED, signature="")),
    "signature in other letters": (KEYS, RECEIVER, SAMPLE, replace(SIGNED, signature="期" * 40)),
    "time": (KEYS, RECEIVER, SAMPLE, replace(SIGNED, timestamp="1409659590")),
    "nonce": (KEYS, RECEIVER, SAMPLE, replace(SIGNED, nonce="263014781")),
    "text": (KEYS, RECEIVER, SAMPLE[:-4] + "AAA=", SIGNED),
    "receiver": (KEYS, "wx5823bf96d3bd56c8", SAMPLE, SIGNED),
    "no receiver": (KEYS, "", SAMPLE, SIGNED),
    "token": (Callback("QDG6eL", AES_KEY), RECEIVER, SAMPLE, SIGNED),
    "key": (Callback(CALLBACK_TOKEN, "k" + AES_KEY[1:]), RECEIVER, SAMPLE, SIGNED),
}


@pytest.mark.parametrize("case", NOT_GENUINE.values(), ids=NOT_GENUINE.keys())
def test_what_differs_in_one_thing_is_not_genuine(
    case: tuple[Callback, str, str, Signature],
) -> None:
    with pytest.raises(NotGenuine):
        opened(*case)


@pytest.mark.parametrize("encrypted", ["", "A", "AAAA", "A" * 64, "*" * 44, "期"])
def test_signed_nonsense_is_not_genuine(encrypted: str) -> None:
    parts = sorted((CALLBACK_TOKEN, "1", "2", encrypted))
    signature = sha1("".join(parts).encode()).hexdigest()
    with pytest.raises(NotGenuine):
        opened(KEYS, CORP, encrypted, Signature(signature, "1", "2"))


@pytest.mark.parametrize("text", ["", "a", "期限" * 40, "x" * 11, "x" * 12, "x" * 4000])
def test_every_length_comes_back(text: str) -> None:
    encrypted = encrypt(text)
    signature = sha1("".join(sorted((CALLBACK_TOKEN, "1", "2", encrypted))).encode()).hexdigest()
    assert opened(KEYS, CORP, encrypted, Signature(signature, "1", "2")) == text.encode()


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<xml>",
        b"not xml",
        b'<!DOCTYPE xml [<!ENTITY a "b">]><xml><Encrypt>&a;</Encrypt></xml>',
        b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><Encrypt>x</Encrypt></xml>',
        b"<xml><Encrypt>&undefined;</Encrypt></xml>",
    ],
)
def test_xml_with_a_document_type_or_none_at_all_is_refused(xml: bytes) -> None:
    with pytest.raises(NotGenuine):
        fields(xml)


class Chat(WecomApplicationServer):
    """The work chat, on the clock of its office."""

    office: Office | None = None

    def __init__(self) -> None:
        super().__init__(clock=lambda: self.office.now if self.office else NOW)


@pytest.fixture
def server() -> Iterator[Chat]:
    with Chat() as opened:
        yield opened


def _office(server: WecomApplicationServer) -> Office:
    settings = {
        "corp_id": CORP,
        "secret": SECRET,
        "agent_id": AGENT,
        "api_base": server.base,
        "allow_http": True,
        "format": "button_card",
        "callback_token": CALLBACK_TOKEN,
        "callback_aes_key": AES_KEY,
    }
    people = (Contact("张三", account="zhang"), Contact("李四", account="li"))
    units = dict(AGENCY.units)
    units["finance"] = replace(units["finance"], contacts=people, channels=("chat",))
    channels = {**AGENCY.channels, "chat": build("wecom_application", settings, open_client())}
    office = Office(
        configured=replace(
            AGENCY, units=units, channels=channels, public_url="https://q.agency.gov.cn/"
        ),
    )
    with writing(office.db) as session:
        register(session, office.configured.channels)
        old = col(Obligation.due_on) < date(2026, 9, 1)
        session.execute(update(Obligation).where(old).values(status=Status.DONE))
    return office


@pytest.fixture
def office(server: Chat) -> Office:
    """Its reminders of 22 September went out: one card for each of two people."""
    server.office = found = _office(server)
    found.at("2026-09-22 09:00").tick()
    return found


def task(server: WecomApplicationServer, user: str = "zhang") -> str:
    """The id of the card that a person has."""
    (body,) = (one for one in server.bodies if one["touser"] == user)
    assert body["msgtype"] == "template_card", body
    return str(body["template_card"]["task_id"])


def post(office: Office, call: Posted, door: str = DOOR) -> Response:
    return Client(office.app).post(f"{door}?{call.query}", content=call.body)


def signed(office: Office) -> list[Acknowledgement]:
    with reading(office.db) as session:
        return list(session.exec(select(Acknowledgement)).all())


def clicks(office: Office) -> list[Click]:
    with reading(office.db) as session:
        return list(session.exec(select(Click).order_by(col(Click.id))).all())


def test_the_address_is_verified_with_the_bare_text(office: Office) -> None:
    call = posted(ECHO)
    encrypted = fields(call.body)["Encrypt"]
    answer = Client(office.app).get(f"{DOOR}?{call.query}&{urlencode({'echostr': encrypted})}")
    assert (answer.status_code, answer.content) == (200, ECHO.encode())
    assert answer.headers["content-type"].startswith("text/plain")


def test_the_card_shows_the_matter_and_its_button(
    server: WecomApplicationServer, office: Office
) -> None:
    card = server.bodies[0]["template_card"]
    assert task(server) != task(server, "li")
    assert card["main_title"] == {"title": "广元市财政局"}
    assert card["sub_title_text"].endswith("（2026年9月）")
    assert card["horizontal_content_list"] == [
        {"keyname": "期限", "value": "2026-09-30（星期三）到期"},
        {"keyname": "剩余", "value": "剩5个工作日"},
    ]
    assert card["button_list"] == [{"text": "签收", "style": 1, "key": "ack"}]
    assert card["card_action"]["url"].startswith("https://q.agency.gov.cn/m/")
    assert Client(office.app).get(
        card["card_action"]["url"].removeprefix("https://q.agency.gov.cn")
    )


def test_a_press_is_an_acknowledgement_and_the_card_says_whose(
    server: WecomApplicationServer, office: Office
) -> None:
    answer = post(office, server.click("zhang", task(server)))
    assert (answer.status_code, answer.content) == (200, b"")
    (row,) = signed(office)
    assert (row.by, row.via.value, row.rung) == ("张三", "wecom", "5")
    assert server.buttons[task(server)] == "✓ 张三已签收"
    assert server.buttons[task(server, "li")] == "签收"
    assert clicks(office)[0].finished_at is not None
    again = post(office, server.click("li", task(server, "li")))
    assert again.status_code == 200
    assert len(signed(office)) == 1
    assert server.buttons[task(server, "li")] == "✓ 张三已签收"


def test_three_repetitions_are_one_acknowledgement(
    server: WecomApplicationServer, office: Office
) -> None:
    call = server.click("zhang", task(server))
    for _ in range(3):
        assert post(office, call).status_code == 200
    same = server.click("zhang", task(server))  # encrypted anew, as a repetition is
    assert post(office, same).status_code == 200
    assert (len(signed(office)), len(clicks(office))) == (1, 1)
    assert server.asked["/cgi-bin/message/update_template_card"] == 1


def test_the_token_of_the_messages_serves_the_card(
    server: WecomApplicationServer, office: Office
) -> None:
    post(office, server.click("zhang", task(server)))
    assert server.asked["/cgi-bin/gettoken"] == 1


@pytest.mark.parametrize("user", ["li", "wang", "", "ZHANGSAN"])
def test_the_wrong_person_is_refused(
    server: WecomApplicationServer, office: Office, user: str
) -> None:
    assert post(office, server.click(user, task(server))).status_code == 200
    assert signed(office) == []
    assert server.buttons[task(server)] == "签收"
    assert clicks(office)[0].finished_at is not None


def test_an_account_in_other_capitals_is_the_same(
    server: WecomApplicationServer, office: Office
) -> None:
    post(office, server.click("Zhang", task(server)))
    assert [row.by for row in signed(office)] == ["张三"]


def test_a_card_that_is_not_ours_and_another_event_change_nothing(
    server: WecomApplicationServer, office: Office
) -> None:
    for call in (
        server.click("zhang", "not-a-delivery"),
        server.click("zhang", task(server), key="other"),
        posted("<xml><MsgType>text</MsgType><Content>签收</Content><MsgId>7</MsgId></xml>"),
    ):
        assert post(office, call).status_code == 200
    assert signed(office) == []


def test_what_is_done_and_what_was_moved_is_said_on_the_card(
    server: WecomApplicationServer, office: Office
) -> None:
    (id_,) = {row[1] for row in office.everything()["alert"] if "chat" in row}
    with writing(office.db) as session:
        complete(session, id_, by="张三", at=office.now, evidence="", now=office.now)
    post(office, server.click("zhang", task(server)))
    assert server.buttons[task(server)] == "事项已办结"
    with writing(office.db) as session:
        reopen(session, id_, by="张三", reason="误登", now=office.now)
    post(office, server.click("li", task(server, "li")))
    assert server.buttons[task(server, "li")] == "日期已变，见新消息"
    assert signed(office) == []


def test_a_code_that_ran_out_is_no_fault(server: WecomApplicationServer, office: Office) -> None:
    call = server.click("zhang", task(server))
    office.now += timedelta(hours=73)
    assert post(office, call).status_code == 200
    (row,) = clicks(office)
    assert (row.tries, row.finished_at is not None) == (1, True)
    assert [one.by for one in signed(office)] == ["张三"]


def finish(office: Office) -> None:
    """One round of the server, as every minute."""
    running: Running = office.app.state.running
    asyncio.run(CardClicks(running, lambda: office.now).finish())


def test_a_card_that_could_not_be_changed_is_changed_in_the_next_round(
    server: WecomApplicationServer, office: Office
) -> None:
    server.fail_next("status:500")
    post(office, server.click("zhang", task(server)))
    assert [one.by for one in signed(office)] == ["张三"]
    assert server.buttons[task(server)] == "签收"
    finish(office)
    assert server.buttons[task(server)] == "✓ 张三已签收"
    before = office.everything()
    finish(office)
    assert office.everything() == before


def test_a_card_that_can_never_be_changed_is_left_alone_in_the_end(
    server: WecomApplicationServer, office: Office
) -> None:
    server.fail_next(*["status:500"] * 10)
    post(office, server.click("zhang", task(server)))
    for _ in range(8):
        finish(office)
    (row,) = clicks(office)
    assert (row.tries, row.finished_at is not None) == (MOST_TRIES, True)


def test_what_was_stored_before_a_crash_is_handled_after_it(
    server: WecomApplicationServer, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash() -> None:
        """The process ends before it handles anything."""

    monkeypatch.setattr(office.app.state.card_clicks, "finish", crash)
    assert post(office, server.click("zhang", task(server))).status_code == 200
    assert signed(office) == []
    finish(office)
    assert [one.by for one in signed(office)] == ["张三"]
    assert server.buttons[task(server)] == "✓ 张三已签收"


def test_an_acknowledgement_by_card_ends_the_nagging(
    server: WecomApplicationServer, office: Office
) -> None:
    office.at("2026-10-08 09:00")
    with writing(office.db) as session:
        plan(session, office.configured, CALENDAR, office.now)
    post(office, server.click("zhang", task(server)))
    (row,) = signed(office)
    with writing(office.db) as session:
        office.at("2026-10-09 09:00")
        plan(session, office.configured, CALENDAR, office.now)
    rows = [one for one in office.everything()["alert"] if row.obligation_id in one]
    assert {rung for one in rows for rung in one if rung in ("5", "+1", "+2")} == {"5", "+1"}


def test_a_bad_signature_gets_403_and_no_reason(
    server: WecomApplicationServer, office: Office
) -> None:
    good = server.click("zhang", task(server))
    for query, body in (
        ("", good.body),
        (good.query[:-1] + "9", good.body),
        (good.query.replace("msg_signature=", "msg_signature=0"), good.body),
        (good.query, b"<xml><Encrypt>AAAA</Encrypt></xml>"),
        (good.query, b""),
        (good.query, b"<!DOCTYPE x><xml/>"),
        (posted("<xml/>", corp_id="wwother").query, posted("<xml/>", corp_id="wwother").body),
    ):
        answer = Client(office.app).post(f"{DOOR}?{query}", content=body)
        assert answer.status_code == 403
        assert "签名" not in answer.text
        assert CALLBACK_TOKEN not in answer.text
    assert Client(office.app).get(f"{DOOR}?{good.query}&echostr=AAAA").status_code == 403
    assert clicks(office) == []


@pytest.mark.parametrize("door", ["/callbacks/wecom/console", "/callbacks/wecom/nope"])
def test_a_channel_without_a_callback_is_no_door(
    server: WecomApplicationServer, office: Office, door: str
) -> None:
    assert post(office, server.click("zhang", "x"), door).status_code == 404


def test_a_body_of_megabytes_is_not_read(office: Office) -> None:
    assert Client(office.app).post(DOOR, content=b"x" * 100_000).status_code == 413
