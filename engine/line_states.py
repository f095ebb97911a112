"""长连接 LineState: what the database knows of a robot's line, so that every process can say it.

The process that holds the lease writes when the line stands and why it ended, not each heartbeat:
a line stands only as long as its heartbeats are answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Column, Field, Session, SQLModel

from engine.agency import Agency
from engine.database import Instant, insert_missing
from engine.instants import written
from engine.leases import holder_of
from notifiers.wecom_bot import WecomBot


class LineState(SQLModel, table=True):
    """长连接. `channel` is the first of those that share it. `heard_at` is when the far side last
    answered before the end; `down_since` and `told_at` are of `engine.outages`."""

    __tablename__ = "line"

    channel: str = Field(primary_key=True)
    up_since: datetime | None = Field(default=None, sa_column=Column(Instant))
    heard_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    fault: str = ""  # why it ended or could not be set up the last time, and the way out
    fault_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    down_since: datetime | None = Field(default=None, sa_column=Column(Instant))
    told_at: datetime | None = Field(default=None, sa_column=Column(Instant))


@dataclass(frozen=True)
class LineNow:
    """A robot's line at one instant. `holder` is the process that holds its lease, empty where none
    does; `up_since` is None where it does not stand."""

    holder: str
    up_since: datetime | None
    down_since: datetime | None
    heard_at: datetime | None
    fault: str
    fault_at: datetime | None

    @property
    def connected(self) -> bool:
        """Does it stand?"""
        return self.up_since is not None

    @property
    def in_words(self) -> str:
        """Does it stand, and if not what is to be done?"""
        if self.up_since:
            last = f"；上次中断在 {written(self.fault_at)}，{self.fault}" if self.fault_at else ""
            return (
                f"长连接已接通（{written(self.up_since)} 起，由{self.holder}维持），心跳正常{last}"
            )
        since = f"（{written(self.down_since)} 起）" if self.down_since else ""
        heard = f"；最近一次回应在 {written(self.heard_at)}" if self.heard_at else ""
        return f"长连接没有接通{since}：{self.fault or NOBODY}{heard}"


NOBODY = "没有进程在维持它，请启动 qixian serve"


def bots_of(agency: Agency) -> list[dict[str, WecomBot]]:
    """The channels of each robot, by id: with one credential they have one line."""
    found: dict[str, dict[str, WecomBot]] = {}
    for id_, channel in agency.channels.items():
        if isinstance(channel, WecomBot):
            found.setdefault(channel.credential, {})[id_] = channel
    return list(found.values())


def lease_of(bots: Mapping[str, WecomBot]) -> str:
    """The name of the lease under which a robot's line is held."""
    return f"line:{next(iter(bots.values())).credential}"


def state_of(session: Session, bots: Mapping[str, WecomBot]) -> LineState:
    """The row of a robot's line, to be written to."""
    first = min(bots)
    if session.get(LineState, first) is None:
        session.execute(insert_missing(session, LineState).values(channel=first, fault=""))
    return session.get_one(LineState, first)


def record_end(
    session: Session,
    bots: Mapping[str, WecomBot],
    fault: str,
    heard: datetime | None,
    now: datetime,
) -> None:
    """The line has ended, or could not be set up."""
    row = state_of(session, bots)
    row.up_since, row.fault, row.fault_at = None, fault, now
    row.heard_at = heard or row.heard_at


def line_now(session: Session, bots: Mapping[str, WecomBot], now: datetime) -> LineNow:
    """How a robot's line stands."""
    row = session.get(LineState, min(bots)) or LineState(channel=min(bots))
    holder = holder_of(session, lease_of(bots), now)
    left = row.up_since is not None and not holder  # by a process that ended without a word
    return LineNow(
        holder=holder,
        up_since=row.up_since if holder else None,
        down_since=row.down_since,
        heard_at=row.heard_at if row.up_since is None else None,
        fault="" if left else row.fault,
        fault_at=None if left else row.fault_at,
    )


def lines_now(session: Session, agency: Agency, now: datetime) -> dict[str, LineNow]:
    """How the lines stand, by channel; the channels that have none are left out."""
    return {id_: line_now(session, bots, now) for bots in bots_of(agency) for id_ in bots}
