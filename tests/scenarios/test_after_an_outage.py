"""What piled up goes out as digests, all of it, the urgent first, within the robot's limit."""

from datetime import datetime, timedelta
from pathlib import Path

from engine.database import reading
from engine.deliveries import State
from engine.obligations import Obligation, Status
from notifiers.channel import Notifier
from notifiers.message import Message, Outcome, OutcomeKind
from tests.scenarios.playing import Office, duty, interpretation, robot, told, unit
from tests.servers.wecom import PER_WINDOW, WINDOW, Received, WecomServer

KEY = "the-key-of-a-robot"
HOURS = "59"  # to speak within five hours
MONTHLY = ("02", "42", "44", "52", "27", "28", "29", "34", "36", "38")


class Dark:
    """A channel behind a line that is cut until it is mended: nothing is connected."""

    def __init__(self, real: Notifier) -> None:
        self.real, self.cut, self.tried = real, True, 0
        self.windows, self.addressing, self.users = real.windows, real.addressing, real.users
        self.duplicate_safe, self.markup = real.duplicate_safe, real.markup
        self.limit, self.credential = real.limit, real.credential

    async def send(self, message: Message, now: datetime) -> Outcome:
        if self.cut:
            self.tried += 1
            return Outcome(OutcomeKind.RETRY, hold=True, detail="ConnectTimeout")
        return await self.real.send(message, now)


def busiest(received: list[Received]) -> int:
    times = [one.at for one in received]
    return max(sum(start <= at < start + WINDOW for at in times) for start in times)


def test_six_hours_in_the_dark_end_in_digests_that_list_everything(tmp_path: Path) -> None:
    """Thirty units; ten monthly matters of each and, spread over the day, an event of each."""
    names = [f"unit-{place:02}" for place in range(27)]
    late = [f"late-{place}" for place in range(3)]
    clock: list[Office] = []
    with WecomServer({KEY}, lambda: clock[0].now) as server:
        settings = robot("group", server.base, KEY)
        settings += "".join(unit(name, name, "group") for name in (*names, *late))
        settings += "".join(duty(rule, *names) for rule in MONTHLY)
        settings += "".join(interpretation(rule, "P1M") for rule in MONTHLY[4:])
        settings += duty(HOURS, *names, *late)
        with Office(tmp_path, settings, "2026-09-22 09:00") as office:
            clock.append(office)
            dark = Dark(office.agency.channels["group"])
            office.replace_channel("group", dark)
            office.tick()
            for name in (*names, *late):
                office.now += timedelta(minutes=12)
                office.event(name, office.now - timedelta(minutes=1), "突发事件")
                office.tick()
            planned = office.deliveries()
            assert office.now.hour == 15
            assert State.ACCEPTED not in {row.state for row in planned}
            assert dark.tried < 60  # every ten minutes, and not each message by itself
            dark.cut = False
            office.now += timedelta(minutes=10)
            office.tick()
            for _ in range(60):
                office.wait(seconds=5)
            rows = office.deliveries()
    matters = [one for message in server.received for one in told(message.content)]
    events = [one for one in matters if "突发事件" in one.matter]
    assert {one.matter for one in matters} >= {f"{name} 2026年9月" for name in names}
    assert len([one for one in matters if "2026年9月" in one.matter]) == 270
    assert {one.matter for one in events} == {f"{name} 突发事件" for name in (*names, *late)}
    assert matters[: len(events)] == events  # what counts hours is told before what counts days
    assert "逾期" in events[0].words  # the first events ended at 14:12; nothing says 剩4小时
    assert {row.state for row in rows} == {State.ACCEPTED, State.SKIPPED}
    assert len(server.received) < len(planned)
    assert server.refused == []
    assert busiest(server.received) <= PER_WINDOW
    merged = [row for row in rows if row.reason.startswith("并入送达记录 ")]
    assert len(merged) == len(rows) - len(server.received)


def test_what_one_tick_planned_in_parts_stays_in_these_parts(tmp_path: Path) -> None:
    names = [f"unit-{place}" for place in range(12)]
    with WecomServer({KEY}) as server:
        settings = robot("group", server.base, KEY)
        settings += "".join(unit(name, name, "group") for name in names)
        settings += "".join(duty(rule, *names) for rule in MONTHLY)
        settings += "".join(interpretation(rule, "P1M") for rule in MONTHLY[4:])
        with Office(tmp_path, settings, "2026-09-22 09:00") as office:
            planned = office.tick().planned
            assert planned > 3
            assert [row.state for row in office.deliveries()] == [State.ACCEPTED] * planned
    assert len(server.received) == planned


def test_a_matter_done_while_fifty_messages_wait_is_in_none_of_them(tmp_path: Path) -> None:
    names = [f"unit-{place:02}" for place in range(70)]
    clock: list[Office] = []
    with WecomServer({KEY}, lambda: clock[0].now) as server:
        # A channel for each unit, and one robot behind them all: fifty wait for its limit.
        settings = "".join(
            robot(f"group-{name}", server.base, KEY) + unit(name, name, f"group-{name}")
            for name in names
        )
        settings += duty("02", *names)
        with Office(tmp_path, settings, "2026-09-22 09:00") as office:
            clock.append(office)
            office.tick()
            waiting = [row for row in office.deliveries() if row.state is State.QUEUED]
            assert len(waiting) == 50
            done = waiting[-1].channel.removeprefix("group-")
            office.complete(done, "2026-09")
            for _ in range(40):
                office.wait(seconds=5)
            states = [row.state for row in office.deliveries()]
            with reading(office.db) as session:
                assert session.get(Obligation, 1)
            (row,) = [row for row in office.obligations() if row.status is Status.DONE]
    told_of = [one.matter for message in server.received for one in told(message.content)]
    assert row.unit == done
    assert f"{done} 2026年9月" not in told_of
    assert (states.count(State.ACCEPTED), states.count(State.SKIPPED)) == (69, 1)
