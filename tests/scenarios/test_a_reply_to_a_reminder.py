"""签收 by answering the letter: sent over a real server, answered, handed back to us.

财政局 owes September's figures by 2026-09-30: its rungs are 09-22 (5) and 09-24 (3).
"""

from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from sqlmodel import select

from api.command_line import main
from engine.acknowledgements import Acknowledgement, Via
from engine.database import reading, writing
from engine.deliveries import Delivery
from engine.errors import BadBounce
from engine.journal import journal_of
from engine.replies import Answer, Replied, take_letter
from notifiers.return_path import ReturnPath
from tests.builders import Box
from tests.scenarios.playing import Office, duty, mail, shanghai, unit
from tests.servers.smtp import Letter, MailServer

SECRET = "0123456789abcdef0123"
FIRST = "2026-09-22 09:00"
PERSON = "Zhang@unit.gov.cn"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def office(tmp_path: Path, server: MailServer) -> Iterator[Office]:
    text = (
        mail("mail", server.port, server.ca_file)
        + 'sender_name = "期限提醒"\nreply_to = "qixian+{token}@agency.gov.cn"\n'
        + f'return_path_secret = "{SECRET}"\n'
        + '[[channel]]\nid = "group"\nkind = "console"\n'
        + '[administrator]\nname = "王管理"\nchannels = ["group"]\n'
        + unit("finance", "市财政局", "mail", address=PERSON)
        + duty("02", "finance")
    )
    with Office(tmp_path, text, FIRST) as opened:
        opened.replace_channel("group", Box())
        opened.tick()
        yield opened


def answer(
    letter: Letter, words: str = "收到", sender: str = PERSON.lower(), **headers: str
) -> bytes:
    """What a mail program writes who presses 回复."""
    asked = letter.message
    reply = EmailMessage(policy=SMTP)
    reply["From"] = f"=?utf-8?b?57uP5Yqe5Lq6?= <{sender}>"
    reply["To"] = str(asked["Reply-To"])
    reply["Subject"] = f"回复：{asked['Subject']}"
    reply["In-Reply-To"] = str(asked["Message-ID"])
    reply["Message-ID"] = "<answer-1@unit.gov.cn>"
    for name, value in headers.items():
        key = name.replace("_", "-")
        del reply[key]
        reply[key] = value
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    reply.set_content(f"{words}\n\n在 2026年9月22日 09:00，期限提醒写道：\n{quoted}\n")
    return reply.as_bytes()


def take(office: Office, raw: bytes) -> Replied:
    with writing(office.db) as session:
        found = take_letter(session, office.agency, office.calendar, raw, office.now)
    assert isinstance(found, Replied)
    return found


def signed(office: Office) -> list[tuple[str, Via]]:
    with reading(office.db) as session:
        return [(one.by, one.via) for one in session.exec(select(Acknowledgement)).all()]


def told_the_administrator(office: Office) -> list[str]:
    return [row.body for row in office.deliveries() if row.purpose == "system"]


def test_a_reply_acknowledges_and_the_next_rung_is_told_again(
    office: Office, server: MailServer
) -> None:
    (letter,) = server.letters
    assert str(letter.message["Reply-To"]).startswith("期限提醒 <qixian+")
    assert "\n直接回复“收到”即可签收。\n" in letter.text
    office.now = shanghai("2026-09-22 10:00")
    found = take(office, answer(letter, "您好，收到，谢谢。\n\n市财政局 经办人"))
    open_ = len([row for row in office.obligations() if row.status == "open"])
    assert found.answer is Answer.SIGNED
    told = len(signed(office))
    assert 1 <= told <= open_
    assert set(signed(office)) == {("经办人", Via.MAIL)}
    assert office.deliveries()[0].reason == f"经办人回复邮件签收，共{told}项"
    with reading(office.db) as session:
        (row, *_) = session.exec(select(Acknowledgement)).all()
        entry = journal_of(session, row.obligation_id)[-1]
    assert (entry.kind, entry.by, entry.at) == ("acknowledge", "经办人", office.now)
    assert entry.text.startswith("签收（邮件回复），")
    before = len(server.letters)
    office.tick("2026-09-23 09:00")
    assert len(server.letters) == before
    office.tick("2026-09-24 09:00")
    assert len(server.letters) == before + 1
    assert told_the_administrator(office) == []


def test_the_same_letter_again_changes_nothing_even_when_its_time_is_over(
    office: Office, server: MailServer
) -> None:
    raw = answer(server.letters[0])
    take(office, raw)
    office.tick("2026-09-24 09:00")
    before = office.dump()
    found = take(office, raw)
    assert (found.answer, found.reason.startswith("这封回复此前已处理：经办人回复邮件签收")) == (
        Answer.REPEATED,
        True,
    )
    assert office.dump() == before


def test_another_letter_of_what_is_signed_or_done_is_noted(
    office: Office, server: MailServer
) -> None:
    (letter,) = server.letters
    take(office, answer(letter))
    second = take(office, answer(letter, Message_ID="<answer-2@unit.gov.cn>"))
    assert (second.answer, second.reason) == (
        Answer.NOTHING,
        "经办人回复邮件签收：经办人此前已签收",
    )
    periods = {row.period for row in office.obligations() if row.status == "open"}
    office.complete("finance", *periods)
    third = take(office, answer(letter, Message_ID="<answer-3@unit.gov.cn>"))
    assert third.reason == "经办人回复邮件签收：事项已办结"


