"""The sliding log: what counts, for how long, and for whom."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.database import writing
from engine.deliveries import Attempt, Delivery
from engine.limits import exhausted, room
from notifiers.channel import Window
from tests.builders import Box, memory

NOW = datetime(2026, 10, 12, 1, 0, tzinfo=UTC)
LEASE = timedelta(minutes=3)
MINUTE = timedelta(minutes=1)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def delivery(number: int, recipient: str) -> Delivery:
    return Delivery(
        id=number,
        message_id=f"m{number}",
        channel="box",
        recipient=recipient,
        to="",
        mentions="",
        planned_at=NOW,
        part=1,
        parts=1,
        urgent=False,
        next_at=NOW,
    )


# started, ended (None: still on the way), before now in seconds   counts
CASES = [
    (1, 1, True),
    (59, 59, True),
    (62.9, 62.9, True),  # the margin for clocks that differ
    (63.1, 63.1, False),
    (75, 62, True),  # it arrived somewhere in between
    (75, 64, False),
    (75, None, True),
    (242, None, True),  # its sender may have died, but not before its lease
    (244, None, False),
    (-4, -4, True),
    (-3600, -3600, False),  # the clock was moved back since
    (-3600, None, False),
]


@pytest.mark.parametrize(("started", "ended", "counts"), CASES)
def test_an_attempt_counts_until_its_window_has_passed_since_it_ended(
    started: float, ended: float | None, counts: bool
) -> None:
    box = Box(windows=(Window(3, MINUTE),))
    with memory() as db, writing(db) as session:
        session.add(delivery(1, "a"))
        session.flush()
        session.add(
            Attempt(
                delivery_id=1,
                number=1,
                credential="box",
                recipient="a",
                body_sha256="",
                started_at=NOW - seconds(started),
                ended_at=None if ended is None else NOW - seconds(ended),
            )
        )
        assert room(session, [box], LEASE, NOW, 16) == {"box": 2 if counts else 3}


def test_every_window_holds_and_each_recipient_has_his_own() -> None:
    box = Box(
        windows=(
            Window(5, seconds(1)),
            Window(100, MINUTE),
            Window(2, MINUTE, each=True),
            Window(4, timedelta(hours=1), each=True),
        )
    )
    log = [
        # recipient, seconds ago
        *(("often", ago) for ago in (1.5, 1.6)),
        *(("all morning", ago) for ago in (600, 1200, 1800, 2400)),
        *(("once", ago) for ago in (1.9, 70)),
    ]
    with memory() as db, writing(db) as session:
        for number, (recipient, ago) in enumerate(log, 1):
            session.add(delivery(number, recipient))
            session.flush()
            moment = NOW - seconds(ago)
            session.add(
                Attempt(
                    delivery_id=number,
                    number=1,
                    credential="box",
                    recipient=recipient,
                    body_sha256="",
                    started_at=moment,
                    ended_at=moment,
                )
            )
        # The margin of the second is a second: three of five are gone.
        assert room(session, [box], LEASE, NOW, 16) == {"box": 2}
        assert exhausted(session, [box], LEASE, NOW) == {("box", "often"), ("box", "all morning")}
        assert exhausted(session, [Box(credential="other")], LEASE, NOW) == frozenset()
        assert room(session, [Box(windows=())], LEASE, NOW, 16) == {"box": 16}
