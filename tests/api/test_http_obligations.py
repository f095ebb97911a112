"""待办事项 over HTTP: rows, filters, pages, explanation, and the changes that a person makes."""

from typing import Any

import pytest
from office import Office, refusal, through

KEYS = [
    *("id", "rule", "document", "quote", "kind", "value", "unit", "unit_name", "period", "event"),
    *("reading", "due_on", "due_at", "act_by", "provisional", "earliest", "latest", "status"),
    *("overdue", "closed_at", "closed_by", "evidence", "same_as", "acknowledged"),
]


def items(office: Office, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = office.get("/obligations", limit=200, **query)["items"]
    return found


def open_one(office: Office) -> dict[str, Any]:
    return items(office, unit="finance", due_from="2026-09-01")[0]


def change(office: Office, id_: int, **body: Any) -> Any:
    return office.post(f"/obligations/{id_}/events", {"by": "张三", **body})


def test_a_row_has_the_keys_of_the_command_line_and_its_sentence(office: Office) -> None:
    row = open_one(office)
    assert list(row) == KEYS
    assert row["unit_name"] == "广元市财政局"
    assert row["quote"] == "按月公开全市财政收支执行总体情况"
    assert (row["period"], row["due_on"], row["act_by"]) == ("2026-09", "2026-09-30", "2026-09-30")
    assert (row["status"], row["overdue"], row["provisional"]) == ("open", False, False)


def test_pages_follow_each_other_without_gap_or_repetition(office: Office) -> None:
    whole = items(office, due_to="2026-08-01")
    assert len(whole) == len({row["id"] for row in whole}) > 100
    for limit in (1, 7, len(whole), 200):
        seen, cursor = [], {}
        while True:
            page = office.get("/obligations", limit=limit, due_to="2026-08-01", **cursor)
            seen += page["items"]
            if page["next"] is None:
                break
            assert len(page["items"]) == limit
            cursor = {"cursor": page["next"]}
        assert seen == whole
    assert whole == sorted(whole, key=lambda row: (row["due_on"], row["id"]))


def test_within_working_days_counts_over_the_holidays(office: Office) -> None:
    days = {row["due_on"] for row in items(office, within="10wd")}
    assert days <= {row["due_on"] for row in items(office, due_to="2026-10-15")}
    assert (min(days), max(days)) == ("2026-09-25", "2026-10-15")
    assert {row["due_on"] for row in items(office, within="9wd")} == days - {"2026-10-15"}


def test_within_days_counts_every_day(office: Office) -> None:
    days = {row["due_on"] for row in items(office, within="5d")}
    assert days == {"2026-09-25", "2026-09-27", "2026-09-30"}
    assert {row["due_on"] for row in items(office, within="0d")} == {"2026-09-25"}


def test_filters_narrow_together(office: Office) -> None:
    rows = items(
        office,
        unit="environment",
        document="guangyuan-2017",
        status="open",
        due_from="2026-09-01",
        due_to="2026-10-31",
    )
    assert {row["unit"] for row in rows} == {"environment"}
    assert [row["due_on"] for row in rows] == ["2026-09-30"] * 2 + ["2026-10-31"] * 2


def test_overdue_is_what_is_open_and_past(office: Office) -> None:
    late = items(office, status="overdue", unit="finance")
    assert [row["period"] for row in late] == [f"2026-0{month}" for month in range(1, 9)]
    assert all(row["overdue"] for row in late)
    change(office, late[0]["id"], type="complete")
    assert items(office, status="overdue", unit="finance") == late[1:]
    assert [row["id"] for row in items(office, status="done")] == [late[0]["id"]]


def test_a_limit_in_hours_is_late_by_the_minute(office: Office) -> None:
    office.disaster()  # due 14:30 and 9:30 the next day
    late = {"status": "overdue", "unit": "cyberspace"}
    assert items(office.at("2026-09-25 14:30"), **late) == []
    (row,) = items(office.at("2026-09-25 14:31"), **late)
    assert row["due_at"] == "2026-09-25T14:30:00+08:00"


@pytest.mark.parametrize(
    "query",
    [
        {"units": "finance"},
        {"unit": "nope"},
        {"unit": "\x00"},
        {"document": "nope"},
        {"status": "late"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"within": "10"},
        {"within": "9999d"},
        {"within": "-1d"},
        {"due_from": "2026-02-30"},
        {"due_from": "1735689600"},
        {"due_to": "tomorrow"},
        {"cursor": "x"},
        {"cursor": "2026-02-30.1"},
        {"cursor": "2026-02-03.99999999999999999999"},
        {"cursor": "٢٠٢٦-٠٢-٠٣.١"},
    ],
)
def test_a_slip_in_the_query_is_no_empty_answer(office: Office, query: dict[str, str]) -> None:
    answer = office.client.get("/api/v1/obligations", params=query)
    assert next(iter(query)) in refusal(answer, 422, "invalid_request")


def test_one_obligation_shows_its_steps_and_its_journal(office: Office) -> None:
    id_ = open_one(office)["id"]
    whole = office.get(f"/obligations/{id_}")
    assert list(whole) == [*KEYS, "journal", "clock", "trace"]
    assert whole["journal"] == []
    assert whole["trace"][-1]["date"] == whole["due_on"]
    for step in whole["trace"]:
        assert list(step) == ["date", "text", "basis"]
    explained = office.get(f"/obligations/{id_}/explanation")
    assert list(explained) == ["trace", "readings", "alternatives"]
    assert explained["trace"] == whole["trace"]


def test_every_obligation_can_explain_itself(office: Office) -> None:
    office.disaster()
    for row in items(office, due_from="2026-09-01"):
        trace = office.get(f"/obligations/{row['id']}/explanation")["trace"]
        assert row["due_on"] in {step["date"] for step in trace}


@pytest.mark.parametrize("path", ["", "/explanation"])
@pytest.mark.parametrize(
    ("id_", "status", "code"),
    [
        ("99999", 404, "not_found"),
        (2**63 - 1, 404, "not_found"),
        (2**63, 422, "invalid_request"),
        ("9" * 5000, 422, "invalid_request"),
        ("0", 422, "invalid_request"),
        ("-1", 422, "invalid_request"),
        ("x", 422, "invalid_request"),
        ("1.5", 422, "invalid_request"),
        ("%00", 422, "invalid_request"),
    ],
)
def test_an_id_that_does_not_exist_is_refused(
    office: Office, path: str, id_: object, status: int, code: str
) -> None:
    refusal(office.client.get(f"/api/v1/obligations/{id_}{path}"), status, code)


def test_completing_keeps_who_when_and_the_evidence(office: Office) -> None:
    id_ = open_one(office)["id"]
    answer = change(
        office, id_, type="complete", at="2026-09-24T17:00", evidence="http://example.gov.cn/1"
    )
    row = answer.json()
    assert answer.status_code == 200
    assert (row["status"], row["closed_by"]) == ("done", through("张三"))
    assert row["closed_at"] == "2026-09-24T17:00:00+08:00"
    assert row["evidence"] == "http://example.gov.cn/1"
    (entry,) = row["journal"]
    assert (entry["kind"], entry["by"]) == ("complete", through("张三"))
    assert entry["at"] == "2026-09-25T10:00:00+08:00"
    assert "http://example.gov.cn/1" in entry["text"]
    assert office.get(f"/obligations/{id_}")["journal"] == row["journal"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (None, "2026-09-25T10:00:00+08:00"),
        ("2026-09-24", "2026-09-24T00:00:00+08:00"),
        ("2026-09-24T08:00:00Z", "2026-09-24T16:00:00+08:00"),
        ("2026-09-25T10:00", "2026-09-25T10:00:00+08:00"),  # now
    ],
)
def test_the_time_of_completion_is_shanghai_time(
    office: Office, at: str | None, expected: str
) -> None:
    row = change(office, open_one(office)["id"], type="complete", at=at).json()
    assert row["closed_at"] == expected


