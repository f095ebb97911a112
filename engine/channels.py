"""渠道 ChannelState: what the database knows of a channel. Its secrets stay in the configuration.

The row is the lock under which a channel's deliveries are claimed, and where a channel is held
for a while or disabled until somebody repairs it.
"""

from collections.abc import Mapping
from datetime import datetime
from zlib import crc32

from sqlmodel import Column, Field, Session, SQLModel, select

from engine.database import Instant
from notifiers.channel import Notifier

SHARDS = 8  # enough for one process; a province has hundreds


class ChannelState(SQLModel, table=True):
    """渠道. `credential` identifies the secret without showing it."""

    __tablename__ = "channel"

    id: str = Field(primary_key=True)
    shard: int = Field(index=True)
    credential: str
    hold_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    disabled_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    disabled_reason: str = ""
    confirmed_at: datetime | None = Field(default=None, sa_column=Column(Instant))
    code_hash: str = Field(  # of the code that a person is to type back, see engine.confirmation
        default="", repr=False, sa_column_kwargs={"server_default": ""}
    )
    code_until: datetime | None = Field(default=None, sa_column=Column(Instant))
    code_tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


def shard_of(channel: str) -> int:
    """The shard that drains a channel: stable over processes and versions of Python."""
    return crc32(channel.encode()) % SHARDS


def register(session: Session, channels: Mapping[str, Notifier]) -> None:
    """A row for each configured channel. A new credential gives a disabled channel a new chance,
    and has to be confirmed anew.

    What waits on a channel that is not configured any more waits for it to come back; its
    matters are told anew on the unit's other channels.
    """
    rows = {row.id: row for row in session.exec(select(ChannelState)).all()}
    for id_, notifier in channels.items():
        row = rows.get(id_)
        if row is None:
            shard, credential = shard_of(id_), notifier.credential
            session.add(ChannelState(id=id_, shard=shard, credential=credential))
        elif row.credential != notifier.credential:
            row.credential = notifier.credential
            row.confirmed_at, row.code_hash = None, ""  # nobody has seen anything of the new one
            enable(row)


def enable(row: ChannelState) -> None:
    """Take away what keeps a channel from sending."""
    row.hold_until = row.disabled_at = None
    row.disabled_reason = ""


def channel_states(session: Session) -> dict[str, ChannelState]:
    """What is known of each channel, by id."""
    return {row.id: row for row in session.exec(select(ChannelState)).all()}


def disabled_channels(session: Session) -> list[ChannelState]:
    """Channels that were refused for their configuration and wait for a repair."""
    query = select(ChannelState).where(ChannelState.disabled_reason != "")
    return list(session.exec(query).all())
