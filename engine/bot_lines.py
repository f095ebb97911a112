"""机器人的长连接: of all processes one holds a robot's line, and reads what is pressed on its cards.

Who holds the lease connects; who dies leaves it to another when it runs out. A message of the robot
is claimed only where the line is (`drain.may_send_here`).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from engine.agency import Agency
from engine.bot_presses import acknowledge
from engine.bot_sign_ins import record_sign_in
from engine.channels import ChannelState
from engine.claims import place_of
from engine.database import reading, recording, writing
from engine.errors import BadAgency, BadDatabase
from engine.leases import hold, new_holder, release
from engine.line_states import lease_of, record_end
from engine.workdays import WorkCalendar
from notifiers.message import Outcome, OutcomeKind
from notifiers.wecom_bot import WecomBot
from notifiers.wecom_bot_frames import Press
from notifiers.wecom_bot_line import Broken, Displaced, Line

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)  # renewed three times; whether it is free is looked at six times
PING_EVERY = 30.0  # seconds, as the following
READ_FOR = 0.5
BACKOFF = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
STABLE = 60.0  # a line that stood so long begins the backoff anew
AFTER_DISPLACED = 10.0  # a test message of another process is over by then
OURS = "程序出错，请把服务日志交给开发人员"


class BotLine:
    """Keeps the line of one robot, in a thread of its own, as long as the lease is ours."""

    def __init__(
        self,
        db: Engine,
        bots: Mapping[str, WecomBot],
        agency: Callable[[], Agency],
        calendar: Callable[[], WorkCalendar],
        clock: Callable[[], datetime],
        lease: timedelta = LEASE,
        ping_every: float = PING_EVERY,
    ) -> None:
        self._db, self._bots = db, bots
        self._agency, self._calendar, self._clock = agency, calendar, clock
        self._lease, self._renew = lease, lease.total_seconds() / 3
        self._ping_every = ping_every
        self._bot = next(iter(bots.values()))
        self._name, self._holder = lease_of(bots), new_holder()
        self._line = Line(self._bot.base)
        for bot in bots.values():
            bot.plug.line = self._line
        self._stopping, self._failures = Event(), 0
        self._heard: datetime | None = None  # when the far side last answered
        self._thread = Thread(target=self._run, name=self._name, daemon=True)

    @property
    def channels(self) -> Sequence[str]:
        """The channels whose messages leave from here, while the line stands."""
        return tuple(self._bots) if self._line.connected else ()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the line and give the lease back."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = self._renew / 2
            try:
                if self._hold():
                    pause = self._connected()
            except (BadDatabase, BadAgency) as error:
                log.error("%s: %s", self._name, error)
            except Exception as error:  # whatever it was: without the thread nothing is sent
                log.error("%s: %s", self._name, place_of(error))
                self._ended(OURS)
            self._line.close()
            if pause > self._renew:  # let another try, who may have a better network
                self._give_back()
            self._stopping.wait(pause)
        self._give_back()

    def _hold(self) -> bool:
        with recording(self._db) as session:
            return self._hold_in(session)

    def _hold_in(self, session: Session) -> bool:
        now = self._clock()
        return hold(session, self._name, self._holder, now, now + self._lease)

    def _give_back(self) -> None:
        try:
            with recording(self._db) as session:
                release(session, self._name, self._holder)
        except Exception as error:  # it runs out by itself
            log.error("%s: %s", self._name, place_of(error))

    def _connected(self) -> float:
        """Connect and serve the line to its end; how long to wait after that."""
        outcome = self._bot.open(self._line)
        if outcome.kind in (OutcomeKind.ACCEPTED, OutcomeKind.REJECTED):
            now = self._clock()
            with writing(self._db) as session:
                record_sign_in(session, self._agency(), self._bots, outcome, now)
        if outcome.kind is not OutcomeKind.ACCEPTED:
            return self._not_signed_in(outcome)
        log.info("%s: connected", self._name)
        self._heard = now
        begun, pause = monotonic(), 0.0
        try:
            self._serve()
        except Broken as error:
            pause = AFTER_DISPLACED if isinstance(error, Displaced) else 0.0
            if not self._stopping.is_set():
                self._ended(str(error))
        if monotonic() - begun >= STABLE:
            self._failures = 0
        return max(self._backoff(), pause)

    def _not_signed_in(self, outcome: Outcome) -> float:
        code = f"（错误码 {outcome.code}）" if outcome.code else ""
        self._ended(outcome.advice.rstrip("。") + code)
        asked = outcome.retry_after if outcome.hold else None  # signed in too often
        return max(self._backoff(), asked.total_seconds() if asked else 0.0)

    def _backoff(self) -> float:
        self._failures += 1
        return BACKOFF[min(self._failures, len(BACKOFF)) - 1]

    def _serve(self) -> None:
        renewed = pinged = monotonic()
        pong = None
        while not self._stopping.is_set():
            if press := self._line.read(READ_FOR):
                self._pressed(press)
            if pong and pong.done():
                self._heard, pong = self._clock(), None
            if monotonic() - renewed >= self._renew:
                if not self._hold():
                    raise Broken("另一个进程接手了长连接")
                renewed = monotonic()
            if monotonic() - pinged >= self._ping_every:
                pong, pinged = self._line.ping(), monotonic()

    def _ended(self, fault: str) -> None:
        """Write down why the line ended or cannot be set up, unless another process holds it."""
        log.warning("%s: %s", self._name, fault)
        try:
            with recording(self._db) as session:
                if self._hold_in(session):
                    record_end(session, self._bots, fault, self._heard, self._clock())
        except Exception as error:  # it shows in the lease, which runs out
            log.error("%s: %s", self._name, place_of(error))

    def _pressed(self, press: Press) -> None:
        """Acknowledge, and change the card: that can be done for five seconds only, so that nothing is
        left to be done later. What fails leaves the button to be pressed again."""
        try:
            now, agency, calendar = self._clock(), self._agency(), self._calendar()
            with writing(self._db) as session:
                told = acknowledge(session, agency, calendar, press, self._bots, now)
        except Exception as error:
            log.error("%s: a press is lost: %s", self._name, place_of(error))
            return
        if told:
            words, subject = told
            self._line.close_card(press, words, f"{words}：{subject}")


def shards_from_here(db: Engine, lines: Sequence[BotLine], waiting: Sequence[int]) -> list[int]:
    """Of shards that have work those with a channel whose line is in this process."""
    ours = [channel for line in lines for channel in line.channels]
    if not ours or not waiting:
        return []
    query = select(ChannelState.shard).where(
        col(ChannelState.id).in_(ours), col(ChannelState.shard).in_(waiting)
    )
    with reading(db) as session:
        return sorted(set(session.exec(query).all()))
