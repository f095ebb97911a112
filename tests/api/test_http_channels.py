"""/api/v1/channels: what each can do, and its confirmation."""

from dataclasses import replace
from datetime import timedelta

from office import AGENCY, Office, refusal

from engine.accounts import Role
from engine.channels import ChannelState
from engine.confirmation import expect
from engine.database import writing

KEYS = [
    *("id", "kind", "disabled", "disabled_at", "hold_until", "waiting", "confirmed_at"),
    *("line", "advice"),
]


def asked(office: Office, code: str = "0417") -> None:
    with writing(office.db) as session:
        expect(session, "console", code, office.now)


def test_a_channel_says_what_to_do(office: Office) -> None:
    (row,) = office.get("/channels")["items"]
    assert list(row) == KEYS
    assert (row["id"], row["kind"], row["disabled"], row["waiting"]) == (
        "console",
        "console",
        False,
        0,
    )
    assert row["confirmed_at"] is None
    assert row["advice"].startswith("未确认：请在用它的单位的页面上发测试消息")


def test_a_disabled_channel_says_why_and_what_waits(office: Office) -> None:
    with writing(office.db) as session:
        state = session.get_one(ChannelState, "console")
        state.disabled_at, state.disabled_reason = office.now, "机器人已被移除"
    office.at("2026-09-28 09:00").tick()
    (row,) = office.get("/channels")["items"]
    assert row["disabled"] is True
    assert row["disabled_at"] == "2026-09-25T10:00:00+08:00"
    assert row["waiting"] > 0
    assert row["advice"] == "已停用：机器人已被移除；修好后用 send-test 恢复"


def test_the_code_confirms_and_a_wrong_one_counts(office: Office) -> None:
    asked(office)
    before = office.everything()["channel"]
    detail = refusal(office.post("/channels/console/confirm", {"code": "0000"}), 409, "not_allowed")
    assert "还可以试4次" in detail
    assert office.everything()["channel"] != before
    answer = office.post("/channels/console/confirm", {"code": "0417"})
    assert answer.status_code == 200
    assert answer.json()["confirmed_at"] == "2026-09-25T10:00:00+08:00"
    assert answer.json()["advice"] is None
    assert office.get("/channels")["items"] == [answer.json()]
    again = office.post("/channels/console/confirm", {"code": "0417"})
    assert "没有等待确认的确认码" in refusal(again, 409, "not_allowed")


def test_an_old_code_and_what_is_no_code_are_refused(office: Office) -> None:
    asked(office)
    office.now += timedelta(hours=1)
    detail = refusal(office.post("/channels/console/confirm", {"code": "0417"}), 409, "not_allowed")
    assert "已过一小时" in detail
    for code in ("", "41", "04170", "４１７０", "abcd"):
        refusal(office.post("/channels/console/confirm", {"code": code}), 422, "invalid_request")
    refusal(office.post("/channels/nope/confirm", {"code": "0417"}), 404, "not_found")


def test_the_hash_is_shown_nowhere(office: Office) -> None:
    asked(office)
    with writing(office.db) as session:
        hashed = session.get_one(ChannelState, "console").code_hash
        assert hashed not in repr(session.get_one(ChannelState, "console"))
    assert len(hashed) == 64
    assert hashed not in office.client.get("/api/v1/channels").text


def test_another_units_channel_is_not_there_for_who_sees_some_units() -> None:
    channels = {**AGENCY.channels, "elsewhere": AGENCY.channels["console"]}
    office = Office(configured=replace(AGENCY, channels=channels))
    bound = office.person(Role.OFFICE, "finance")
    assert [one["id"] for one in bound.get("/api/v1/channels").json()["items"]] == ["console"]
    for verb, body in (("test", {}), ("confirm", {"code": "0417"})):
        refusal(bound.post(f"/api/v1/channels/elsewhere/{verb}", json=body), 403, "forbidden")
    assert bound.post("/api/v1/channels/console/test", json={}).json()["outcome"] == "accepted"
