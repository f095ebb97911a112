"""Sending again over HTTP: linked, explained, and refused where nothing is left to be told."""

from typing import Any

import pytest
from office import Office, refusal, through
from sqlalchemy import text

WHO = {"by": "王莉", "reason": "对方没有看到"}
DAY = {"from": "2026-09-28", "to": "2026-09-28"}


@pytest.fixture
def morning(office: Office) -> Office:
    office.at("2026-09-28 09:00").tick()
    return office


def newest(office: Office, **query: Any) -> Any:
    return office.get("/deliveries", limit=1, **query)["items"][0]


def lose(office: Office, id_: int) -> None:
    """As if the far side had refused it."""
    with office.db.begin() as connection:
        connection.execute(
            text("UPDATE delivery SET state = 'rejected' WHERE id = :id"), {"id": id_}
        )


def test_one_is_sent_again_and_shows_where_it_comes_from(morning: Office) -> None:
    old = newest(morning)
    answer = morning.post(f"/deliveries/{old['id']}/resend", WHO)
    assert answer.status_code == 200
    assert (answer.json()["resend_of"], answer.json()["state"]) == (old["id"], "queued")
    morning.tick()
    new = newest(morning)
    assert (new["state"], new["alerts"]) == ("accepted", old["alerts"])
    assert new["message_id"] != old["message_id"]
    obligation = morning.get(f"/obligations/{old['alerts'][0]['obligation']}")
    (entry,) = [one for one in obligation["journal"] if one["kind"] == "resend"]
    assert entry["by"] == through("王莉")
    assert entry["text"].endswith("：对方没有看到")


def test_of_a_time_only_what_did_not_arrive_is_sent_again(morning: Office) -> None:
    nothing = morning.post("/deliveries/resend", {**WHO, **DAY}).json()
    assert nothing == {"resent": [], "skipped": []}
    old = newest(morning)["id"]
    lose(morning, old)
    other = morning.post("/deliveries/resend", {**WHO, "from": "2026-09-29", "to": "2026-09-30"})
    assert other.json() == nothing
    found = morning.post("/deliveries/resend", {**WHO, **DAY, "channel": "console"}).json()
    assert found == {"resent": [{"id": old + 1, "resend_of": old}], "skipped": []}
    again = morning.post("/deliveries/resend", {**WHO, **DAY}).json()
    assert again == {
        "resent": [],
        "skipped": [{"reason": "已经在重新发送", "count": 1, "deliveries": [old]}],
    }


# path, body                                                     status, code
REFUSALS: list[tuple[str, dict[str, Any], int, str]] = [
    ("/deliveries/999/resend", WHO, 404, "not_found"),
    ("/deliveries/1/resend", {"by": "王莉"}, 422, "invalid_request"),
    ("/deliveries/1/resend", {**WHO, "reason": ""}, 422, "invalid_request"),
    ("/deliveries/resend", WHO, 422, "invalid_request"),
    (
        "/deliveries/resend",
        {**WHO, "from": "2026-09-28", "to": "昨天的昨天的昨天的"},
        422,
        "invalid_request",
    ),
    (
        "/deliveries/resend",
        {**WHO, "from": "2026-09-28", "to": "2026-09-27"},
        422,
        "invalid_request",
    ),
    ("/deliveries/resend", {**WHO, **DAY, "channel": "pager"}, 404, "not_found"),
]


@pytest.mark.parametrize(("path", "body", "status", "code"), REFUSALS)
def test_what_cannot_be_sent_again_is_refused_and_changes_nothing(
    morning: Office, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = morning.everything()
    refusal(morning.post(path, body), status, code)
    assert morning.everything() == before


def test_what_is_done_is_not_sent_again(morning: Office) -> None:
    old = newest(morning)
    for alert in old["alerts"]:
        done = {"type": "complete", "by": "张三"}
        morning.post(f"/obligations/{alert['obligation']}/events", done)
    answer = morning.post(f"/deliveries/{old['id']}/resend", WHO)
    assert "已办结" in refusal(answer, 409, "not_allowed")
