"""签收: what falls silent, for how long, and what is told all the same.

财政局 owes September's figures by 2026-09-30. Its rungs: 09-22 (5), 09-24 (3), 09-29 (1), 09-30 (0);
after the holiday 10-08 (+1), 10-09 (+2), 10-10 (+3, a worked Saturday), 10-12 (+4); the superior on
10-08 and 10-10.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from engine.acknowledgements import Acknowledgement, Via, acknowledge
from engine.channels import ChannelState
from engine.database import reading, writing
from engine.deliveries import Delivery, State
from engine.errors import NotAllowed, NotFound
from engine.journal import journal_of
from engine.obligations import Obligation, complete, reopen
from engine.resending import resend_one
from engine.signing import matters_of, signatories
from notifiers.channel import Addressing
from tests.builders import Box
from tests.scenarios.playing import Office, duty, shanghai, unit, wall
from tests.servers.wecom import WecomServer

pytestmark = pytest.mark.usefixtures("both_databases")

pytestmark = pytest.mark.usefixtures("both_databases")

SETTINGS = (
    """
[[channel]]
id = "own"
kind = "console"

[[channel]]
id = "above"
kind = "console"
"""
    + unit("office", "市政府办公室", "above")
    + unit("finance", "财政局", "own", parent="office")
    + duty("02", "finance", since="2026-09-01")
)
MORNINGS = (
    *("09-22", "09-23", "09-24", "09-28", "09-29", "09-30"),
    *("10-08", "10-09", "10-10", "10-12", "10-13", "10-14", "10-15", "10-16"),
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Office(tmp_path, SETTINGS, "2026-09-22 08:00") as opened:
        for channel in ("own", "above"):
            opened.replace_channel(channel, Box(credential=channel))
        opened.tick()
        yield opened


def september(office: Office) -> Obligation:
    (row,) = office.obligations(Obligation.period == "2026-09")
    return row


def sign(
    office: Office, until: str | None = None, by: str = "张三"
) -> tuple[Acknowledgement, bool]:
    with writing(office.db) as session:
        return acknowledge(
            *(session, office.agency, office.calendar, september(office).id or 0),
            by=by,
            via=Via.API,
            until=date.fromisoformat(until) if until else None,
            now=office.now,
        )


def mornings(office: Office, first: str, last: str = "10-16") -> list[str]:
    """Tick on the mornings between; the rungs of September that were told, with their day."""
    for day in MORNINGS:
        if first <= day <= last:
            office.tick(f"2026-{day} 09:00")
    id_ = september(office).id
    return [
        f"{wall(one.send_at)[:5]} {one.rung}"
        for one in office.alerts()
        if one.obligation_id == id_ and first <= wall(one.send_at)[:5] <= last
    ]


ALL = {
    *("09-22 5", "09-24 3", "09-29 1", "09-30 0", "10-08 +1", "10-09 +2", "10-10 +3", "10-12 +4"),
    *("10-08 superior+1", "10-10 superior+3", "10-13 +5", "10-14 +6", "10-15 +7", "10-16 +8"),
}


def test_without_an_acknowledgement_every_rung_is_told(office: Office) -> None:
    assert set(mornings(office, "09-22")) == ALL


def test_before_the_date_the_next_rung_is_told_as_usual(office: Office) -> None:
    assert mornings(office, "09-22", "09-22") == ["09-22 5"]
    found, new = sign(office)
    assert (new, found.rung, wall(found.resumes_at)) == (True, "5", "09-24 09:00")
    assert set(mornings(office, "09-23")) == ALL - {"09-22 5"}


def test_what_is_late_is_silent_until_the_superior_is_told_again(office: Office) -> None:
    mornings(office, "09-22", "10-08")
    found, _ = sign(office)
    assert (found.rung, wall(found.resumes_at)) == ("+1", "10-10 09:00")
    told = mornings(office, "10-09")
    assert told[:2] == ["10-10 +3", "10-10 superior+3"]
    assert set(told) == {one for one in ALL if one > "10-10"}


def test_when_the_superior_has_heard_all_it_holds_for_ten_working_days(office: Office) -> None:
    mornings(office, "09-22", "10-12")
    found, _ = sign(office)
    assert wall(found.resumes_at) == "10-26 09:00"
    assert mornings(office, "10-13") == []
    office.tick("2026-10-26 09:00")
    id_ = september(office).id
    assert [one.rung for one in office.alerts() if one.obligation_id == id_][-1] == "+14"


def test_with_a_date_the_unit_hears_nothing_until_that_morning(office: Office) -> None:
    mornings(office, "09-22", "09-22")
    sign(office, until="2026-09-30")
    assert mornings(office, "09-23", "09-30") == ["09-30 0"]
    assert set(mornings(office, "10-08")) == {one for one in ALL if one > "10"}


def test_an_earlier_date_takes_the_place_of_a_later_one(office: Office) -> None:
    mornings(office, "09-22", "09-22")
    sign(office, until="2026-09-30")
    sign(office, until="2026-09-24", by="李四")
    assert set(mornings(office, "09-23")) == ALL - {"09-22 5"}


def test_with_a_date_the_superior_is_told_all_the_same(office: Office) -> None:
    mornings(office, "09-22", "10-08")
    sign(office, until="2026-10-14")
    told = mornings(office, "10-09")
    assert told == ["10-10 superior+3", "10-14 +6", "10-15 +7", "10-16 +8"]


def test_what_waits_for_another_attempt_is_dropped_and_says_why(office: Office) -> None:
    with writing(office.db) as session:  # the channel waits, as after a refusal
        session.get_one(ChannelState, "own").hold_until = shanghai("2026-09-23 09:00")
    office.tick("2026-09-22 09:00")
    sign(office)
    office.wait(days=1)
    (row,) = office.deliveries()
    assert (row.state, row.reason) == (State.SKIPPED, "已签收")
    box = office.agency.channels["own"]
    assert isinstance(box, Box)
    assert box.messages == []


def test_a_robot_in_retry_sends_nothing_of_what_was_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "robot"
    folder.mkdir()
    with WecomServer(["the-key-of-a-robot"]) as server:
        channel = f'[[channel]]\nid = "own"\nkind = "wecom_robot"\nkey = "the-key-of-a-robot"\napi_base = "{server.base}"\n'
        settings = (
            channel.replace("api_base", "allow_http = true\napi_base")
            + unit("finance", "财政局", "own")
            + duty("02", "finance", since="2026-09-01")
        )
        with Office(folder, settings, "2026-09-22 09:00") as office:
            server.fail_next("errcode:45009")
            office.tick()
            (row,) = office.deliveries()
            assert row.state is State.QUEUED
            sign(office)
            office.wait(minutes=2)
            (row,) = office.deliveries()
            assert (row.state, row.reason) == (State.SKIPPED, "已签收")
        assert server.received == []


def test_the_rest_of_a_message_goes_out_without_what_was_acknowledged(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    settings = SETTINGS + duty("03", "finance")  # quarterly, due on the same day
    with Office(folder, settings, "2026-09-22 08:00") as office:
        box = Box()
        office.replace_channel("own", box)
        with writing(office.db) as session:
            session.get_one(ChannelState, "own").hold_until = shanghai("2026-09-22 10:00")
        office.tick("2026-09-22 09:00")
        first, second = office.obligations(Obligation.due_on == date(2026, 9, 30))
        with writing(office.db) as session:
            acknowledge(
                *(session, office.agency, office.calendar, first.id or 0),
                by="张三",
                via=Via.API,
                now=office.now,
            )
        office.wait(hours=1)
        (message,) = box.messages
        assert [one["id"] for one in message.data["obligations"]] == [second.id]


def test_the_same_again_changes_nothing_and_another_date_does(office: Office) -> None:
    office.tick("2026-09-22 09:00")
    first, _ = sign(office)
    before = office.dump()
    for again in (sign(office), sign(office, by="李四")):
        assert (again[0].id, again[0].by, again[1]) == (first.id, "张三", False)
    assert office.dump() == before
    dated, new = sign(office, until="2026-09-28", by="李四")
    assert (new, dated.by, wall(dated.resumes_at)) == (True, "李四", "09-28 09:00")
    assert sign(office)[0].id == dated.id


def test_a_moved_date_ends_it(office: Office) -> None:
    office.tick("2026-09-22 09:00")
    id_ = september(office).id or 0
    sign(office, until="2026-09-30")
    with writing(office.db) as session:  # each of them gives the date a new version
        complete(session, id_, by="张三", at=office.now, evidence="", now=office.now)
        reopen(session, id_, by="张三", reason="误登", now=office.now)
    office.tick("2026-09-24 09:00")
    assert [one.rung for one in office.alerts() if one.obligation_id == id_] == ["5", "3"]


def test_it_stands_in_the_journal(office: Office) -> None:
    office.tick("2026-09-22 09:00")
    sign(office)
    sign(office, until="2026-09-28")
    with reading(office.db) as session:
        entries = journal_of(session, september(office).id or 0)
        assert len(session.exec(select(Acknowledgement)).all()) == 2
    assert [(one.kind, one.by, one.text) for one in entries[-2:]] == [
        ("acknowledge", "张三", "签收（接口），2026-09-24 09:00前不再提醒"),
        ("acknowledge", "张三", "签收（接口），暂缓提醒至2026-09-28"),
    ]


# now                 until          the sentence
REFUSED = [
    ("2026-09-22 09:00", "2026-09-22", "应是今天以后的日期"),
    ("2026-09-22 09:00", "2026-09-21", "应是今天以后的日期"),
    ("2026-09-22 09:00", "2026-09-26", "这一天不上班，请选工作日"),
    ("2026-09-22 09:00", "2026-10-08", "不能晚于到期日2026-09-30"),
    ("2026-10-08 09:00", "2026-10-23", "最多10个工作日，不能晚于2026-10-21"),
]


@pytest.mark.parametrize(("now", "until", "sentence"), REFUSED)
def test_a_date_that_does_not_suit_is_refused(
    office: Office, now: str, until: str, sentence: str
) -> None:
    office.tick(now)
    before = office.dump()
    with pytest.raises(NotAllowed, match=sentence):
        sign(office, until=until)
    assert office.dump() == before


def test_a_worked_saturday_will_do(office: Office) -> None:
    mornings(office, "09-22", "10-08")
    found, _ = sign(office, until="2026-10-10")
    assert wall(found.resumes_at) == "10-10 09:00"


def test_what_is_done_needs_none_and_what_is_not_there_is_said_so(office: Office) -> None:
    office.complete("finance", "2026-09")
    with pytest.raises(NotAllowed, match="已办结，不用签收"):
        sign(office)
    with pytest.raises(NotFound), writing(office.db) as session:
        acknowledge(
            *(session, office.agency, office.calendar, 10**6),
            by="张三",
            via=Via.API,
            now=office.now,
        )


def test_a_limit_in_hours_is_told_again_on_its_next_hour(tmp_path: Path) -> None:
    folder = tmp_path / "hours"
    folder.mkdir()
    settings = (
        SETTINGS + unit("cyberspace", "网信办", "own", parent="office") + duty("59", "cyberspace")
    )
    with Office(folder, settings, "2026-09-25 22:00") as office:
        for channel in ("own", "above"):
            office.replace_channel(channel, Box())
        (row,) = office.event("cyberspace", "2026-09-25 21:50", "一号")
        office.tick()

        def acknowledged() -> str:
            with writing(office.db) as session:
                found, _ = acknowledge(
                    *(session, office.agency, office.calendar, row.id or 0),
                    by="值班员",
                    via=Via.API,
                    now=office.now,
                )
            return f"{found.rung} {wall(found.resumes_at)}"

        assert acknowledged() == "hours:start 09-26 01:50"
        for _ in range(5 * 60):
            office.now += timedelta(minutes=1)
            office.tick()
        told = [one.rung for one in office.alerts() if one.obligation_id == row.id]
        assert told == ["hours:start", "hours:1", "hours:0", "superior:hours"]
        assert acknowledged() == "hours:0 09-28 09:00"  # when the superior is told


PEOPLE = """
[[channel]]
id = "mail"
kind = "mail"
host = "127.0.0.1"
sender = "qixian@x.cn"
security = "tls"

