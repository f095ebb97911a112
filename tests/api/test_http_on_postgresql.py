"""HTTP over PostgreSQL: what its columns cannot hold is refused at the door, an outage is a 503."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from httpx import Response
from office import AGENCY, CALENDAR, CONFIGURATION, DISASTER, NOW, Client, new_token, refusal
from sqlalchemy import Engine

from api.app import create_app
from api.dependencies import Running
from engine.channels import register
from engine.clock import Clock
from engine.current_agency import CurrentAgency
from engine.database import writing
from engine.derivation import derive
from tests.databases import postgresql
from tests.meanwhile import before_the_lock, registering
from tests.servers.postgres import postgres


@pytest.fixture
def db() -> Iterator[Engine]:
    with postgresql() as db:
        with writing(db) as session:
            register(session, AGENCY.channels)
            derive(session, AGENCY, CALENDAR, NOW)
        yield db


@pytest.fixture
def client(db: Engine) -> Client:
    configuration = replace(CONFIGURATION, agency=AGENCY)
    current = CurrentAgency(db, AGENCY, CONFIGURATION.files)
    running = Running(configuration, db, Clock(db, current, CALENDAR), current)
    token = new_token(db, AGENCY, NOW)
    return Client(create_app(running, lambda: NOW), {"authorization": f"Bearer {token}"})


def disaster(client: Client) -> Response:
    body = {"trigger": DISASTER, "unit": "cyberspace", "at": "2026-09-25T09:30", "by": "值班员"}
    return client.post("/api/v1/events", json=body)


def test_events_and_obligations_are_as_on_sqlite(client: Client) -> None:
    assert disaster(client).status_code == 201
    assert disaster(client).status_code == 200
    pages: list[int] = []
    query: dict[str, Any] = {"limit": 200, "within": "30d"}
    while query:
        page = client.get("/api/v1/obligations", params=query).json()
        pages += [item["id"] for item in page["items"]]
        query = {**query, "cursor": page["next"]} if page["next"] else {}
    assert len(pages) == len(set(pages)) > 10
    assert client.get("/").status_code == 200


def test_an_event_is_for_the_duty_that_was_registered_while_it_waited(
    db: Engine, client: Client
) -> None:
    rule, url = "zfxxgk-tiaoli-2019-33-reply", db.url.render_as_string(hide_password=False)
    received = {"trigger": "收到申请", "unit": "statistics", "at": "2026-09-24", "reference": "1号"}
    assert client.get("/api/v1/duties").status_code == 200
    with before_the_lock(db, registering(url, AGENCY, CONFIGURATION.files, rule, NOW)):
        answer = client.post("/api/v1/events", json=received)
    assert [row["rule"] for row in answer.json()["obligations"]] == [rule], answer.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (f"/api/v1/obligations/{2**31}", "数字太大"),
        (f"/api/v1/deliveries/{2**63 - 1}", "数字太大"),
        ("/api/v1/deliveries?channel=%00", "空字符"),
    ],
)
def test_what_no_column_can_hold_is_refused(client: Client, path: str, words: str) -> None:
    assert words in refusal(client.get(path), 422, "invalid_request")


def test_many_clients_at_once_begin_one_event(client: Client) -> None:
    async def burst() -> list[int]:
        body = {"trigger": DISASTER, "unit": "cyberspace", "at": "2026-09-25T09:30"}
        asked = [client._request("POST", "/api/v1/events", json=body) for _ in range(20)]
        return [answer.status_code for answer in await asyncio.gather(*asked)]

    assert sorted(asyncio.run(burst())) == [200] * 19 + [201]


def test_a_server_that_went_away_is_a_503(client: Client, db: Engine) -> None:
    assert client.get("/api/v1/obligations").status_code == 200
    postgres().drop(db.url.render_as_string(hide_password=False))
    for path in ("/api/v1/obligations", "/readyz"):
        refusal(client.get(path), 503, "database_unavailable")


def test_documents_and_interpretations_are_as_on_sqlite(client: Client) -> None:
    text = "某市2026年政务公开工作要点\n市财政局要定期公开财政收支情况。\n"
    loaded = client.post("/api/v1/documents", json={"name": "work-2026.txt", "text": text})
    assert loaded.status_code == 201
    (proposal,) = loaded.json()["proposals"]
    assert client.post(f"/api/v1/proposals/{proposal}/accept", json={}).status_code == 200
    wish = {
        "reading": "P1M;after=15D",
        "decided_by": "办公室",
        "decided_on": "2026-09-24",
        "reason": "便于执行",
        "apply": True,
    }
    path = "/api/v1/rules/guangyuan-2017-43/interpretation"
    done = client.post(path, json=wish)
    assert (done.status_code, done.json()["impact"]["added"] > 12) == (201, True)
    assert client.post(path, json=wish).status_code == 409
    for page in ("/documents", "/documents/work-2026", "/rules", "/rules/guangyuan-2017-43"):
        assert client.get(page).status_code == 200
    back = client.post(f"{path}/withdraw", json={"reason": "另有规定", "apply": True})
    assert (back.status_code, back.json()["waits"]) == (201, True)
