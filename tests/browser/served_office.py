"""An office that people use: the application on a port of this machine, with a clock that we set."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import uvicorn
from sqlmodel import col

from engine.accounts import Role, find_account, set_password
from engine.agency import Agency
from engine.chains import follow
from engine.database import recording, writing
from engine.obligations import Obligation, complete, list_obligations
from engine.slots import win
from tests.api.office import AGENCY, CALENDAR, Office, copy, shanghai

MORNING = shanghai("2026-09-28 09:00")  # the Monday before 国庆节
NOW = shanghai("2026-09-28 10:00")
PASSWORD = "长城内外-2026年"
PAPER = {
    "name": "work-2026.txt",
    "title": "某市2026年政务公开工作要点",
    "year": 2026,
    "text": "某市2026年政务公开工作要点\n各单位按月公开财政收支情况。\n市统计局每季度召开新闻发布会。\n"
    "收到申请后20个工作日内答复。\n及时回应社会关切。\n",
}
STILL_OPEN = 12  # every so manieth of what fell due before last week was forgotten


Result = TypeVar("Result")


@dataclass(frozen=True)
class ServedOffice:
    """The office and its address, such as `http://127.0.0.1:40123`."""

    office: Office
    url: str

    def session_of(self, role: Role, unit: str = "", name: str = "zhangsan") -> str:
        """What the browser of somebody who signed in holds in its cookie."""
        cookie: str = self.office.person(role, unit, name).headers["cookie"]
        return cookie.partition("=")[2]

    def has_password(self, role: Role, name: str = "zhangsan") -> None:
        """Somebody who can sign in with PASSWORD."""
        self.session_of(role, name=name)
        with writing(self.office.db) as session:
            account = find_account(session, name)
            assert account
            set_password(session, account, PASSWORD, by="测试", now=self.office.now)

    def apart(self, act: Callable[[], Result]) -> Result:
        """What needs an event loop of its own, such as a tick: the browser's driver holds the one of
        this thread."""
        with ThreadPoolExecutor(1) as another_thread:
            return another_thread.submit(act).result()


def lived_in() -> Office:
    """An office that has worked since January: most is done, and this morning's messages are out."""
    office = Office(now=MORNING)
    with writing(office.db) as session:
        past = list_obligations(session, col(Obligation.due_on) < date(2026, 9, 21))
        for number, row in enumerate(past):
            if row.id and number % STILL_OPEN:
                done = shanghai(f"{row.due_on} 11:00")
                first = complete(session, row.id, by="示例甲", at=done, evidence="", now=office.now)
                follow(session, AGENCY, CALENDAR, first, office.now)
    answer = office.post("/documents", PAPER)
    assert answer.status_code == 201, answer.text
    first = answer.json()["proposals"][0]
    assert office.post(f"/proposals/{first}/accept", {"by": "王莉"}).status_code == 200
    assert office.disaster("2026-09-28T08:30").status_code == 201
    office.tick()
    return office


def like(past: Office, path: Path, configured: Agency = AGENCY) -> Office:
    """An office in a file of its own, with the same past."""
    office = Office(now=NOW, url=f"sqlite:///{path}", configured=configured)
    copy(past.db, office.db)
    office.client = office.client_with(office.token("测试"))
    with recording(office.db) as session:
        win(session, "tick", NOW)
    return office


@contextmanager
def served(office: Office) -> Iterator[ServedOffice]:
    """The office answers on a port until the block ends. Its clock stands still: `tick` moves it."""
    config = uvicorn.Config(office.app, port=0, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield ServedOffice(office, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join()
        office.db.dispose()
