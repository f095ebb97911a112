"""Many channels drained at the same time: few transactions, every message once, no limit passed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from engine.alerts import plan
from engine.channels import lock, register, shards
from engine.claims import Claimer
from engine.database import reading, writing
from engine.deliveries import Attempt, Delivery, Purpose, State
from engine.derivation import derive
from engine.drain import LEASE, Drainer, settle
from engine.verification import faults
from notifiers.channel import Addressing, Notifier, Window
from notifiers.message import Message, Outcome
from tests.builders import (
    CALENDAR,
    Box,
    build_agency,
    build_duty,
    build_rule,
    build_unit,
    instant,
    memory,
)

pytestmark = pytest.mark.usefixtures("both_databases")

NOW = instant("2026-09-30T10:00")


def drained(
    db: Engine,
    channels: Mapping[str, Notifier],
    units_each: int = 1,
    at_once: int = 128,
    times: int = 1,
) -> list[State]:
    """Each unit owes one matter; what is due is drained, `times` at the same time. The states."""
    rule = build_rule()
    units = [
        build_unit(f"{channel}-{number}", f"单位{number}", channels=(channel,))
        for channel in channels
        for number in range(units_each)
    ]
    duties = [build_duty(rule.id, unit.id, "2026-09-01") for unit in units]
    agency = build_agency([rule], duties, units=units, channels=dict(channels))
    with writing(db) as session:
        register(session, agency.channels)
        derive(session, agency, CALENDAR, NOW)
        plan(session, agency, CALENDAR, NOW)
        number = shards(session)
    drainer = Drainer(db, agency, CALENDAR, lambda: NOW, at_once=at_once)

    async def drain() -> None:
        await settle([drainer.drain(shard) for shard in range(number) for _ in range(times)])

    asyncio.run(drain())
    drainer.close()
    with reading(db) as session:
        assert list(faults(session)) == []
        return [row.state for row in session.exec(select(Delivery)).all()]


def groups(number: int, kind: type[Box] = Box) -> dict[str, Box]:
    return {f"g{n}": kind(credential=f"g{n}", addressing=Addressing.GROUP) for n in range(number)}


def test_channels_share_their_transactions() -> None:
    commits = []
    boxes = groups(40)
    with memory() as db:
        event.listen(
            Session, "after_commit", count := lambda _session: commits.append(1), propagate=True
        )
        try:
            states = drained(db, boxes)
        finally:
            event.remove(Session, "after_commit", count)
    assert states == [State.ACCEPTED] * 40
    assert all(len(box.messages) == 1 for box in boxes.values())
    assert len(commits) < 40  # two for each channel, if each had its own


def test_a_shard_that_is_drained_twice_at_the_same_time_sends_each_message_once() -> None:
    boxes = groups(12)
    with memory() as db:
        assert drained(db, boxes, times=2) == [State.ACCEPTED] * 12
    assert [len(box.messages) for box in boxes.values()] == [1] * 12


class Broken(Box):
    """A channel that cannot even say what its limits are."""

    @property
    def windows(self) -> tuple[Window, ...]:
        raise LookupError("limits")

    @windows.setter
    def windows(self, _value: tuple[Window, ...]) -> None:
        pass


def test_a_channel_that_cannot_be_claimed_spoils_none_of_the_others() -> None:
    boxes = {**groups(6), "broken": Broken(credential="broken", addressing=Addressing.GROUP)}
    with memory() as db:
        states = drained(db, boxes)
    assert sorted(states) == [State.ACCEPTED] * 6 + [State.QUEUED]
    assert boxes["broken"].messages == []


@dataclass
class Crowd:
    """How many are on the way now, and at most."""

    now: int = 0
    most: int = 0


CROWD = Crowd()


class Slow(Box):
    """Counts how many are on the way at the same time."""

    async def send(self, message: Message, now: datetime) -> Outcome:
        CROWD.now += 1
        CROWD.most = max(CROWD.most, CROWD.now)
        for _ in range(20):
            await asyncio.sleep(0)
        CROWD.now -= 1
        return await super().send(message, now)


@pytest.mark.parametrize("addressing", [Addressing.GROUP, Addressing.UNIT])
def test_no_more_are_on_the_way_than_there_are_places(addressing: Addressing) -> None:
    CROWD.now = CROWD.most = 0
    boxes = {f"s{n}": Slow(credential=f"s{n}", addressing=addressing) for n in range(9)}
    with memory() as db:
        states = drained(db, boxes, units_each=3, at_once=4)
    assert set(states) == {State.ACCEPTED}
    assert 1 < CROWD.most <= 4


def test_channels_that_share_a_credential_share_its_limit_in_one_claim_too() -> None:
    minute = (Window(3, timedelta(minutes=1)),)
    boxes = {f"b{n}": Box(credential="shared", windows=minute) for n in range(4)}
    with memory() as db:
        states = drained(db, boxes, units_each=2)
        with reading(db) as session:
            attempts = session.exec(select(Attempt)).all()
    assert sorted(states) == [State.ACCEPTED] * 3 + [State.QUEUED] * 5
    assert len(attempts) == 3


def system_message(number: int, state: State, lease_until: datetime | None) -> Delivery:
    return Delivery(
        id=number,
        purpose=Purpose.SYSTEM,
        message_id=f"m{number}",
        channel="box",
        recipient="box",
        to="",
        mentions="",
        planned_at=NOW - timedelta(hours=3 - number),
        part=1,
        parts=1,
        urgent=False,
        state=state,
        attempts=int(state is State.SENDING),
        next_at=NOW,
        lease_until=lease_until,
        subject=f"第{number}条",
        body="正文",
    )


def test_what_waits_does_not_overtake_what_a_dead_sender_left() -> None:
    agency = build_agency([build_rule()], channels={"box": Box()})
    with memory() as db:
        with writing(db) as session:
            register(session, agency.channels)
            session.add(system_message(1, State.SENDING, NOW - timedelta(seconds=1)))
            session.add(system_message(2, State.QUEUED, None))
            session.flush()
            begun = {"started_at": NOW - timedelta(minutes=4), "credential": "box"}
            session.add(Attempt(delivery_id=1, number=1, body_sha256="", **begun))
        for take_over, expected in ((False, []), (True, [1])):
            with writing(db) as session:
                states = lock(session, {"box": "box"})
                claimer = Claimer(session, agency, CALENDAR, LEASE, NOW, take_over)
                found = claimer.claim(states, {"box": 16})["box"].claims
                assert [claim.delivery_id for claim in found] == expected
