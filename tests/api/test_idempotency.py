"""Idempotency-Key: once done, however often it is sent; on both databases, and by two at a time."""

import asyncio
import json
from datetime import timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from office import AGENCY, NOW, Client, Office, new_token, refusal
from sqlalchemy import text

from api import routes
from api.app import create_app
from api.dependencies import Running
from api.idempotency import Room
from engine import kept_answers
from engine.accounts import Role
from engine.database import writing
from engine.kept_answers import KeptAnswer

DONE = {"type": "complete", "evidence": "网站链接"}
ABSENCE = {"unit": "finance", "name": "示例甲", "from": "2026-09-28", "to": "2026-10-10"}


def send(
    office: Office, path: str, body: Any, key: str = "k-1", client: Client | None = None
) -> Response:
    headers = {"idempotency-key": key}
    return (client or office.client).post(f"/api/v1{path}", json=body, headers=headers)


def count(office: Office, table: str) -> int:
    return len(office.everything()[table])


def test_the_same_request_again_gets_the_same_answer_and_does_nothing(office: Office) -> None:
    first = send(office, "/absences", ABSENCE)
    before = office.everything()
    again = send(office, "/absences", ABSENCE)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert office.everything() == before
    assert count(office, "absence") == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/obligations/1/events", DONE),
        (
            "/documents",
            {"name": "a.txt", "id": "w-2026", "title": "要点", "year": 2026, "text": "每月公开。"},
        ),
        ("/deliveries/resend", {"from": "2026-09-28", "to": "2026-09-28", "reason": "没有收到"}),
        ("/subscriptions", {"url": "https://oa.example.gov.cn/hooks"}),
    ],
)
def test_what_was_done_is_answered_again_to_the_letter(
    office: Office, path: str, body: Any
) -> None:
    """With the request's transaction, with one of the route's own, and with a 409 without a key."""
    first = send(office, path, body)
    assert first.status_code in (200, 201), first.text
    again = send(office, path, body)
    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_a_test_message_goes_out_once(office: Office) -> None:
    """And its code is still the one that arrived."""
    first = send(office, "/channels/console/test", {})
    before = office.everything()
    again = send(office, "/channels/console/test", {})
    assert first.json()["outcome"] == "accepted"
    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert office.everything()["channel"] == before["channel"]
    send(office, "/channels/console/test", {}, "k-2")
    assert office.everything()["channel"] != before["channel"]


def test_a_decision_is_answered_again(office: Office) -> None:
    paper = {"name": "a.txt", "id": "w-2026", "title": "要点", "year": 2026, "text": "每月公开。"}
    assert office.post("/documents", paper).status_code == 201
    first = send(office, "/proposals/1/accept", {})
    assert first.status_code == 200, first.text
    assert send(office, "/proposals/1/accept", {}).content == first.content
    refusal(send(office, "/proposals/1/accept", {}, "k-2"), 409, "not_allowed")


def test_a_key_is_bound_to_its_request_and_to_who_asks(office: Office) -> None:
    assert send(office, "/absences", ABSENCE).status_code == 201
    other = {**ABSENCE, "unit": "education", "name": "示例乙"}
    told = refusal(send(office, "/absences", other), 422, "idempotency_key_reused")
    assert "请换一个" in told
    refusal(send(office, "/obligations/1/events", DONE), 422, "idempotency_key_reused")
    person = office.person(Role.OFFICE)
    assert send(office, "/absences", other, client=person).status_code == 201
    assert count(office, "absence") == 2


def test_what_was_refused_may_be_sent_again_under_its_key(office: Office) -> None:
    refusal(send(office, "/obligations/1/events", {"type": "waive"}), 422, "invalid_request")
    assert count(office, "kept_answer") == 0
    assert send(office, "/obligations/1/events", DONE).status_code == 200


@pytest.mark.parametrize("key", ["", "x" * 256, "has space", "键".encode()])
def test_a_malformed_key_is_refused(office: Office, key: Any) -> None:
    told = refusal(send(office, "/absences", ABSENCE, key), 422, "invalid_request")
    assert told.startswith("Idempotency-Key：应是 1 到 255 个")
    assert count(office, "absence") == 0


@pytest.mark.parametrize("path", ["/accounts", "/accounts/x/password", "/tokens"])
def test_passwords_and_tokens_are_not_kept(office: Office, path: str) -> None:
    assert "不留存" in refusal(send(office, path, {}), 422, "invalid_request")


def test_one_that_is_being_carried_out_is_not_begun_again(office: Office) -> None:
    assert send(office, "/absences", ABSENCE).status_code == 201
    with office.db.begin() as connection:  # as if it were on its way still
        connection.execute(text("UPDATE kept_answer SET status = NULL"))
        connection.execute(text("DELETE FROM absence"))
    answer = send(office, "/absences", ABSENCE)
    refusal(answer, 409, "request_in_progress")
    assert answer.headers["retry-after"] == "1"
    # Whoever had it has died: nothing was done, so that it may be done now.
    office.now += kept_answers.ABANDONED + timedelta(seconds=1)
    assert send(office, "/absences", ABSENCE).status_code == 201


def test_who_lost_the_right_to_answer_changes_nothing(office: Office) -> None:
    with writing(office.db) as session:
        late = kept_answers.claim(session, "a", "k", "f", office.now)
    assert isinstance(late, kept_answers.Claim)
    later = office.now + kept_answers.ABANDONED
    with writing(office.db) as session:
        new = kept_answers.claim(session, "a", "k", "f", later)
        assert isinstance(new, kept_answers.Claim)
        assert kept_answers.keep(session, new, 201, "new")
    with writing(office.db) as session:
        assert not kept_answers.keep(session, late, 201, "late")
        kept_answers.release(session, late)
    with writing(office.db) as session:
        found = kept_answers.claim(session, "a", "k", "f", later)
    assert isinstance(found, KeptAnswer)
    assert found.body == "new"


def test_a_key_is_free_after_a_day(office: Office) -> None:
    assert send(office, "/absences", ABSENCE).status_code == 201
    office.now += kept_answers.KEPT
    assert send(office, "/obligations/1/events", DONE).status_code == 200
    with writing(office.db) as session:
        kept_answers.forget(session, office.now + kept_answers.KEPT)
    assert count(office, "kept_answer") == 0


def test_ten_at_the_same_time_do_it_once(anywhere: Running) -> None:
    app, db = create_app(anywhere, lambda: NOW, 10_000), anywhere.db
    headers = {
        "authorization": f"Bearer {new_token(db, AGENCY, NOW)}",
        "idempotency-key": "k-1",
        "content-type": "application/json",
    }

    async def ask() -> list[Response]:
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            body = json.dumps(ABSENCE)
            asked = (
                client.post("/api/v1/absences", content=body, headers=headers) for _ in range(10)
            )
            return await asyncio.gather(*asked)

    answers = asyncio.run(ask()) + asyncio.run(ask())
    assert {answer.status_code for answer in answers} <= {201, 409}
    done = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in done}) == 1
    assert len(done) > 10  # the second ten are all answered
    with db.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM absence")).scalar() == 1


def test_every_room_of_the_interface_keeps_its_answers() -> None:
    for found in iter_modules(routes.__path__):
        if found.name not in ("links", "callbacks"):
            module = import_module(f"{routes.__name__}.{found.name}")
            assert isinstance(module.router, Room), found.name
