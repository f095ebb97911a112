"""An office that is played through: its configuration, its database, and a clock to be moved."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy
from sqlmodel import Session, SQLModel, col, select

from api.configuration import load_configuration
from engine.alerts import Alert
from engine.channels import ChannelState, register
from engine.database import open_database, reading, writing
from engine.deliveries import Attempt, Delivery, State, last_attempt
from engine.dispatch import Inline
from engine.drain import LEASE, Drainer
from engine.events import record_event
from engine.instants import ZONE
from engine.ledger import ChainHead, Kind, LedgerEntry
from engine.obligations import Obligation, complete
from engine.tick import Ticked, tick
from engine.waiting import shards_with_work
from engine.workdays import work_calendar
from notifiers.channel import Notifier
from tests.databases import on_its_database, prepare

EVENT = "特别重大、重大突发事件"  # the trigger of the five-hour rule


def shanghai(text: str) -> datetime:
    """`2026-10-08 09:00` on the wall clock of the office."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


class Office:
    """`with Office(folder, settings, "2026-09-14 09:00") as office:`; `now` is moved by hand.

    The settings are a configuration file's text. A second office over the same folder is a
    second process, or the same one after a restart.
    """

    def __init__(
        self,
        folder: Path,
        settings: str,
        now: str | datetime,
        lease: timedelta = LEASE,
        spread: bool = False,
    ) -> None:
        self.now = shanghai(now) if isinstance(now, str) else now
        file = folder / "config.toml"
        file.write_text(on_its_database(folder, settings), encoding="utf-8")
        configuration = load_configuration(file)
        # What is due in the morning goes out at once, unless a test is about the spread.
        self.agency = replace(configuration.agency, spread=spread)
        self.calendar = work_calendar()
        self.db = open_database(configuration.database_url)
        prepare(self.db)
        with writing(self.db) as session:
            register(session, self.agency.channels)
        self.drainer = Drainer(self.db, self.agency, self.calendar, lambda: self.now, lease=lease)
        self._dispatcher = Inline(self.drainer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._dispatcher.close()
        self.db.dispose()

    def tick(self, at: str | None = None) -> Ticked:
        """One tick, now or at a given moment."""
        if at:
            self.now = shanghai(at)
        return tick(self.db, self.agency, self.calendar, self._dispatcher, self.now)

    def wake(self) -> None:
        """Send what waits, without planning anything."""
        waiting = shards_with_work(self.db, self.agency, self.calendar, self.now)
        self._dispatcher.wake(waiting)

    def wait(self, **length: float) -> None:
        """Move the clock on, and send what waits."""
        self.now += timedelta(**length)
        self.wake()

    def replace_channel(self, id_: str, notifier: Notifier) -> None:
        """Put something else in the place of a configured channel."""
        channels = {**self.agency.channels, id_: notifier}
        self.agency = self.drainer.agency = replace(self.agency, channels=channels)
        with writing(self.db) as session:
            register(session, channels)

    def kill_the_sender_of(self, delivery: int) -> None:
        """The rows as they stand when a process is killed before it writes its last result."""
        with writing(self.db) as session:
            row = session.get_one(Delivery, delivery)
            row.state, row.lease_until = State.SENDING, self.now + LEASE
            attempt = last_attempt(session, row)
            attempt.ended_at = attempt.outcome = None
            for table in (LedgerEntry, ChainHead):  # and so it is not sealed
                session.execute(sqlalchemy.delete(table).where(col(table.kind) == Kind.ATTEMPT))

    def event(self, unit: str, at: str | datetime, reference: str) -> list[Obligation]:
        """Record an emergency, from which five hours count."""
        with writing(self.db) as session:
            _, rows, _ = record_event(
                session,
                self.agency,
                self.calendar,
                trigger=EVENT,
                unit=unit,
                moment=shanghai(at) if isinstance(at, str) else at,
                reference=reference,
                by="值班员",
                now=self.now,
            )
        return rows

    def complete(self, unit: str, *periods: str) -> None:
        """办结 what a unit owes for these periods."""
        with writing(self.db) as session:
            query = select(Obligation).where(Obligation.unit == unit)
            rows = session.exec(query.where(col(Obligation.period).in_(periods))).all()
            for row in rows:
                assert row.id
                complete(session, row.id, by="经办人", at=self.now, evidence="", now=self.now)
        assert rows, f"{unit} owes nothing for {periods}"

    def obligations(self, *conditions: Any) -> list[Obligation]:
        with reading(self.db) as session:
            return list(session.exec(select(Obligation).where(*conditions)).all())

    def deliveries(self) -> list[Delivery]:
        with reading(self.db) as session:
            return list(session.exec(select(Delivery).order_by(col(Delivery.id))).all())

    def attempts(self) -> list[Attempt]:
        with reading(self.db) as session:
            return list(session.exec(select(Attempt).order_by(col(Attempt.id))).all())

    def alerts(self) -> list[Alert]:
        with reading(self.db) as session:
            return list(session.exec(select(Alert).order_by(col(Alert.id))).all())

    def channel(self, id_: str) -> ChannelState:
        with reading(self.db) as session:
            return session.get_one(ChannelState, id_)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        with reading(self.db) as session:
            return {table.name: _rows(session, table) for table in SQLModel.metadata.sorted_tables}


def _rows(session: Session, table: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in session.execute(table.select()).all()), key=repr)


