"""Writing requests: all or nothing, and stored before anybody is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from office import AGENCY, CALENDAR, CONFIGURATION, DISASTER, Office, refusal
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from api.dependencies import Writer, _agency, _calendar, _writer
from api.permissions import OPERATIONS, Permission
from engine.accounts import Role
from engine.current_agency import CurrentAgency
from engine.database import noting, open_database, writing
from engine.dispatch import Inline
from engine.drain import Drainer
from engine.duties import Duty
from engine.errors import NotAllowed
from engine.events import Event
from engine.impact import Impact
from engine.imported_notices import Stated
from engine.recalculation import take_notice
from engine.tick import tick
from engine.workdays import work_calendar
from tests.builders import day
from tests.engine.notice_sentences import NOTICE_2027
from tests.meanwhile import before_the_lock, registering

REPLY = "zfxxgk-tiaoli-2019-33-reply"


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


@pytest.mark.parametrize("enters", ["event", "change"])
def test_a_notice_that_comes_in_during_a_request_leaves_no_date_behind(
    tmp_path: Path, enters: str
) -> None:
    """Another process imports it once the request has its calendar and its time, and before it
    writes: it has to wait, and then moves what the request stored."""
    duty = Duty(REPLY, "finance", day("2019-05-15"))
    agency = replace(AGENCY, duties={**AGENCY.duties, duty.key: duty})
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}", configured=agency)
    office.at("2027-02-03 10:00").tick()  # every watermark has the calendar without the notice
    other = open_database(office.url)
    event.listen(other, "connect", lambda one, _: one.execute("PRAGMA busy_timeout=0"))

    def take() -> Impact | None:
        text, now = NOTICE_2027, office.now
        return take_notice(other, agency, "CN", text, Stated(), by="李四", now=now).impact

    asked = []

    def read_clock() -> datetime:
        asked.append(office.now)
        with suppress(OperationalError):  # the request holds the lock
            take()
        return office.now

    received = {"trigger": "收到申请", "unit": "finance", "at": "2027-01-08", "reference": "1号"}
    if enters == "event":
        office.app.state.read_clock = read_clock
    (row,) = office.post("/events", received).json()["obligations"]
    if enters == "change":
        office.app.state.read_clock = read_clock
        change = {"type": "restart", "at": "2027-01-11", "by": "张三"}
        assert office.post(f"/obligations/{row['id']}/events", change).status_code == 200
    assert asked
    office.app.state.read_clock = lambda: office.now
    take()
    (start, expected) = {
        "event": ("2027-01-08", "2027-02-12"),
        "change": ("2027-01-11", "2027-02-14"),
    }[enters]
    by_notice = office.get("/workdays/add", date=start, n=20)
    assert (by_notice["date"], by_notice["provisional"]) == (expected, False)
    stored = office.get(f"/obligations/{row['id']}")
    assert (stored["due_on"], stored["provisional"]) == (expected, False)
    other.dispose()


def test_a_notice_that_comes_in_before_a_tick_is_not_taken_back_by_it(tmp_path: Path) -> None:
    """The tick has read its calendar, and waits for whoever imports a notice meanwhile."""
    duty = Duty(REPLY, "finance", day("2019-05-15"))
    agency = replace(AGENCY, duties={**AGENCY.duties, duty.key: duty})
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}", configured=agency)
    office.at("2027-02-03 10:00").tick()
    received = {"trigger": "收到申请", "unit": "finance", "at": "2027-01-08", "reference": "1号"}
    (row,) = office.post("/events", received).json()["obligations"]
    outdated = work_calendar()
    take_notice(office.db, agency, "CN", NOTICE_2027, Stated(), by="李四", now=office.now)
    stood = office.get(f"/obligations/{row['id']}")
    dispatcher = Inline(Drainer(office.db, agency, outdated, lambda: office.now))
    done = tick(office.db, agency, outdated, dispatcher, office.now)
    dispatcher.close()
    assert done.derived == 0
    assert office.get(f"/obligations/{row['id']}") == stood
    assert (stood["due_on"], stood["provisional"]) == ("2027-02-12", False)


def test_a_duty_that_is_registered_before_a_tick_is_not_withdrawn_by_it(tmp_path: Path) -> None:
    """The tick has read who owes what, and waits for whoever registers a duty meanwhile."""
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}")
    outdated = CurrentAgency(office.db, office.configured, CONFIGURATION.files)
    before = outdated.agency()
    duty = {
        "rule": "guangyuan-2017-02",
        "unit": "statistics",
        "from": "2026-09-01",
        "reason": "分工",
    }
    assert office.post("/duties", duty).status_code == 201
    stood = office.everything()["obligation"]
    dispatcher = Inline(Drainer(office.db, before, CALENDAR, lambda: office.now))
    tick(office.db, outdated, CALENDAR, dispatcher, office.now)
    dispatcher.close()
    assert office.everything()["obligation"] == stood


def test_an_event_is_for_the_duty_that_was_registered_while_it_waited(tmp_path: Path) -> None:
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}")
    received = {"trigger": "收到申请", "unit": "statistics", "at": "2026-09-24", "reference": "1号"}
    office.get("/duties")
    with before_the_lock(office.db, registered(office, REPLY)):
        answer = office.post("/events", received)
    assert answer.status_code == 201, answer.text
    assert [row["rule"] for row in answer.json()["obligations"]] == [REPLY]


@pytest.mark.parametrize("door", ["interface", "list", "page"])
def test_a_completion_begins_the_duty_that_was_registered_while_it_waited(
    tmp_path: Path, door: str
) -> None:
    """What starts after it was owed by then: nothing would ever make up for it."""
    checked, published = "guangyuan-2017-66", "guangyuan-2017-68"
    duty = Duty(checked, "statistics", day("2026-07-01"))
    agency = replace(AGENCY, duties={**AGENCY.duties, duty.key: duty})
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}", configured=agency)
    office.tick()
    first = office.get("/obligations", unit="statistics", rule=checked)["items"][0]
    clerk = office.person(Role.OFFICE)
    form = {"id": str(first["id"]), "csrf": clerk.headers["x-csrf-token"], "form": "complete"}
    with before_the_lock(office.db, registered(office, published)):
        if door == "interface":
            body = {"type": "complete", "by": "张三"}
            answer = office.post(f"/obligations/{first['id']}/events", body)
        else:
            place = f"/obligations/{first['id']}" if door == "page" else "/obligations"
            answer = clerk.post(place, data=form)
    assert answer.status_code in (200, 303), answer.text
    (row,) = office.get("/obligations", unit="statistics", rule=published)["items"]
    assert (row["status"], row["due_on"]) == ("open", "2026-10-15")


def registered(office: Office, rule: str) -> Callable[[], None]:
    return registering(office.url, office.configured, CONFIGURATION.files, rule, office.now)


def test_nothing_that_writes_rests_on_what_was_read_before_its_lock(office: Office) -> None:
    """A route that takes a writing session takes the agency and the calendar of that session."""
    writing_routes = 0
    for route in iter_route_contexts(office.app.routes):
        calls = _asked_for(getattr(route.original_route, "dependant", None))
        if _writer in calls:
            writing_routes += 1
            assert not calls & {_agency, _calendar}, route.path
    assert writing_routes > 20


def _asked_for(dependant: Dependant | None) -> set[Any]:
    if dependant is None:
        return set()
    own = {one.call for one in dependant.dependencies}
    return own.union(*map(_asked_for, dependant.dependencies))


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


def test_whoever_asks_is_answered_while_others_wait_to_write(tmp_path: Path) -> None:
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}")
    other = open_database(office.url)

    async def played() -> tuple[list[bool], list[int]]:
        body = {"trigger": DISASTER, "unit": "cyberspace", "at": "2026-09-25T09:30"}
        ask = office.client._request
        with writing(other) as held:
            held.connection()  # has the lock
            waiting = [
                asyncio.create_task(ask("POST", "/api/v1/events", json=body)) for _ in range(3)
            ]
            answers = [await ask("GET", "/api/v1/obligations?limit=1") for _ in range(3)]
            done = [task.done() for task in waiting]
        answers += await asyncio.gather(*waiting)
        return done, [answer.status_code for answer in answers]

    done, codes = asyncio.run(played())
    other.dispose()
    assert done == [False] * 3
    assert codes[:3] == [200] * 3
    assert sorted(codes[3:]) == [200, 200, 201]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/units/cyberspace/absences", {"name": "张三", "from": "2026-10-12", "to": "2026-10-13"}),
        ("/units/cyberspace/silences", {"until": "2026-10-12", "silence_reason": "系统迁移"}),
        ("/units/cyberspace/duties/end", {"rule": REPLY, "until": "2026-10-12", "reason": "撤并"}),
    ],
)
def test_a_form_waits_in_a_thread_and_keeps_nobody_from_finishing(
    tmp_path: Path, path: str, form: dict[str, str]
) -> None:
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}")
    clerk, other = office.person(Role.OFFICE), open_database(office.url)

    async def played() -> tuple[bool, set[int]]:
        with writing(other) as held:
            held.connection()  # has the lock
            waiting = asyncio.create_task(clerk._request("POST", path, data=form))
            answers = [await clerk._request("GET", "/obligations") for _ in range(5)]
            done = waiting.done()
        assert (await waiting).status_code < 500
        return done, {answer.status_code for answer in answers}

    assert asyncio.run(played()) == (False, {200})
    other.dispose()


def test_who_sends_slowly_holds_no_lock(tmp_path: Path) -> None:
    """Least of all whoever shows a link that is none."""
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}")
    other = open_database(office.url)
    sent: list[str] = []

    async def body(name: str) -> AsyncIterator[bytes]:
        with noting(other) as session:
            session.connection()  # refused where somebody has the lock
            sent.append(name)
        yield b"by=x"

    for path, kind in (
        (f"/m/{'x' * 32}", "application/x-www-form-urlencoded"),
        ("/api/v1/bounces", "message/rfc822"),
    ):
        office.client.post(path, content=body(path), headers={"content-type": kind})
    assert sent == [f"/m/{'x' * 32}", "/api/v1/bounces"]
    other.dispose()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/m/nobodys", "application/x-www-form-urlencoded"),
        ("/api/v1/bounces", "message/rfc822"),
        ("/obligations/1", "application/x-www-form-urlencoded"),
        ("/obligations", "application/x-www-form-urlencoded"),
        ("/feeds", "application/x-www-form-urlencoded"),
    ],
)
def test_others_write_while_the_body_of_a_request_is_still_on_its_way(
    tmp_path: Path, path: str, kind: str
) -> None:
    """Whoever has a link, and nobody knows who that is, could keep everything from being sent."""
    office = Office(url=f"sqlite:///{tmp_path / 'qixian.db'}")
    other = open_database(office.url)
    event.listen(other, "connect", lambda one, _: one.execute("PRAGMA busy_timeout=0"))
    headers = dict(office.person(Role.ADMINISTRATOR).headers)
    if path.startswith("/api"):
        headers = {"authorization": office.client.headers["authorization"]}
    headers |= {"host": "127.0.0.1", "content-type": kind}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }
    wrote: list[bool] = []

    async def receive() -> dict[str, Any]:
        with writing(other) as session:
            session.connection()
        wrote.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Any) -> None:
        return

    asyncio.run(office.app(scope, receive, send))
    other.dispose()
    assert wrote