def test_what_is_closed_is_not_closed_again(office: Office) -> None:
    id_ = open_one(office)["id"]
    change(office, id_, type="complete")
    for body in ({"type": "complete"}, {"type": "waive", "reason": "重复"}):
        assert "已办结" in refusal(change(office, id_, **body), 409, "not_allowed")
    assert len(office.get(f"/obligations/{id_}")["journal"]) == 1


def test_waiving_and_reopening_are_written_down_with_their_reasons(office: Office) -> None:
    id_ = open_one(office)["id"]
    waived = change(office, id_, type="waive", reason="本月无支出").json()
    assert (waived["status"], waived["closed_by"]) == ("waived", through("张三"))
    opened = change(office, id_, type="reopen", reason="误操作").json()
    assert (opened["status"], opened["closed_at"], opened["closed_by"]) == ("open", None, None)
    assert [entry["kind"] for entry in opened["journal"]] == ["waive", "reopen"]
    assert "本月无支出" in opened["journal"][0]["text"]
    refusal(change(office, id_, type="reopen", reason="再次"), 409, "not_allowed")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"type": "complete", "at": "2026-09-25T10:01"}, 409),  # not yet
        ({"type": "complete", "at": "0001-01-01T00:00"}, 422),
        ({"type": "complete", "at": "2026-02-30"}, 422),
        ({"type": "complete", "at": 1700000000}, 422),
        ({"type": "complete", "at": "1700000000"}, 422),
        ({"type": "complete", "by": ""}, 422),
        ({"type": "complete", "by": "  "}, 422),
        ({"type": "complete", "by": "甲\n乙"}, 422),
        ({"type": "complete", "by": "甲" * 101}, 422),
        ({"type": "complete", "evidence": "\x00"}, 422),
        ({"type": "complete", "evidence": "x" * 10000}, 422),
        ({"type": "complete", "evidence": "txt.\u202efdp"}, 422),
        ({"type": "complete", "evidence": ["x"]}, 422),
        ({"type": "complete", "colour": "red"}, 422),
        ({"type": "waive"}, 422),
        ({"type": "waive", "reason": "  "}, 422),
        ({"type": "reopen"}, 422),
        ({"type": "extend"}, 422),
        ({}, 422),
        ([], 422),
        ("complete", 422),
        (None, 422),
    ],
)
def test_a_refused_change_writes_nothing(office: Office, body: Any, status: int) -> None:
    id_ = open_one(office)["id"]
    before = office.everything()
    answer = office.post(
        f"/obligations/{id_}/events", {"by": "张三", **body} if isinstance(body, dict) else body
    )
    refusal(answer, status, "not_allowed" if status == 409 else "invalid_request")
    assert office.everything() == before


