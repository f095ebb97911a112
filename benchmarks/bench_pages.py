"""First byte of every page with 10,000 and with 1,000,000 obligations in an SQLite file, beside /healthz,
and the plans of the statements that each page asks. Run: make bench, or with two other numbers."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parents[1]))

from fastapi import FastAPI
from sqlalchemy import Connection, Engine, event
from sqlmodel import Session, select

from api.app import create_app
from api.configuration import Configuration, load_configuration
from api.dependencies import Running
from engine.accounts import Account, Role
from engine.acknowledgements import Acknowledgement
from engine.agency import Agency
from engine.alerts import Alert
from engine.clock import Clock
from engine.counted_by_unit import CountedByUnit
from engine.current_agency import CurrentAgency
from engine.database import open_database, reading, writing
from engine.deliveries import Delivery
from engine.figures import ByMonth, figures_by_month
from engine.journal import JournalEntry
from engine.obligations import Obligation, complete, late
from engine.schema import migrate
from engine.signed_links import link_to
from engine.web_sessions import begin_session
from engine.workdays import work_calendar
from rules.catalogue_files import CatalogueFile
from rules.rule import Document
from tests.builders import build_agency, build_duty, build_rule, build_unit

SMALL, LARGE = 10_000, 1_000_000
UNITS, RULES, PAPERS = 200, 20, 4
NOW = datetime(2026, 9, 30, 2, tzinfo=UTC)
THEN = "2026-09-29 01:00:00.000000"  # as SQLite keeps an instant
TODAY, FIRST = date(2026, 9, 30), date(2022, 1, 1)
DAYS = (TODAY - FIRST).days + 400  # almost five years back, and the horizon
TOLD = 2_000  # of so many obligations one delivery speaks of those that are late
TIMES, BATCH = 15, 50_000
Times = tuple[float, float]  # milliseconds until the first byte, and of those in work
EXAMPLE = Path(__file__).parents[1] / "config.example.toml"

# Paths of the pages; {late} is the number of an obligation, {link} the token of a message.
PAGES = (
    "/",
    "/obligations",
    "/obligations?status=overdue",
    "/obligations?status=all",
    "/obligations?unit=u7",
    "/obligations?document=paper-1",
    "/obligations?rule=paper-1-1&status=done",
    "/obligations?q=公开财政收支",
    "/obligations?q=财政收支19",
    "/obligations?due_from=2026-11-01&due_to=2026-11-30",
    "/obligations?cursor=2027-03-01.1",
    "/calendar",
    "/calendar?month=2026-10&unit=u7",
    "/obligations/{late}",
    "/documents",
    "/documents/paper-1",
    "/rules",
    "/rules?document=paper-1",
    "/rules/paper-1-1",
    "/units",
    "/units/u7",
    "/import",
    "/deliveries",
    "/deliveries?state=accepted",
    "/deliveries/1",
    "/statistics",
    "/statistics?under=u7",
    "/statistics/list?measure=open_late",
    "/feeds",
    "/messages",
    "/system",
    "/system/calendar",
    "/system/accounts",
    "/system/tokens",
    "/system/access",
    "/m/{link}",
)
DECIDES = (
    "/import",
    "/messages",
    "/system",
    "/deliveries/",
)  # not the pages of a clerk; nor others' deliveries


def agency() -> Agency:
    """Each unit owes each rule."""
    papers = [Document(f"paper-{n}", f"第{n}号工作要点", number=f"{n}号") for n in range(PAPERS)]
    rules = [
        build_rule(
            f"paper-{n % PAPERS}-{n}", quote=f"按月公开财政收支{n}", document=papers[n % PAPERS]
        )
        for n in range(RULES)
    ]
    units = [build_unit(f"u{n}", f"第{n}局") for n in range(UNITS)]
    duties = [build_duty(rule.id, unit.id, "2022-01-01") for rule in rules for unit in units]
    office = build_agency(rules, duties, units=units)
    return replace(office, public_url="https://qixian.example.gov.cn/")


def catalogue(office: Agency) -> Iterator[CatalogueFile]:
    """Its rules as if they had been read from files."""
    for document in office.catalogue.documents.values():
        rules = tuple(rule for rule in office.rules if rule.document is document)
        yield CatalogueFile(Path(f"{document.id}.toml"), document, rules, (), ())


def filled(db: Engine, number: int) -> None:
    """So many obligations, spread evenly over units, rules and days: of the past one in 200 is late,
    every late one has been told, and every third of them is acknowledged."""
    migrate(db)
    tables: dict[Any, Iterator[dict[str, Any]]] = {
        Obligation: (_obligation(n) for n in range(number)),
        JournalEntry: (_journal(n) for n in range(number)),
        Delivery: (_delivery(n) for n in range(0, number, TOLD)),
        Alert: (_alert(n) for n in range(number) if _is_late(n)),
        Acknowledgement: (_acknowledgement(n) for n in range(0, number, 3) if _is_late(n)),
    }
    indexes = [one for table in tables for one in table.__table__.indexes]
    with db.begin() as connection:
        for index in indexes:
            index.drop(connection)
        for table, rows in tables.items():
            _store(connection, table.__tablename__, rows)
        for index in indexes:
            index.create(connection)
    raw = db.raw_connection()  # a daemon writes little at a time, and its log stays short
    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()


def _store(connection: Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    while batch := list(islice(rows, BATCH)):
        names = ", ".join(f'"{name}"' for name in batch[0])
        marks = ", ".join("?" for _ in batch[0])
        values = [tuple(row.values()) for row in batch]
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def _is_late(n: int) -> bool:
    """Of those that fell due one in 200, of every rule and unit."""
    return n // RULES % 13 * 7 + n % RULES == n // 2600 % 200


def _obligation(n: int) -> dict[str, Any]:
    day = FIRST + timedelta(n * 7919 % DAYS)
    is_open = _is_late(n) if day < TODAY else n % 20 != 19
    rule = n % RULES
    return {
        "id": n + 1,
        "rule": f"paper-{rule % PAPERS}-{rule}",
        "unit": f"u{n // RULES % UNITS}",
        "occurrence": f"{n}",
        "period": f"{day:%Y-%m}",
        "document": f"paper-{rule % PAPERS}",
        "reading": "每月一次",
        "opens_on": f"{day:%Y-%m}-01",
        **dict.fromkeys(("due_on", "act_by", "earliest", "latest"), f"{day}"),
        "provisional": False,
        "version": 1,
        "moved": "",
        "status": "open" if is_open else "done",
        "closed_at": None if is_open else THEN,
        "closed_by": "" if is_open else "张三",
        "evidence": "",
        "created_at": THEN,
    }


def _journal(n: int) -> dict[str, Any]:
    told = {"at": THEN, "kind": "created", "by": "期限", "text": "登记"}
    return {"obligation_id": n + 1, **told}


def _delivery(n: int) -> dict[str, Any]:
    return {
        "id": n // TOLD + 1,
        "message_id": f"{n}",
        "channel": "box",
        "recipient": "u7",
        "to": "",
        "mentions": "",
        "body": "…",
        "planned_at": THEN,
        "next_at": THEN,
        "finished_at": THEN,
        "part": 1,
        "parts": 1,
        "urgent": False,
        "state": "accepted",
        "attempts": 1,
        "purpose": "reminder",
        "possible_duplicate": False,
        "subject": "",
        "told": "",
        "repeats": False,
        "reason": "",
    }


def _alert(n: int) -> dict[str, Any]:
    return {
        "obligation_id": n + 1,
        "rung": "+1",
        "channel": "box",
        "recipient": "u7",
        "due_version": 1,
        "asked": "",
        "role": "handler",
        "send_at": THEN,
        "delivery_id": n // TOLD + 1,
    }


def _acknowledgement(n: int) -> dict[str, Any]:
    told = {"due_version": 1, "rung": "+1", "by": "张三", "via": "page", "at": THEN}
    return {"obligation_id": n + 1, **told, "resumes_at": "2026-10-09 01:00:00.000000"}


def application(db: Engine) -> FastAPI:
    """Over that database, at a time that stands still; nobody asks too often."""
    read = load_configuration(EXAMPLE)
    office = agency()
    current = CurrentAgency(db, office, tuple(catalogue(office)))
    configuration: Configuration = replace(read, agency=office)
    running = Running(configuration, db, Clock(db, current, work_calendar()), current)
    return create_app(running, lambda: NOW, 1_000_000)


def visitors(db: Engine) -> dict[str, str]:
    """The cookies of somebody who sees all, and of a clerk of one unit."""
    found = {}
    with writing(db) as session:
        for role, unit in ((Role.ADMINISTRATOR, ""), (Role.CLERK, "u7")):
            account = Account(
                name=role.value,
                shown_name="张三",
                role=role,
                unit=unit,
                password_hash="",
                password_changed_at=NOW,
                created_at=NOW,
            )
            session.add(account)
            session.flush()
            assert account.id is not None
            found[unit or "all"] = f"qixian={begin_session(session, account.id, NOW)}"
    return found


def places(db: Engine) -> dict[str, str]:
    """What stands in the paths."""
    with writing(db) as session:
        link = link_to(session, agency(), session.get_one(Delivery, 1), NOW)
    with reading(db) as session:
        late = session.exec(select(Alert.obligation_id)).first()
    return {"late": f"{late}", "link": link.rpartition("/")[2]}


async def first_byte(app: FastAPI, path: str, cookie: str) -> tuple[float, float, int]:
    """Seconds until the answer's body begins, those of them in which this process worked, and the
    status."""
    address, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": address,
        "raw_path": address.encode(),
        "root_path": "",
        "query_string": quote(query, safe="=&").encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 80),
    }
    seen: list[tuple[float, float]] = []
    status = 0

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)
        if message["type"] == "http.response.body":
            seen.append((perf_counter(), process_time()))

    begin, worked = perf_counter(), process_time()
    await app(scope, receive, send)
    return seen[0][0] - begin, seen[0][1] - worked, status


async def measured(app: FastAPI, path: str, cookie: str) -> Times:
    """The quickest, in milliseconds: what else the machine does only adds. The first does not count."""
    found = []
    for _ in range(TIMES + 1):
        *seconds, status = await first_byte(app, path, cookie)
        assert status == 200, (path, status)
        found.append(seconds)
    wall, work = (min(column) * 1000 for column in zip(*found[1:], strict=True))
    return wall, work


@contextmanager
def asked(db: Engine) -> Iterator[dict[str, Any]]:
    """The statements that are asked in the block, with their parameters."""
    found: dict[str, Any] = {}

    def listen(_c: Any, _u: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            found[statement] = parameters

    event.listen(db, "before_cursor_execute", listen)
    yield found
    event.remove(db, "before_cursor_execute", listen)


def plans(db: Engine, statements: dict[str, Any]) -> Iterator[str]:
    """How SQLite answers each of them."""
    with db.connect() as connection:
        for statement, parameters in statements.items():
            told = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = "; ".join(row[3] for row in told)
            if "obligation" in statement:
                yield steps


def recounts(db: Engine) -> None:
    """The work of a year's statistics at first, and when something was completed since."""
    before = CountedByUnit()
    for when in ("at first", "after a completion", "after another"):
        with reading(db) as session:
            begin = process_time()
            before.get(session, 0, NOW, partial(_figures, session))
            print(f"  statistics counted {when}: {(process_time() - begin) * 1000:.1f} ms of work")
            id_ = session.exec(select(Obligation.id).where(late(NOW))).first()
        with writing(db) as session:
            complete(session, id_ or 0, by="张三", at=NOW, evidence="", now=NOW)


