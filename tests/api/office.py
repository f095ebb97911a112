"""An office over HTTP: the example configuration, a database of its own, a clock that we set."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import Engine, inspect, text

from api.app import create_app
from api.configuration import Configuration, load_configuration
from api.dependencies import Running
from api.forms import form_token
from api.read_texts import ReadTexts
from api.settings_file import Server
from engine.accounts import Account, Role
from engine.agency import Agency
from engine.api_tokens import Scope, add_token
from engine.channels import register
from engine.clock import Clock
from engine.courier import PUBLIC, Reach
from engine.current_agency import CurrentAgency
from engine.database import open_database, writing
from engine.derivation import derive
from engine.dispatch import Inline
from engine.drain import Drainer
from engine.instants import ZONE, local_day
from engine.schema import create_in_memory
from engine.simulation import Accepting
from engine.tick import tick
from engine.web_sessions import begin_session
from engine.workdays import work_calendar
from tests.databases import copy

CALENDAR = work_calendar()
LOCAL = "http://127.0.0.1"
DISASTER = "特别重大、重大突发事件"
SYSTEM = "办公系统"  # whose token the tests show


def through(name: str) -> str:
    """Who is recorded when that system says who acted."""
    return f"{name}（接口令牌：{SYSTEM}）"


def _configuration() -> Configuration:
    """The example, with channels that take every message and send none."""
    read = load_configuration(Path(__file__).parents[2] / "config.example.toml")
    channels: dict[str, Any] = {
        id_: Accepting(notifier) for id_, notifier in read.agency.channels.items()
    }
    return replace(read, agency=replace(read.agency, channels=channels, spread=False))


CONFIGURATION = _configuration()
AGENCY = CONFIGURATION.agency


def shanghai(text: str) -> datetime:
    """`2026-09-25 10:00` as an aware instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def _database(now: datetime | None) -> Engine:
    db = open_database("sqlite://")
    create_in_memory(db)
    with writing(db) as session:
        register(session, AGENCY.channels)
        if now:
            derive(session, AGENCY, CALENDAR, now)
    return db


NOW = shanghai("2026-09-25 10:00")  # 中秋节, a Friday; 国庆节 is from 10-01 to 10-07
_EMPTY, _DERIVED = _database(None), _database(NOW)


@dataclass(frozen=True)
class Client:
    """The application asked directly, each question to its end; a failure in it is an answer.

    (starlette's own test client wants another HTTP library than ours.)
    """

    app: FastAPI
    headers: Mapping[str, str] = field(default_factory=dict)  # of every request
    address: tuple[str, int] = ("127.0.0.1", 123)  # where it asks from

    def request(self, method: str, path: str, **more: Any) -> Response:
        return asyncio.run(self._request(method, path, **more))

    def get(self, path: str, **more: Any) -> Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> Response:
        return self.request("POST", path, **more)

    async def _request(self, method: str, path: str, **more: Any) -> Response:
        transport = ASGITransport(self.app, raise_app_exceptions=False, client=self.address)
        options: Any = {"transport": transport, "base_url": LOCAL, "headers": self.headers}
        async with AsyncClient(**options) as client:
            return await client.request(method, path, **more)


def new_token(
    db: Engine,
    configured: Agency,
    now: datetime,
    name: str = SYSTEM,
    scope: Scope = Scope.ADMIN,
    unit: str = "",
) -> str:
    """A new API token, valid for years."""
    with writing(db) as session:
        _, text = add_token(
            session,
            configured.units,
            name=name,
            scope=scope,
            unit=unit,
            expires=local_day(now) + timedelta(days=3000),
            by="测试",
            now=now,
        )
    return text


@dataclass
class Office:
    """The daemon without its process. `now` is what its clock says."""

    now: datetime = NOW
    url: str = "sqlite://"
    empty: bool = False  # nothing derived yet
    configured: Agency = AGENCY
    per_minute: int = 10_000
    reach: Reach = PUBLIC
    server: Server = CONFIGURATION.server
    db: Engine = field(init=False)
    current: CurrentAgency = field(init=False)
    clock: Clock = field(init=False)
    app: FastAPI = field(init=False)
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.db = open_database(self.url)
        copy(_EMPTY if self.empty else _DERIVED, self.db)
        self.current = CurrentAgency(self.db, self.configured, CONFIGURATION.files)
        self.clock = Clock(self.db, self.current, CALENDAR)
        configuration = replace(
            CONFIGURATION, agency=self.configured, reach=self.reach, server=self.server
        )
        texts = ReadTexts(patience=60)
        running = Running(configuration, self.db, self.clock, self.current, texts)
        self.app = create_app(running, lambda: self.now, self.per_minute)
        self.client = self.client_with(self.token())

    def token(self, name: str = SYSTEM, scope: Scope = Scope.ADMIN, unit: str = "") -> str:
        """A new API token of this office."""
        return new_token(self.db, self.configured, self.now, name, scope, unit)

    def person(self, role: Role, unit: str = "", name: str = "zhangsan") -> Client:
        """Somebody who has signed in, with what a browser sends from a page of ours."""
        with writing(self.db) as session:
            account = Account(
                name=name,
                shown_name="张三",
                role=role,
                unit=unit,
                password_hash="",
                password_changed_at=self.now,
                created_at=self.now,
            )
            session.add(account)
            session.flush()
            assert account.id is not None
            id_ = begin_session(session, account.id, self.now)
        headers = {"cookie": f"qixian={id_}", "x-csrf-token": form_token(id_), "origin": LOCAL}
        return Client(self.app, headers)

    def client_with(self, token: str) -> Client:
        """A system that shows this token."""
        return Client(self.app, {"authorization": f"Bearer {token}"})

    @property
    def agency(self) -> Agency:
        """With what was accepted so far."""
        return self.current.agency()

    def at(self, moment: str) -> "Office":
        """The same office at another time."""
        self.now = shanghai(moment)
        return self

    def get(self, path: str, **query: Any) -> Any:
        """The answer of the interface, which must be a good one."""
        answer = self.client.get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> Response:
        headers = {"content-type": "application/json"}
        return self.client.post(f"/api/v1{path}", content=json.dumps(body), headers=headers)

    def disaster(self, at: str = "2026-09-25T09:30", **more: Any) -> Response:
        """An event from which two limits in hours count, for one unit."""
        body = {"trigger": DISASTER, "unit": "cyberspace", "at": at, "by": "值班员", **more}
        return self.post("/events", body)

    def tick(self) -> None:
        """Derive, plan and deliver at `now`."""
        dispatcher = Inline(Drainer(self.db, self.configured, CALENDAR, lambda: self.now))
        tick(self.db, self.agency, CALENDAR, dispatcher, self.now)
        dispatcher.close()

    def everything(self) -> dict[str, list[Any]]:
        """All rows of all tables, but for when the token was last used."""
        with self.db.connect() as connection:
            return {
                table: list(connection.execute(text(f'SELECT * FROM "{table}" ORDER BY 1')))
                for table in inspect(connection).get_table_names()
                if table != "api_token"
            }


def refusal(answer: Response, status: int, code: str) -> str:
    """The Chinese detail of a problem document."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert list(problem) == ["type", "title", "status", "code", "detail"]
    assert problem["status"] == status
    assert any("一" <= letter <= "鿿" for letter in problem["detail"]), problem
    detail: str = problem["detail"]
    return detail
