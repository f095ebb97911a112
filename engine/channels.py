"""渠道 ChannelState: what the database knows of a channel. Its secrets stay in the configuration.

The row is the lock under which a channel's deliveries are claimed, and where a channel is held
for a while or disabled until somebody repairs it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zlib import crc32

from sqlalchemy import bindparam, or_, update
from sqlmodel import Column, Field, Session, SQLModel, col, select

from engine.database import Instant
from engine.postgres import is_postgres
from notifiers.channel import Notifier
from notifiers.http_client import LONGEST_WAIT

_LONGEST_HOLD = LONGEST_WAIT + timedelta(hours=1)


class ChannelState(SQLModel, table=True):
    """渠道. `credential` identifies the secret without showing it."""

    __tablename__ = "channel"

    id: str = Field(primary_key=True)
    shard: int = Field(index=True)
    credential: str = Field(index=True)
    hold_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    disabled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    disabled_reason: str = ""
    failures: int = 0  # times in a row that the far side could not be reached
    confirmed_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    code_hash: str = Field(  # of the code that a person is to type back, see engine.confirmation
        default="", repr=False, sa_column_kwargs={"server_default": ""}
    )
    code_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    code_tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


def shards(session: Session) -> int:
    """How many shards there are: enough for one process, or for the workers of a province."""
    return 256 if is_postgres(session) else 8


def shard_of(channel: str, number: int) -> int:
    """Which of so many shards drains a channel: stable over processes and versions of Python."""
    return crc32(channel.encode()) % number


def register(session: Session, channels: Mapping[str, Notifier]) -> None:
    """A row for each configured channel. A new credential gives a disabled channel a new chance,
    and has to be confirmed anew. The shard is the row's from then on, so that their number can be
    another in a later version.

    What waits on a channel that is not configured any more waits for it to come back; its
    matters are told anew on the unit's other channels.
    """
    number = shards(session)
    query = select(ChannelState).order_by(col(ChannelState.id)).with_for_update()
    rows = {row.id: row for row in session.exec(query).all()}
    for id_, notifier in channels.items():
        row, shard = rows.get(id_), shard_of(id_, number)
        if row is None:
            session.add(ChannelState(id=id_, shard=shard, credential=notifier.credential))
            continue
        row.shard = shard
        if row.credential != notifier.credential:
            row.credential = notifier.credential
            row.confirmed_at, row.code_hash = None, ""  # nobody has seen anything of the new one
            enable(row)


_LOCK = (
    select(ChannelState)
    .where(
        or_(
            col(ChannelState.id).in_(bindparam("ids", expanding=True)),
            col(ChannelState.credential).in_(bindparam("credentials", expanding=True)),
        )
    )
    .order_by(col(ChannelState.id))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock(session: Session, channels: Mapping[str, str]) -> dict[str, ChannelState]:
    """The rows of channels, given with their credentials, and of all that draw on the same limits, by
    id: locked together, in one order."""
    asked = {"ids": list(channels), "credentials": list(channels.values())}
    return {row.id: row for row in session.exec(_LOCK, params=asked).all()}


def enable(row: ChannelState) -> None:
    """Take away what keeps a channel from sending."""
    row.hold_until = row.disabled_at = None
    row.disabled_reason, row.failures = "", 0


def end_old_holds(session: Session, now: datetime) -> None:
    """Holds that end later than any does are from before the clock was moved back."""
    until = col(ChannelState.hold_until)
    session.execute(update(ChannelState).where(until > now + _LONGEST_HOLD).values(hold_until=None))


def channel_states(session: Session) -> dict[str, ChannelState]:
    """What is known of each channel, by id."""
    return {row.id: row for row in session.exec(select(ChannelState)).all()}


def disabled_channels(session: Session) -> list[ChannelState]:
    """Channels that were refused for their configuration and wait for a repair."""
    query = select(ChannelState).where(ChannelState.disabled_reason != "")
    return list(session.exec(query).all())
