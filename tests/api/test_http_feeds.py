"""日历订阅 over HTTP, read by two libraries; what changes, what does not, and when it ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import icalendar
import pytest
import vobject
from browser import Browser, fault
from httpx import Response
from office import AGENCY, Client, Office, refusal
from sqlalchemy import event, text

from engine.accounts import Role, disable, get_account
from engine.api_tokens import Scope, get_token, revoke
from engine.database import reading, writing
from engine.feed_calendar import since
from engine.notices import CN, Notice, NoticeDay
from engine.obligations import WITHDRAWN_BY
from engine.units import Contact


def made(client: Client, **asked: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/feeds", json=asked)
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


def fetch(office: Office, address: str, method: str = "GET", **headers: str) -> Response:
    """As a calendar program does: nobody is signed in."""
    path = urlsplit(address).path
    return Client(office.app).request(method, path, headers=headers)


def events(answer: Response) -> dict[str, Any]:
    """By UID; both readers find the same."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    found = {str(one["UID"]): one for one in icalendar.Calendar.from_ical(answer.content).events}
    second = vobject.readOne(answer.text)
    for one in second.contents.get("vevent", []):
        first = found[one.uid.value]
        assert one.summary.value == first["SUMMARY"]
        assert one.description.value == first["DESCRIPTION"]
        assert one.dtstart.value == first.decoded("DTSTART")
        assert one.dtstamp.value == first.decoded("DTSTAMP")
    assert len(second.contents.get("vevent", [])) == len(found)
    return found


def uid_of(found: dict[str, Any], id_: int) -> str:
    return next(uid for uid in found if uid.startswith(f"obligation-{id_}."))


def test_a_feed_holds_what_its_unit_owes_from_three_months_back(office: Office) -> None:
    row = made(office.person(Role.READER, "finance"), unit="finance")
    answer = fetch(office, row["address"])
    found = events(answer)
    rows = office.get("/obligations", unit="finance", due_from="2026-06-01", limit=200)["items"]
    assert {uid.partition(".")[0] for uid in found} == {f"obligation-{one['id']}" for one in rows}
    whole = icalendar.Calendar.from_ical(answer.content)
    assert whole["X-WR-CALNAME"] == whole["NAME"] == "期限：广元市财政局"
    assert whole.decoded("REFRESH-INTERVAL") == timedelta(hours=1)
    assert whole["X-PUBLISHED-TTL"].to_ical() == b"PT1H"
    assert "METHOD" not in whole
    one = found[uid_of(found, next(r["id"] for r in rows if r["due_on"] == "2026-10-31"))]
    assert (one.decoded("DTSTART"), one.decoded("DTEND")) == (date(2026, 10, 31), date(2026, 11, 1))
    assert (one["SEQUENCE"], one["STATUS"], one["TRANSP"]) == (0, "CONFIRMED", "TRANSPARENT")
    assert one.decoded("DTSTAMP") == one.decoded("LAST-MODIFIED") == office.now
    lines = one["DESCRIPTION"].splitlines()
    assert "宜在2026-10-30（星期五）前办理" in lines[0]
    assert lines[1].startswith("依据：《广元市2017年政务公开工作要点》；口径：每月一次")
    assert "推算：" in lines
    assert any(line.startswith("1. 本期为2026-10-01") for line in lines)
    (alarm,) = one.walk("VALARM")
    assert alarm.decoded("TRIGGER") == -timedelta(days=1)


def test_a_provisional_date_says_so(office: Office) -> None:
    found = events(fetch(office, made(office.client, document="guangyuan-2017")["address"]))
    rows = office.get("/obligations", document="guangyuan-2017", due_from="2026-06-01", limit=200)
    shown = 0
    for row in rows["items"]:
        entry = found[uid_of(found, row["id"])]
        assert (
            ("暂定" in entry["SUMMARY"]) == row["provisional"] == ("暂定" in entry["DESCRIPTION"])
        )
        shown += row["provisional"]
    assert 0 < shown < len(found)


def test_an_hour_is_an_instant_in_utc(office: Office) -> None:
    made_row = made(office.client, unit="cyberspace")
    row = office.disaster().json()["obligations"][0]
    found = events(fetch(office, made_row["address"]))
    entry = found[uid_of(found, row["id"])]
    assert entry.decoded("DTSTART") == datetime(2026, 9, 25, 6, 30, tzinfo=UTC)
    assert "DTEND" not in entry
    (alarm,) = entry.walk("VALARM")
    assert alarm.decoded("TRIGGER") == -timedelta(hours=1)


