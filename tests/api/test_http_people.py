"""Absences, silences and unreachable people over HTTP."""

from dataclasses import replace

import pytest

from engine.units import Contact
from tests.api.office import AGENCY, Office, refusal, through

ABSENCE = {
    "unit": "finance",
    "name": "示例甲",
    "from": "2026-09-28",
    "to": "2026-10-10",
    "by": "王莉",
}
SILENCE = {"unit": "finance", "until": "2026-10-10", "by": "王莉", "reason": "机构合并"}


def test_an_absence_is_noted_listed_and_cancelled(office: Office) -> None:
    answer = office.post("/absences", ABSENCE)
    assert answer.status_code == 201
    row = answer.json()
    assert row == {
        "id": 1,
        "unit": "finance",
        "name": "示例甲",
        "from": "2026-09-28",
        "to": "2026-10-10",
        "over": False,
        "by": through("王莉"),
        "noted_at": "2026-09-25T10:00:00+08:00",
        "cancelled_at": None,
        "cancelled_by": None,
    }
    assert office.get("/absences") == {"items": [row], "next": None}
    cancelled = office.post("/absences/1/cancel", {"by": "李主任"}).json()
    assert (cancelled["over"], cancelled["cancelled_by"]) == (True, through("李主任"))
    assert "取消" in refusal(office.post("/absences/1/cancel", {"by": "甲"}), 409, "not_allowed")
    assert office.post("/absences", ABSENCE).status_code == 201


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "words"),
    [
        (
            "/absences",
            ABSENCE | {"name": "没有"},
            404,
            "not_found",
            "没有联系人“没有”，可用：示例甲",
        ),
        ("/absences", ABSENCE | {"unit": "x"}, 404, "not_found", "没有编号为“x”的单位"),
        ("/absences", ABSENCE | {"to": "2026-09-27"}, 409, "not_allowed", "早于首日"),
        ("/absences", ABSENCE | {"to": "下周"}, 422, "invalid_request", "to “下周”不是日期"),
        ("/absences", ABSENCE | {"why": "x"}, 422, "invalid_request", "why"),
        ("/absences/9/cancel", {"by": "甲"}, 404, "not_found", "9"),
        ("/silences", SILENCE | {"until": "2027-01-01"}, 409, "not_allowed", "最长30天"),
        ("/silences", SILENCE | {"rule": "gbf-2016-80-01"}, 409, "not_allowed", "写明一项"),
        ("/silences", SILENCE | {"reason": ""}, 422, "invalid_request", "reason：不能为空"),
        (
            "/silences",
            SILENCE | {"until": "后天以后很久的某一天"},
            422,
            "invalid_request",
            "until ",
        ),
        ("/silences/9/end", {"by": "甲"}, 404, "not_found", "9"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    office: Office, path: str, body: dict[str, str], status: int, code: str, words: str
) -> None:
    before = office.everything()
    assert words in refusal(office.post(path, body), status, code)
    assert office.everything() == before


def test_a_silence_is_noted_listed_and_ended(office: Office) -> None:
    row = office.post("/silences", SILENCE).json()
    assert row["until"] == "2026-10-11T00:00:00+08:00"  # through the end of the day
    assert (row["unit"], row["rule"], row["obligation"], row["active"]) == (
        "finance",
        None,
        None,
        True,
    )
    office.post("/silences", SILENCE | {"until": "2026-10-10T12:00"})
    first = office.get("/silences", limit=1)
    assert [one["until"] for one in first["items"]] == ["2026-10-10T12:00:00+08:00"]
    second = office.get("/silences", limit=1, cursor=first["next"])
    assert (second["items"], second["next"]) == ([row], None)
    ended = office.post("/silences/1/end", {"by": "李主任"}).json()
    assert (ended["active"], ended["ended_by"]) == (False, through("李主任"))


def test_people_whom_nothing_reaches_are_listed(office: Office) -> None:
    assert office.get("/people/unreachable") == {"items": []}
    units = dict(AGENCY.units)
    units["finance"] = replace(units["finance"], channels=(), contacts=(Contact("示例乙"),))
    other = Office(configured=replace(AGENCY, units=units))
    assert other.get("/people/unreachable")["items"] == [
        {
            "unit": "finance",
            "unit_name": "广元市财政局",
            "name": "示例乙",
            "role": "承办人",
            "reason": "所在单位没有写渠道，提醒由上级单位代收",
        }
    ]