def test_completing_begins_what_starts_after_and_reopening_takes_it_back(office: Office) -> None:
    rows = office.get("/obligations", unit="gov-office")["items"]
    check = next(row for row in rows if row["rule"] == "guangyuan-2017-66")
    at = {"type": "complete", "at": "2026-09-21T16:00", "by": "张三"}
    assert office.post(f"/obligations/{check['id']}/events", at).status_code == 200
    (report,) = [
        row
        for row in office.get("/obligations", unit="gov-office", status="open")["items"]
        if row["rule"] == "guangyuan-2017-68"
    ]
    assert (report["due_on"], report["act_by"]) == ("2026-10-12", "2026-10-12")
    steps = office.get(f"/obligations/{report['id']}/explanation")["trace"]
    assert "于2026-09-21办结，本事项由此开始" in steps[0]["text"]
    opened = change(office, check["id"], type="reopen", reason="误操作").json()
    assert opened["done_after"] == []
    assert office.get(f"/obligations/{report['id']}")["status"] == "waived"


def test_reopening_the_first_names_what_is_done_after_it(office: Office) -> None:
    rows = office.get("/obligations", unit="gov-office")["items"]
    check = next(row for row in rows if row["rule"] == "guangyuan-2017-66")
    change(office, check["id"], type="complete", at="2026-09-21T16:00")
    (report,) = [
        row
        for row in office.get("/obligations", unit="gov-office", status="open")["items"]
        if row["rule"] == "guangyuan-2017-68"
    ]
    change(office, report["id"], type="complete", at="2026-09-22T16:00")
    opened = change(office, check["id"], type="reopen", reason="误操作").json()
    assert opened["done_after"] == [
        {
            "id": report["id"],
            "rule": "guangyuan-2017-68",
            "unit": "gov-office",
            "period": report["period"],
            "closed_at": "2026-09-22T16:00:00+08:00",
        }
    ]
    assert f"（{report['id']}号" in opened["journal"][-1]["text"]
    assert office.get(f"/obligations/{report['id']}")["status"] == "done"


def test_the_explanation_says_how_each_date_was_read(office: Office) -> None:
    office.disaster()
    for row in office.get("/obligations", limit=200)["items"]:
        explained = office.get(f"/obligations/{row['id']}/explanation")
        assert all(one["due_on"] == row["due_on"] for one in explained["readings"])
        earliest = min([one["due_on"] for one in explained["alternatives"]], default="9999")
        assert row["act_by"] <= earliest
        if row["due_at"]:
            assert [one["question"] for one in explained["readings"]] == ["小时从何时起算"]


def test_nothing_is_done_before_its_event(office: Office) -> None:
    (row, *_) = office.disaster("2026-09-25T09:30").json()["obligations"]
    body = {"type": "complete", "by": "王莉", "at": "2026-09-25T09:29"}
    answer = office.post(f"/obligations/{row['id']}/events", body)
    assert "早于事由的时间" in refusal(answer, 409, "not_allowed")
    assert office.post(
        f"/obligations/{row['id']}/events", body | {"at": "2026-09-25T09:31"}
    ).is_success


def test_a_key_of_another_type_is_a_slip(office: Office) -> None:
    (row, *_) = office.disaster("2026-09-25T09:30").json()["obligations"]
    body = {"type": "restart", "by": "王莉", "at": "2026-09-25T09:40", "to": "2026-09-25T09:50"}
    answer = office.post(f"/obligations/{row['id']}/events", body)
    assert "to：restart 没有这一项" in refusal(answer, 422, "invalid_request")