def test_nothing_changes_while_nothing_changes_and_then_one_entry_does(office: Office) -> None:
    address = made(office.client, unit="finance")["address"]
    first = fetch(office, address)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["last-modified"] == "Fri, 25 Sep 2026 02:00:00 GMT"
    for hour in range(11, 16):
        office.at(f"2026-09-28 {hour}:00")
        again = fetch(office, address, **{"if-none-match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert fetch(office, address).content == first.content
    assert fetch(office, address, **{"if-none-match": f'"other", W/{tag}'}).status_code == 304
    assert fetch(office, address, **{"if-modified-since": first.headers["last-modified"]}).content

    row = office.get("/obligations", unit="finance", status="open", due_from="2026-09-01")
    id_ = row["items"][0]["id"]
    done = {"type": "complete", "evidence": "http://a.cn/1"}
    assert office.post(f"/obligations/{id_}/events", done).status_code == 200
    second = fetch(office, address, **{"if-none-match": tag})
    before, after = events(first), events(second)
    changed = {uid for uid in after if before[uid].to_ical() != after[uid].to_ical()}
    assert changed == {uid_of(after, id_)}
    entry = after[changed.pop()]
    assert entry["SEQUENCE"] == 1
    assert entry.decoded("DTSTAMP") == entry.decoded("LAST-MODIFIED") == office.now
    assert entry["SUMMARY"].startswith("【已办结】")
    assert "已于2026-09-28办结。" in entry["DESCRIPTION"]
    assert entry.walk("VALARM") == []
    assert second.headers["last-modified"] == "Mon, 28 Sep 2026 07:00:00 GMT"

    reopened = {"type": "reopen", "reason": "误登"}
    assert office.post(f"/obligations/{id_}/events", reopened).status_code == 200
    entry = events(fetch(office, address))[uid_of(after, id_)]
    assert (entry["SEQUENCE"], entry["STATUS"]) == (2, "CONFIRMED")
    waived = {"type": "waive", "reason": "机构调整"}
    assert office.post(f"/obligations/{id_}/events", waived).status_code == 200
    entry = events(fetch(office, address))[uid_of(after, id_)]
    assert (entry["SEQUENCE"], entry["STATUS"]) == (3, "CANCELLED")
    assert entry["SUMMARY"].startswith("【已免除】")


def test_a_moved_date_is_a_later_version_of_the_same_entry(office: Office) -> None:
    id_ = office.disaster().json()["obligations"][0]["id"]
    address = made(office.client, unit="cyberspace")["address"]
    before = fetch(office, address)
    office.at("2026-09-25 10:20")
    body = {"type": "correct", "at": "2026-09-25T09:00", "reason": "时间记错"}
    assert office.post(f"/obligations/{id_}/events", body).status_code == 200
    after = events(fetch(office, address, **{"if-none-match": before.headers["etag"]}))
    assert set(after) == set(events(before))
    entry = after[uid_of(after, id_)]
    assert entry.decoded("DTSTART") == datetime(2026, 9, 25, 6, tzinfo=UTC)
    assert entry["SEQUENCE"] > 0
    assert entry.decoded("LAST-MODIFIED") == office.now


def test_another_calendar_is_another_text(office: Office) -> None:
    address = made(office.client, unit="finance")["address"]
    tag = fetch(office, address).headers["etag"]
    off = (NoticeDay(date(2026, 12, 28), False, "停电"),)
    notice = Notice(CN, "国办发明电〔2026〕99号", date(2026, 9, 25), "关于调整的通知", off)
    office.clock.calendar = office.clock.calendar.knowing((notice,))
    assert fetch(office, address, **{"if-none-match": tag}).status_code == 200


def test_a_conditional_request_builds_nothing(office: Office) -> None:
    address = made(office.client, unit="finance")["address"]
    tag = fetch(office, address).headers["etag"]
    asked: list[str] = []
    event.listen(office.db, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert fetch(office, address, **{"if-none-match": tag}).status_code == 304
    rows = [one for one in asked if "FROM obligation" in one]
    assert len(rows) == 1
    assert "count(*)" in rows[0]


def test_the_first_of_the_window_is_that_of_a_month() -> None:
    assert since(date(2026, 9, 25)) == since(date(2026, 9, 1)) == date(2026, 6, 1)
    assert since(date(2026, 2, 28)) == date(2025, 11, 1)


def test_what_the_configuration_withdrew_is_left_out(office: Office) -> None:
    address = made(office.client, unit="finance")["address"]
    whole = events(fetch(office, address))
    with office.db.begin() as connection:
        connection.execute(
            text("UPDATE obligation SET status = 'waived', closed_by = :by WHERE unit = 'finance'"),
            {"by": WITHDRAWN_BY},
        )
    assert whole
    assert events(fetch(office, address)) == {}


PERSON = Contact("王五", mobile="13800000000")


@pytest.fixture
def staffed() -> Office:
    """王五 serves two units; a 王五 of a third is somebody else."""
    units = dict(AGENCY.units)
    for id_, mobile in (("finance", PERSON.mobile), ("statistics", PERSON.mobile), ("market", "1")):
        units[id_] = replace(units[id_], contacts=(replace(PERSON, mobile=mobile),))
    return Office(configured=replace(AGENCY, units=units))


def units_in(office: Office, address: str) -> set[str]:
    rows = {row["id"]: row["unit"] for row in office.get("/obligations", limit=200)["items"]}
    ids = (int(uid.partition(".")[0].partition("-")[2]) for uid in events(fetch(office, address)))
    return {rows[id_] for id_ in ids if id_ in rows}


def test_a_persons_feed_holds_what_all_his_units_owe(staffed: Office) -> None:
    address = made(staffed.client, unit="finance", person="王五")["address"]
    assert units_in(staffed, address) == {"finance", "statistics"}
    seen = staffed.person(Role.CLERK, "finance")
    address = made(seen, unit="finance", person="王五")["address"]
    assert units_in(staffed, address) == {"finance"}


def test_a_unit_with_those_below_it(office: Office) -> None:
    alone = made(office.client, unit="gov-office")["address"]
    below = made(office.client, unit="gov-office", below=True)["address"]
    assert units_in(office, alone) == {"gov-office"}
    assert {"gov-office", "finance"} < units_in(office, below)


def test_the_address_is_shown_once_and_only_its_hash_is_kept(office: Office) -> None:
    row = made(office.client, unit="finance", name="财政")
    token = urlsplit(row["address"]).path.removeprefix("/feeds/").removesuffix(".ics")
    assert len(token) == 43
    (listed,) = office.get("/feeds")["items"]
    assert listed == {key: value for key, value in row.items() if key != "address"}
    assert token not in repr(office.everything())


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({}, 409, "not_allowed"),
        ({"unit": "nowhere"}, 404, "not_found"),
        ({"document": "nowhere"}, 404, "not_found"),
        ({"unit": "finance", "person": "无此人"}, 404, "not_found"),
        ({"document": "guangyuan-2017", "person": "示例甲"}, 409, "not_allowed"),
        ({"unit": "finance", "name": "a\u202eb"}, 422, "invalid_request"),
        ({"unit": "finance", "name": "名" * 51}, 422, "invalid_request"),
        ({"unit": "finance", "colour": "red"}, 422, "invalid_request"),
    ],
)
def test_what_cannot_be_subscribed_to_is_refused(
    office: Office, asked: dict[str, Any], status: int, code: str
) -> None:
    before = office.everything()
    refusal(office.client.post("/api/v1/feeds", json=asked), status, code)
    assert office.everything() == before


def test_nobody_subscribes_to_what_he_does_not_see(office: Office) -> None:
    clerk = office.person(Role.CLERK, "finance")
    refusal(clerk.post("/api/v1/feeds", json={"unit": "statistics"}), 403, "forbidden")
    address = made(clerk, document="guangyuan-2017")["address"]
    assert units_in(office, address) == {"finance"}
    theirs = made(office.client, unit="statistics")["id"]
    assert len(clerk.get("/api/v1/feeds").json()["items"]) == 1
    refusal(clerk.post(f"/api/v1/feeds/{theirs}/revoke"), 404, "not_found")
    assert len(office.get("/feeds")["items"]) == 2  # an administrator of all sees all


def test_a_feed_ends_when_it_is_revoked(office: Office) -> None:
    clerk = office.person(Role.CLERK, "finance")
    row = made(clerk, unit="finance")
    assert fetch(office, row["address"], "HEAD").status_code == 200
    assert clerk.post(f"/api/v1/feeds/{row['id']}/revoke").json()["ended"] == "已吊销"
    assert "已吊销" in refusal(fetch(office, row["address"]), 404, "not_found")
    tag = {"if-none-match": "*"}
    refusal(fetch(office, row["address"], **tag), 404, "not_found")
    assert clerk.get("/api/v1/feeds").json()["items"] == []


def test_a_feed_ends_with_its_maker_his_reach_and_its_unit(office: Office) -> None:
    clerk = office.person(Role.CLERK, "finance")
    system = office.client_with(office.token("财政系统", Scope.READ, "finance"))
    addresses = [made(one, unit="finance")["address"] for one in (clerk, system, office.client)]
    with writing(office.db) as session:
        disable(session, get_account(session, "zhangsan"), by="管理员", now=office.now)
    refusal(fetch(office, addresses[0]), 404, "not_found")
    with writing(office.db) as session:
        revoke(session, get_token(session, "财政系统"), by="管理员", now=office.now)
    refusal(fetch(office, addresses[1]), 404, "not_found")
    assert fetch(office, addresses[2]).status_code == 200
    office.person(Role.CLERK, "finance", "lisi")
    moved = made(office.person(Role.CLERK, "statistics", "wangwu"), unit="statistics")["address"]
    with writing(office.db) as session:
        get_account(session, "wangwu").unit = "finance"
    assert "看不到" in refusal(fetch(office, moved), 404, "not_found")
    units = {id_: unit for id_, unit in AGENCY.units.items() if id_ != "statistics"}
    gone = made(office.client, unit="statistics")["address"]
    duties = {key: duty for key, duty in AGENCY.duties.items() if duty.unit in units}
    held = replace(AGENCY, units=units, duties=duties)
    office.current._last = (office.current._last[0], held)
    assert "撤销" in refusal(fetch(office, gone), 404, "not_found")


def test_who_guesses_or_asks_all_the_time_is_told_to_wait(office: Office) -> None:
    address = made(office.client, unit="finance")["address"]
    statuses = [fetch(office, "/feeds/guess.ics").status_code for _ in range(31)]
    assert statuses == [404] * 30 + [429]
    statuses = [fetch(office, address).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]


def test_that_it_is_read_is_noted_once_an_hour(office: Office) -> None:
    address = made(office.client, unit="finance")["address"]
    fetch(office, address)
    assert office.get("/feeds")["items"][0]["last_used_at"] == "2026-09-25T10:00:00+08:00"
    fetch(office.at("2026-09-25 10:59"), address)
    assert office.get("/feeds")["items"][0]["last_used_at"] == "2026-09-25T10:00:00+08:00"
    fetch(office.at("2026-09-25 11:00"), address)
    assert office.get("/feeds")["items"][0]["last_used_at"] == "2026-09-25T11:00:00+08:00"


def test_what_is_written_in_an_event_stays_text(office: Office) -> None:
    name = "<script>alert(1)</script>,;\\n期"
    address = made(office.client, unit="cyberspace", name=name)["address"]
    reference = "BEGIN:VEVENT <b>;,\\"
    office.disaster(reference=reference)
    answer = fetch(office, address)
    found = events(answer)
    assert any(f"（{reference}）" in entry["SUMMARY"] for entry in found.values())
    assert icalendar.Calendar.from_ical(answer.content)["X-WR-CALNAME"] == f"期限：{name}"


@pytest.fixture
def browser(office: Office) -> Browser:
    person, browser = office.person(Role.CLERK, "finance"), Browser(office)
    name, _, value = person.headers["cookie"].partition("=")
    browser.cookies[name] = value
    return browser


def test_a_person_makes_and_revokes_a_feed_on_the_page(browser: Browser) -> None:
    office = browser.office
    page = browser.submit("/feeds", unit="finance", name="我的事项")
    assert page.status_code == 201
    address = page.text.partition("<code>")[2].partition("</code>")[0]
    assert f'href="webcal{address.removeprefix("http")}"' in page.text
    assert fetch(office, address).status_code == 200
    listed = browser.get("/feeds").text
    assert "我的事项" in listed
    assert address not in listed
    again = browser.submit("/feeds/1/revoke", at="/feeds")
    assert (again.status_code, again.headers["location"]) == (303, "/feeds?said=revoked")
    assert "已吊销" in browser.get(again.headers["location"]).text
    assert fetch(office, address).status_code == 404
    assert browser.submit("/feeds/99/revoke", at="/feeds").status_code == 404


def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(browser: Browser) -> None:
    page = browser.submit("/feeds", unit="", name="我的<b>")
    assert page.status_code == 422
    assert "至少写一项" in fault(page)
    assert 'value="我的&lt;b&gt;"' in page.text
    assert "单位范围以外" in fault(browser.submit("/feeds", unit="statistics"))
    assert browser.post("/feeds", {"unit": "finance"}).status_code == 403
    with reading(browser.office.db) as session:
        assert session.execute(text("SELECT count(*) FROM feed")).scalar() == 0
