"""Writing requests: all or nothing, and stored before anybody is told."""

import asyncio
import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException
from office import DISASTER, Office, refusal
from sqlalchemy import text

from api.dependencies import Writer
from api.permissions import OPERATIONS, Permission
from engine.database import open_database
from engine.errors import NotAllowed
from engine.events import Event


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (RuntimeError("secret"), 500, "internal_error"),
        (HTTPException(404), 404, "not_found"),
        (NotAllowed("不能这样改"), 409, "not_allowed"),
    ],
)
def test_what_a_failing_handler_wrote_is_undone(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    status: int,
    code: str,
) -> None:
    monkeypatch.setitem(OPERATIONS, "POST /fails", Permission.ACT)  # type: ignore[misc]

    @office.app.post("/fails")
    async def fails(session: Writer) -> None:
        at = office.now.astimezone(UTC)
        session.add(
            Event(trigger="t", unit="u", at=at, day_only=False, reference="", by="", recorded_at=at)
        )
        session.flush()
        raise failure

    before = office.everything()
    answer = office.client.post("/fails")
    refusal(answer, status, code)
    assert "secret" not in answer.text
    assert office.everything() == before
    assert office.disaster().status_code == 201  # nothing is left locked


def test_who_gets_201_finds_the_rows_at_once(tmp_path: Path) -> None:
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}")
    other = open_database(office.url)
    seen: list[Any] = []
    body = {"trigger": DISASTER, "unit": "cyberspace", "at": "2026-09-25T09:30"}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/v1/events",
        "raw_path": b"/api/v1/events",
        "query_string": b"",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"authorization", office.client.headers["authorization"].encode()),
        ],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            with other.connect() as connection:
                rows = connection.execute(text("SELECT count(*) FROM event")).scalar()
            seen.append((message["status"], rows))

    asyncio.run(office.app(scope, receive, send))
    assert seen == [(201, 1)]


def test_many_clients_at_once_begin_one_event(tmp_path: Path) -> None:
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}")

    async def burst() -> list[int]:
        body = {"trigger": DISASTER, "unit": "cyberspace", "at": "2026-09-25T09:30"}
        ask = office.client._request
        asked = [ask("POST", "/api/v1/events", json=body) for _ in range(20)]
        asked += [ask("GET", "/api/v1/obligations?limit=1") for _ in range(20)]
        return [answer.status_code for answer in await asyncio.gather(*asked)]

    codes = asyncio.run(burst())
    assert sorted(codes[:20]) == [200] * 19 + [201]
    assert codes[20:] == [200] * 20
