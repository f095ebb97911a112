"""登记事由 over HTTP: what begins, the same event again, and what is refused."""

from typing import Any

import pytest
from office import DISASTER, LOCAL, Office, refusal, through


def test_an_event_begins_the_limits_of_its_duties(office: Office) -> None:
    answer = office.disaster(reference="2026-17")
    assert answer.status_code == 201
    assert list(answer.json()) == ["id", "trigger", "obligations"]
    rows = answer.json()["obligations"]
    assert {row["rule"]: row["due_at"] for row in rows} == {
        "guangyuan-2017-59": "2026-09-25T14:30:00+08:00",
        "guangyuan-2017-60": "2026-09-26T09:30:00+08:00",
    }
    assert {(row["unit"], row["period"]) for row in rows} == {("cyberspace", "2026-17")}
    (entry,) = office.get(f"/obligations/{rows[0]['id']}")["journal"]
    assert (entry["kind"], entry["by"]) == ("created", through("值班员"))


def test_the_same_event_again_gives_the_same_rows(office: Office) -> None:
    first = office.disaster(reference="2026-17")
    before = office.everything()
    for at in ("2026-09-25T09:30", "2026-09-25T01:30Z", "2026-09-25T10:30+09:00"):
        again = office.disaster(at, reference="2026-17")
        assert (again.status_code, again.json()) == (200, first.json())
    assert office.everything() == before
    assert office.disaster(reference="2026-18").status_code == 201


def test_a_time_without_an_offset_is_shanghai_time(office: Office) -> None:
    (first, *_) = office.disaster("2026-09-25T09:30").json()["obligations"]
    (other, *_) = office.disaster("2026-09-25T01:30:00+00:00", reference="x").json()["obligations"]
    assert first["due_at"] == other["due_at"] == "2026-09-25T14:30:00+08:00"


def test_all_units_begin_together(office: Office) -> None:
    rows = office.disaster(unit="all").json()["obligations"]
    assert sorted({row["unit"] for row in rows}) == ["cyberspace", "qingchuan"]
    assert len(rows) == 4


def test_an_unknown_trigger_is_told_the_known_ones(office: Office) -> None:
    assert DISASTER in refusal(office.disaster(trigger="地震"), 422, "unknown_trigger")
    refusal(office.disaster(unit="nope"), 422, "unknown_trigger")
    refusal(office.disaster(unit="finance"), 422, "unknown_trigger")
    refusal(office.disaster("2025-12-31T23:59"), 422, "unknown_trigger")  # before the duty began


def test_an_hour_needs_a_time_and_a_past(office: Office) -> None:
    assert "时刻" in refusal(office.disaster("2026-09-25"), 422, "no_date")
    assert "晚于现在" in refusal(office.disaster("2026-09-25T10:01"), 409, "not_allowed")


HOSTILE: list[Any] = [
    "\x00",
    "甲\n乙",
    "x" * 10000,
    "\u202etxt",
    "a\u2028b",
    "\x9b",
    "\ud800",
    7,
    {},
]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("key", ["trigger", "unit", "at", "reference", "by"])
def test_hostile_values_are_refused_and_nothing_is_written(
    office: Office, key: str, value: Any
) -> None:
    before = office.everything()
    refusal(office.disaster(**{key: value}), 422, "invalid_request")
    assert office.everything() == before


@pytest.mark.parametrize(
    "at",
    ["2026-02-30", "2026-13-01T00:00", "tomorrow at nine", "", "1700000000", "0001-01-01T00:00"],
)
def test_a_bad_time_is_refused(office: Office, at: str) -> None:
    assert "at" in refusal(office.disaster(at), 422, "invalid_request")


@pytest.mark.parametrize("at", ["2003-12-31T10:00", "9999-12-31T23:59"])
def test_a_time_outside_the_calendar_is_refused(office: Office, at: str) -> None:
    refusal(office.disaster(at), 422, "outside_calendar")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "invalid_request"),
        (b"{", 422, "invalid_request"),
        (b"[]", 422, "invalid_request"),
        (b'"x"', 422, "invalid_request"),
        (b"\xff\xfe", 422, "invalid_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (b'{"a":' * 100_000, 400, "bad_request"),
        (b"9" * 10_000, 400, "bad_request"),
        (b"{}", 422, "invalid_request"),
        (b'{"trigger": "x", "colour": 1}', 422, "invalid_request"),
    ],
)
def test_a_body_that_is_no_request_is_refused(
    office: Office, body: bytes, status: int, code: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = office.client.post("/api/v1/events", content=body, headers=headers)
    refusal(answer, status, code)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_a_foreign_page_is_refused(office: Office, kind: str) -> None:
    body = f'{{"trigger": "{DISASTER}", "unit": "all", "at": "2026-09-25T09:30"}}'.encode()
    headers = {"content-type": kind, "origin": "http://evil.example"}
    answer = office.client.post(f"{LOCAL}/api/v1/events", content=body, headers=headers)
    refusal(answer, 422, "invalid_request")


def test_markup_in_a_reference_is_shown_as_text(office: Office) -> None:
    script = "<script>alert(1)</script>\"'&"
    assert office.disaster(reference=script).status_code == 201
    page = office.client.get("/").text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;" in page
