"""The first five minutes: what to do next, and the messages that went out and will go out."""

import re
from dataclasses import replace

import pytest
from office import AGENCY, CALENDAR, Client, Office, shanghai
from sqlalchemy import inspect, text

from engine.accounts import Role
from engine.channels import channel_states
from engine.database import writing
from engine.imported_notices import Stated, import_notice
from engine.preview import coming
from tests.engine.notice_sentences import NOTICE_2027

PAPER = {"name": "work-2026.txt", "text": "各单位按月公开财政收支情况。\n", "title": "某市要点", "year": 2026}  # fmt: skip
STEPS = ("载入", "确认规则", "哪个单位", "渠道", "放假通知", "帐户", "发出了什么")


def done(person: Client) -> dict[str, bool]:
    """The steps on the first page."""
    html = person.get("/").text.partition('class="steps"')[2].partition("</section>")[0]
    items = re.findall(r"<li(.*?)>(.*?)</li>", html)
    return {next(s for s in STEPS if s in text): "over" in mark for mark, text in items}


def test_each_step_is_done_when_it_is_done() -> None:
    office = Office(configured=replace(AGENCY)).at("2026-11-20 10:00")
    person = office.person(Role.ADMINISTRATOR)
    begun = {"哪个单位": True}
    assert done(person) == dict.fromkeys(STEPS, False) | begun
    assert office.post("/documents", PAPER).status_code == 201
    begun |= {"载入": True}
    assert done(person) == dict.fromkeys(STEPS, False) | begun
    for row in office.get("/proposals")["items"]:
        office.post(f"/proposals/{row['id']}/dismiss", {"by": "王莉", "reason": "不是要求"})
    stated = Stated("国办发明电〔2026〕99号", None, "CN")
    with writing(office.db) as session:
        stated = replace(stated, issued=shanghai("2026-11-05 00:00").date())
        taken = import_notice(session, NOTICE_2027, stated, by="测试", now=office.now)
        assert not taken.refusal
    office.person(Role.CLERK, "finance", "lisi")
    office.tick()
    begun |= {"确认规则": True, "放假通知": True, "帐户": True, "发出了什么": True}
    assert done(person) == dict.fromkeys(STEPS, False) | begun
    with writing(office.db) as session:
        channel_states(session)["console"].confirmed_at = office.now
    assert not done(person)["渠道"], "what only prints reaches nobody"


def test_next_years_holidays_are_asked_for_when_they_come_out() -> None:
    office = Office()
    assert "放假通知" not in done(office.person(Role.ADMINISTRATOR))


def test_only_who_decides_for_all_is_told_what_to_do(office: Office) -> None:
    assert done(office.person(Role.OFFICE, name="office"))
    for role in (Role.CLERK, Role.READER, Role.OFFICE):
        assert done(office.person(role, "finance", f"{role}-finance")) == {}


def test_what_goes_out_tomorrow_is_what_is_said_today(office: Office) -> None:
    office.at("2026-09-28 10:00").tick()
    before = office.everything()
    said = [
        (one.message.recipient, one.message.body)
        for one in coming(office.db, office.agency, CALENDAR, office.now, 1)
    ]
    assert office.everything() == before
    office.at("2026-09-29 09:00").tick()
    rows = [row for row in office.everything()["delivery"] if row not in before["delivery"]]
    assert sorted(said) == sorted((row.recipient, row.body) for row in rows)
    assert said


def test_mornings_are_working_days_and_each_tells_what_is_new(office: Office) -> None:
    office.at("2026-09-29 08:00")
    found = coming(office.db, office.agency, CALENDAR, office.now, 3)
    days = sorted({f"{one.at.astimezone(office.now.tzinfo):%m-%d %H:%M}" for one in found})
    assert days == ["09-29 09:00", "09-30 09:00", "10-08 09:00"]  # 国庆节 lies between


@pytest.mark.parametrize(
    ("query", "status"), [("", 200), ("?days=1", 200), ("?days=10", 200), ("?days=11", 422)]
)
def test_the_page_shows_both(office: Office, query: str, status: int) -> None:
    office.at("2026-09-28 10:00").tick()
    answer = office.person(Role.OFFICE).get(f"/messages{query}", headers={"accept": "text/html"})
    assert answer.status_code == status
    if status == 200:
        assert ("2026-09-29 09:00" in answer.text) == bool(query)
        assert "2026-09-28 10:00" in answer.text
        assert "【期限提醒】广元市财政局" in answer.text


def test_who_sees_some_units_reads_of_those_only(office: Office) -> None:
    office.at("2026-09-28 10:00").tick()
    page = office.person(Role.OFFICE, "finance").get("/messages?days=2").text
    assert "【期限提醒】广元市财政局" in page
    assert "【期限提醒】广元市统计局" not in page


@pytest.mark.parametrize(("copies", "days"), [(12, 1), (3, 10)])
def test_too_much_for_a_page_is_not_begun(office: Office, copies: int, days: int) -> None:
    with office.db.begin() as connection:
        columns = [one["name"] for one in inspect(connection).get_columns("obligation")]
        others = ", ".join(name for name in columns if name not in ("id", "occurrence"))
        for number in range(copies):
            statement = f"INSERT INTO obligation ({others}, occurrence) SELECT {others}, occurrence || ' {number}' FROM obligation WHERE id <= 400 AND due_on < '2026-09-20'"
            connection.execute(text(statement))
    page = office.person(Role.OFFICE).get(f"/messages?days={days}").text
    assert "用命令 qixian simulate" in page
    assert "2026-09-28 09:00" not in page