[[unit]]
id = "finance"
name = "财政局"
channels = ["mail"]
contacts = [
  { name = "张三", mail = "zhang@x.cn", substitute = "李四" },
  { name = "李四", mail = "li@x.cn" },
  { name = "王莉", mail = "wang@x.cn", role = "负责人" },
  { name = "赵强", mail = "zhao@x.cn", role = "分管领导" },
]

[[ladder]]
id = "heads"
head = [1, 2]
leader = [3]
superior = []
"""


def test_head_and_leader_are_told_all_the_same_and_cannot_acknowledge(tmp_path: Path) -> None:
    settings = PEOPLE + duty("02", "finance", since="2026-09-01", ladder="heads")
    with Office(tmp_path, settings, "2026-09-22 08:00") as office:
        office.replace_channel("mail", Box(addressing=Addressing.MAIL))
        assert mornings(office, "10-08", "10-08") == ["10-08 +1", "10-08 +1", "10-08 head+1"]
        with reading(office.db) as session:
            reached = {
                row.to: (
                    [one.name for one in signatories(office.agency, row, matters_of(session, row))],
                    [one.ours for one in matters_of(session, row)],
                )
                for row in office.deliveries()
            }
        assert reached["zhang@x.cn"] == (["张三"], [True])
        assert reached["wang@x.cn"] == (["王莉"], [False])
        found, _ = sign(office)
        assert wall(found.resumes_at) == "10-09 09:00"  # when the head is told again
        sign(office, until="2026-10-12")
        assert mornings(office, "10-09", "10-10") == ["10-09 head+2", "10-10 leader+3"]


def test_what_is_sent_again_by_hand_leads_to_the_same_matters(office: Office) -> None:
    office.tick("2026-09-22 09:00")
    with writing(office.db) as session:
        (first,) = session.exec(select(Delivery)).all()
        again = resend_one(session, office.agency, first.id or 0, "王五", "没看到", office.now)
        assert [one.obligation.id for one in matters_of(session, again)] == [
            one.obligation.id for one in matters_of(session, first)
        ]
    sign(office)
    office.tick()
    assert office.deliveries()[-1].reason == "已签收"