def robot(id_: str, base: str, key: str) -> str:
    """A [[channel]] for a group robot on a local server."""
    return f"""
[[channel]]
id = "{id_}"
kind = "wecom_robot"
key = "{key}"
api_base = "{base}"
"""


def mail(id_: str, port: int, ca_file: str) -> str:
    """A [[channel]] for mail over a local server."""
    return f"""
[[channel]]
id = "{id_}"
kind = "mail"
host = "127.0.0.1"
port = {port}
security = "starttls"
ca_file = "{ca_file}"
sender = "qixian@agency.gov.cn"
"""


def unit(id_: str, name: str, *channels: str, parent: str = "", address: str = "") -> str:
    """A [[unit]]; the address is its contact's mail."""
    contacts = f'contacts = [{{ name = "经办人", mail = "{address}" }}]' if address else ""
    listed = ", ".join(f'"{channel}"' for channel in channels)
    return f"""
[[unit]]
id = "{id_}"
name = "{name}"
parent = "{parent}"
channels = [{listed}]
{contacts}
"""


def duty(rule: str, *units: str, since: str = "2026-09-01", ladder: str = "default") -> str:
    """A [[duty]] of the bundled catalogue of Guangyuan: `02` is its second rule."""
    listed = ", ".join(f'"{unit}"' for unit in units)
    return f"""
[[duty]]
rule = "guangyuan-2017-{rule}"
unit = [{listed}]
from = {since}
ladder = "{ladder}"
"""


def interpretation(rule: str, reading: str) -> str:
    """An [[interpretation]] of a rule of Guangyuan."""
    return f"""
[[interpretation]]
rule = "guangyuan-2017-{rule}"
reading = "{reading}"
decided_by = "办公室"
decided_on = 2026-01-05
reason = "示例"
"""


@dataclass(frozen=True)
class Told:
    """A matter as the reader of a message sees it: `财政局 2026年9月`, `剩5个工作日`."""

    matter: str
    words: str


_TITLE = re.compile(r"^\**\d+\. .*（([^（）]+)）\**$")
_UNIT = re.compile(r"^　单位：([^（　]+)(?:（[^）]*）)?(　督办：请\S*催办)?(?:　代办：.*)?$")
_DUE = re.compile(r"^　期限：.*，([^，]+)$")
# A matter of one line: `1. 按月公开…（2026年9月）财政局（张三） 9月30日（周三）到期 剩5个工作日`.
_LINE = re.compile(
    r"^\d+\. .*（([^（）]+)）([^（ ]+)(?:（[^）]*）)? \S+(?:到期|前)(?:（暂定）)? (\S+)( 督办：请催办)?$"
)


def told(body: str) -> list[Told]:
    """The matters of a message, in their order."""
    found: list[Told] = []
    period = whose = ""
    for line in body.splitlines():
        if match := _LINE.match(line):
            superior = "督办 " if match[4] else ""
            found.append(Told(f"{match[2]} {match[1]}", superior + match[3]))
        elif match := _TITLE.match(line):
            period = match[1]
        elif match := _UNIT.match(line):
            whose, superior = match[1], "督办 " if match[2] else ""
        elif match := _DUE.match(line):
            found.append(Told(f"{whose} {period}", superior + match[1]))
    return found


def wall(moment: datetime) -> str:
    """`10-08 09:00` on the wall clock of the office."""
    return moment.astimezone(ZONE).strftime("%m-%d %H:%M")


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Poll until the condition holds. What has not happened by then will not happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