def _figures(session: Session, more: list[Any]) -> dict[str, ByMonth]:
    return figures_by_month(session, more, date(2026, 1, 1), date(2026, 12, 31), NOW)


def _may(page: str) -> bool:
    """May the clerk of one unit open it?"""
    return "{" not in page and "unit=" not in page and not page.startswith(DECIDES)


def bench(file: str, number: int, report: Callable[[str, str, Times], None]) -> None:
    """Every page for every visitor, and /healthz."""
    db = open_database(f"sqlite:///{file}")
    begin = perf_counter()
    filled(db, number)
    print(f"{number} obligations stored in {perf_counter() - begin:.0f} s", flush=True)
    app, stand = application(db), places(db)
    for who, cookie in visitors(db).items():
        for page in ("/healthz", *PAGES):
            if who != "all" and not _may(page):
                continue
            path = page.format(**stand)
            with asked(db) as statements:
                asyncio.run(first_byte(app, path, cookie))
            report(who, page, asyncio.run(measured(app, path, cookie)))
            if number == LARGE and who == "all":
                for steps in plans(db, statements):
                    print(f"    {steps}")
    recounts(db)
    db.dispose()


def main() -> None:
    numbers = [int(text) for text in sys.argv[1:]] or [SMALL, LARGE]
    found: dict[tuple[str, str], list[Times]] = {}

    def report(who: str, page: str, times: Times) -> None:
        found.setdefault((who, page), []).append(times)
        print(f"  {who:4} {page:52} {times[0]:7.1f} ms, {times[1]:7.1f} of work", flush=True)

    with TemporaryDirectory() as folder:
        for number in numbers:
            bench(f"{folder}/{number}.db", number, report)
    print(
        f"\n{'':5}{'page':52}" + "".join(f"{number:>16}" for number in numbers) + "  ratio of work"
    )
    for (who, page), times in found.items():
        shown = "".join(f"{wall:9.1f}/{work:6.1f}" for wall, work in times)
        print(f"{who:5}{page:52}{shown}{times[-1][1] / times[0][1]:7.2f}")


if __name__ == "__main__":
    main()
