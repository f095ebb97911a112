"""签收 over HTTP: `acknowledge` among the changes of an obligation."""

from typing import Any

import pytest
from httpx import Response
from office import Office, refusal, through


def open_one(office: Office) -> dict[str, Any]:
    found: dict[str, Any] = office.get("/obligations", unit="finance", due_from="2026-09-01")[
        "items"
    ][0]
    return found


def sign(office: Office, id_: int, **body: Any) -> Response:
    return office.post(f"/obligations/{id_}/events", {"type": "acknowledge", "by": "张三", **body})


def test_it_is_shown_with_the_obligation_and_in_the_list(office: Office) -> None:
    row = open_one(office)
    assert (row["acknowledged"], row["due_on"]) == (None, "2026-09-30")
    answer = sign(office, row["id"])
    assert answer.status_code == 200
    wanted = {
        "by": through("张三"),
        "at": "2026-09-25T10:00:00+08:00",
        "via": "api",
        "rung": "3",
        "until": None,
        "resumes_at": "2026-09-29T09:00:00+08:00",
    }
    assert answer.json()["acknowledged"] == wanted
    assert office.get(f"/obligations/{row['id']}")["acknowledged"] == wanted
    assert open_one(office) == row | {"acknowledged": wanted}
    assert answer.json()["journal"][-1] == {
        "at": "2026-09-25T10:00:00+08:00",
        "kind": "acknowledge",
        "by": through("张三"),
        "text": "签收（接口），2026-09-29 09:00前不再提醒",
    }


def test_with_a_date_it_says_when_the_unit_hears_again(office: Office) -> None:
    found = sign(office, open_one(office)["id"], until="2026-09-30").json()["acknowledged"]
    assert (found["until"], found["resumes_at"]) == ("2026-09-30", "2026-09-30T09:00:00+08:00")


def test_the_same_again_changes_nothing(office: Office) -> None:
    id_ = open_one(office)["id"]
    first = sign(office, id_)
    before = office.everything()
    again = sign(office, id_, by="李四")
    assert (again.status_code, again.json()) == (200, first.json())
    assert office.everything() == before


# body                         status  code               the sentence
REFUSED = [
    ({"until": "明天"}, 422, "invalid_request", "until"),
    ({"until": "2026-09-25"}, 409, "not_allowed", "应是今天以后的日期"),
    ({"until": "2026-09-27"}, 409, "not_allowed", "请选工作日"),
    ({"until": "2026-10-08"}, 409, "not_allowed", "不能晚于到期日2026-09-30"),
    ({"at": "2026-09-25"}, 422, "invalid_request", "acknowledge 没有这一项"),
    ({"evidence": "x"}, 422, "invalid_request", "acknowledge 没有这一项"),
    ({"by": ""}, 422, "invalid_request", "by"),
]


@pytest.mark.parametrize(("body", "status", "code", "sentence"), REFUSED)
def test_what_does_not_suit_is_refused(
    office: Office, body: dict[str, str], status: int, code: str, sentence: str
) -> None:
    before = office.everything()
    assert sentence in refusal(sign(office, open_one(office)["id"], **body), status, code)
    assert office.everything() == before


def test_until_belongs_to_no_other_change(office: Office) -> None:
    body = {"type": "complete", "by": "张三", "until": "2026-09-29"}
    answer = office.post(f"/obligations/{open_one(office)['id']}/events", body)
    assert "complete 没有这一项" in refusal(answer, 422, "invalid_request")


@pytest.mark.parametrize("change", ["complete", "waive"])
def test_what_is_closed_needs_none(office: Office, change: str) -> None:
    id_ = open_one(office)["id"]
    body = {"type": change, "by": "张三", **({"reason": "撤销"} if change == "waive" else {})}
    office.post(f"/obligations/{id_}/events", body)
    detail = refusal(sign(office, id_), 409, "not_allowed")
    assert "不用签收" in detail
    refusal(sign(office, 10**9), 404, "not_found")


def test_a_reopened_one_is_to_be_acknowledged_anew(office: Office) -> None:
    id_ = open_one(office)["id"]
    sign(office, id_)
    for body in ({"type": "complete"}, {"type": "reopen", "reason": "误登"}):
        office.post(f"/obligations/{id_}/events", {"by": "张三", **body})
    assert office.get(f"/obligations/{id_}")["acknowledged"] is None