# what is wrong                        answer             what the administrator reads
REFUSED = [
    ({"words": ""}, Answer.OTHER, "正文是空的"),
    ({"words": "这不是我们单位的事"}, Answer.OTHER, "这不是我们单位的事"),
    ({"words": "收到，但时间不对"}, Answer.OTHER, "收到,但时间不对"),
    ({"sender": "eve@elsewhere.cn"}, Answer.FOREIGN, "eve@elsewhere.cn不是这封提醒的收件人"),
    ({"From": f"{PERSON}, eve@elsewhere.cn"}, Answer.FOREIGN, "不是这封提醒的收件人"),
    ({"From": "qixian@agency.gov.cn"}, Answer.FOREIGN, "qixian@agency.gov.cn不是"),
    ({"Auto_Submitted": "auto-replied"}, Answer.AUTOMATIC, ""),
    ({"Precedence": "bulk"}, Answer.AUTOMATIC, ""),
    ({"Return_Path": "<>"}, Answer.AUTOMATIC, ""),
    ({"Subject": "自动回复：【期限提醒】"}, Answer.AUTOMATIC, ""),
]


@pytest.mark.parametrize(("given", "expected", "words"), REFUSED)
def test_what_does_not_acknowledge_is_noted_and_a_persons_words_are_told(
    given: dict[str, str], expected: Answer, words: str, office: Office, server: MailServer
) -> None:
    found = take(office, answer(server.letters[0], **given))
    assert (found.answer, signed(office)) == (expected, [])
    assert office.deliveries()[0].reason == found.reason
    assert [found.reason in body for body in told_the_administrator(office)] == [True] * bool(words)
    assert words in found.reason
    before = office.dump()
    again = take(office, answer(server.letters[0], **given))
    assert again.answer is Answer.REPEATED
    assert office.dump() == before


def test_hostile_bytes_in_a_signed_reply_are_stored_or_left_out(
    office: Office, server: MailServer
) -> None:
    (letter,) = server.letters
    raw = answer(letter, "x", sender="eve@elsewhere.cn")
    hostile = (
        raw.replace(b"eve@elsewhere.cn", b"\xff\x00\xe2\x80\xae@x"),
        raw.replace(b"eve@elsewhere.cn", b"a" * 9000 + b"@x").replace(b"answer-1", b"\xff\x00"),
        raw.replace(b"From:", b"X-From:").replace(b"answer-1", b"answer-3"),
    )
    for one in hostile:
        assert take(office, one).answer is Answer.FOREIGN
    assert signed(office) == []


def test_what_nobody_signed_or_long_ago_is_refused(office: Office, server: MailServer) -> None:
    (letter,) = server.letters
    before = office.dump()
    good = answer(letter)
    token = str(letter.message["Reply-To"]).partition("+")[2].partition("@")[0].encode()
    id_ = letter.message["Message-ID"].partition("@")[0].strip("<").encode()
    other = ReturnPath("qixian+{token}@agency.gov.cn", SECRET).address(id_.decode())
    forged = [
        good.replace(token, token[:-1] + (b"0" if token[-1:] != b"0" else b"1")),
        good.replace(b"qixian+" + token, b"qixian"),
        good.replace(b"qixian+" + token + b"@agency.gov.cn", other.encode()),
    ]
    for raw in forged:
        with pytest.raises(BadBounce, match="reply_to"):
            take(office, raw)
    office.now = shanghai("2026-10-07 00:00")
    with pytest.raises(BadBounce, match="14天"):
        take(office, good)
    assert office.dump() == before
    office.now = shanghai("2026-10-06 23:59")
    assert take(office, good).answer is Answer.SIGNED


def test_who_is_only_asked_to_press_is_not_offered_it(tmp_path: Path, server: MailServer) -> None:
    text = (
        mail("mail", server.port, server.ca_file)
        + 'reply_to = "qixian+{token}@agency.gov.cn"\n'
        + f'return_path_secret = "{SECRET}"\n'
        + unit("office", "市政府办公室", "mail", address="above@agency.gov.cn")
        + unit("finance", "市财政局", "mail", parent="office", address=PERSON)
        + duty("02", "finance")
    )
    with Office(tmp_path, text, "2026-10-08 09:00") as office:
        office.tick()
    letters = {letter.to[0]: letter for letter in server.letters}
    assert letters["above@agency.gov.cn"].message["Reply-To"] is None
    assert "直接回复" not in letters["above@agency.gov.cn"].text
    assert "直接回复" in letters[PERSON].text


def test_the_command_takes_a_reply_and_refuses_what_nobody_signed(
    office: Office, server: MailServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing(office.db) as session:  # the command reads the real clock
        row = session.exec(select(Delivery)).one()
        row.finished_at = row.planned_at.replace(year=2096)
    file = tmp_path / "reply.eml"
    for raw, status, words in (
        (answer(server.letters[0]), 0, "送达记录 1（mail，Zhang@unit.gov.cn）：经办人回复邮件签收"),
        (b"From: a@b.cn\nTo: c@d.cn\n\n\xff\x00", 2, "没有本系统签发的标记"),
    ):
        file.write_bytes(raw)
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["--config", str(tmp_path / "config.toml"), "bounce", str(file)])
        printed = capsys.readouterr()
        assert (int(str(end.value.code)), (printed.out + printed.err).count("\n")) == (status, 1)
        assert words in printed.out + printed.err
