"""Holiday notices and the calendar of a year over HTTP."""

import pytest
from office import Office, refusal

from engine.database import writing
from engine.imported_notices import Stated, import_notice
from engine.notice_text import read_notice
from engine.notices import days_as_rows
from tests.engine.notice_sentences import NOTICE_2027

LATER = "2026-11-22 10:00"
FORM = {
    "number": "国办发明电〔2026〕99号",
    "issued": "2026-11-05",
    "scope": "CN",
    "days": days_as_rows(read_notice(NOTICE_2027).days),
}


@pytest.mark.parametrize("body", [{"text": NOTICE_2027}, {"notice": FORM}], ids=["text", "json"])
def test_a_notice_counts_at_once(office: Office, body: dict[str, object]) -> None:
    office.at(LATER)
    asked = {"date": "2027-02-03", "n": 20}
    before = office.get("/workdays/add", **asked)
    assert before["provisional"]
    tried = office.post("/calendar/notices", {**body, "dry_run": True})
    assert tried.status_code == 200
    impact = tried.json()["impact"]
    assert tried.json()["moved"] == len(impact["moved"]) > 0
    assert impact["withdrawn"] == []
    assert office.get("/workdays/add", **asked) == before
    added = office.post("/calendar/notices", body)
    assert added.json() == tried.json()
    moved = impact["moved"][0]
    journal = office.get(f"/obligations/{moved['obligation']}")["journal"]
    assert journal[-1]["kind"] == "moved"
    assert "国办发明电〔2026〕99号" in journal[-1]["text"]
    assert office.get("/workdays/add", **asked)["date"] == "2027-03-09"
    assert office.get("/workdays/add", **asked, known_on="2026-11-04") == before
    again = office.post("/calendar/notices", body)
    assert "已经有了" in again.json()["detail"]


def test_a_refused_notice_says_so_and_changes_nothing(office: Office) -> None:
    office.at(LATER)
    before = office.everything()
    text = NOTICE_2027.replace("5月8日（周六）", "5月8日（周日）")
    answer = office.post("/calendar/notices", {"text": text})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "notice_refused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "2027-05-08印作星期日，实为星期六" in problem["detail"]
    assert [check["name"] for check in problem["checks"] if not check["ok"]] == ["weekday"]
    assert office.everything() == before


def test_slips_are_problems(office: Office) -> None:
    refusal(office.post("/calendar/notices", {"text": "{"}), 422, "notice_refused")
    refusal(office.post("/calendar/notices", {"text": NOTICE_2027, "issued": "昨天"}), 422, "invalid_request")  # fmt: skip
    refusal(office.post("/calendar/notices", {"txt": ""}), 422, "invalid_request")
    for path in ("/calendar/2003", "/calendar/x", "/calendar/2026?region=5", "/calendar/2026?known_on=x"):  # fmt: skip
        refusal(office.client.get(f"/api/v1{path}"), 422, "invalid_request")
    refusal(office.client.get("/api/v1/calendar/2026?known_on=2001-01-01"), 422, "outside_calendar")


def test_a_year_is_shown_as_on_the_command_line(office: Office) -> None:
    items = office.get("/calendar/2026")["items"]
    assert len(items) == 365
    assert list(items[0]) == ["date", "workday", "name", "basis", "provisional"]
    local = {item["date"]: item for item in office.get("/calendar/2026", region="450000")["items"]}
    assert local["2026-04-20"]["name"] == "三月三"
    assert local["2026-04-20"]["provisional"] is True


def test_questions_take_a_region_and_a_known_day(office: Office) -> None:
    asked = {"date": "2019-04-22", "n": 7}
    assert office.get("/workdays/add", **asked)["date"] == "2019-04-30"
    assert office.get("/workdays/add", **asked, known_on="2019-03-01")["date"] == "2019-05-02"
    assert office.get("/workdays/check", date="2026-04-20", region="450000")["workday"] is False
    count = {"a": "2026-04-17", "b": "2026-04-24"}
    assert office.get("/workdays/count", **count, region="450000") == {"count": 3}


def test_a_notice_that_another_process_took_counts_at_once(office: Office) -> None:
    office.at(LATER)
    asked = {"date": "2027-02-03", "n": 20}
    assert office.get("/workdays/add", **asked)["provisional"]
    with writing(office.db) as session:
        import_notice(session, NOTICE_2027, Stated(), by="命令行", now=office.now)
    assert office.get("/workdays/add", **asked)["date"] == "2027-03-09"


def test_nobody_knows_what_will_be_known(office: Office) -> None:
    answer = office.client.get(
        "/api/v1/workdays/add", params={"date": "2026-12-15", "n": 20, "known_on": "2030-01-01"}
    )
    assert "晚于今天" in refusal(answer, 422, "invalid_request")
