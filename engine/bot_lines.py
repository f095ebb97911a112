"""机器人的长连接: of all processes one holds a robot's line, and reads what is pressed on its cards.

Who holds the lease connects; who dies leaves it to another when it runs out. A message of the robot
is claimed only where the line is (`drain.may_send_here`).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic
from uuid import uuid4

from sqlalchemy import Engine
from sqlmodel import col, select

from engine.agency import Agency
from engine.channels import ChannelState, enable, lock
from engine.claims import place_of
from engine.clicks import Click, take
from engine.database import reading, recording, writing
from engine.deliveries import Delivery
from engine.drain import apply_to_channel
from engine.errors import BadAgency, BadDatabase
from engine.leases import hold, release
from engine.retries import after_attempt
from engine.troubles import tell_of_channel
from engine.workdays import WorkCalendar
from notifiers.message import Fault, Outcome, OutcomeKind
from notifiers.wecom_answer import NO_LOGIN
from notifiers.wecom_bot import WecomBot
from notifiers.wecom_bot_line import Broken, Line, Press

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)  # renewed three times; whether it is free is looked at six times
PING_EVERY = 30.0  # seconds, as the following
READ_FOR = 0.5
BACKOFF = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
STABLE = 60.0  # a line that stood so long begins the backoff anew
AFTER_DISPLACED = 10.0  # a test message of another process is over by then


def bots_of(agency: Agency) -> list[dict[str, WecomBot]]:
    """The channels of each robot, by id: with one credential they have one line."""
    found: dict[str, dict[str, WecomBot]] = {}
    for id_, channel in agency.channels.items():
        if isinstance(channel, WecomBot):
            found.setdefault(channel.credential, {})[id_] = channel
    return list(found.values())


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
    ) -> None:
        self._db, self._bots = db, bots
        self._agency, self._calendar, self._clock = agency, calendar, clock
        self._lease, self._renew = lease, lease.total_seconds() / 3
        self._bot = next(iter(bots.values()))
        self._name, self._holder = f"line:{self._bot.credential}", uuid4().hex
        self._line = Line(self._bot.base)
        for bot in bots.values():
            bot.plug.line = self._line
        self._stopping, self._failures = Event(), 0
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
            self._line.close()
            if pause > self._renew:  # let another try, who may have a better network
                self._give_back()
            self._stopping.wait(pause)
        self._give_back()

    def _hold(self) -> bool:
        now = self._clock()
        with recording(self._db) as session:
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
        self._tell(outcome)
        if outcome.kind is not OutcomeKind.ACCEPTED:
            log.error("%s: not connected: %s %s", self._name, outcome.code, outcome.detail)
            return self._backoff()
        log.info("%s: connected", self._name)
        begun = monotonic()
        try:
            self._serve()
        except Broken as error:
            if not self._stopping.is_set():
                log.warning("%s: ended: %s", self._name, error)
        if monotonic() - begun >= STABLE:
            self._failures = 0
        return max(self._backoff(), AFTER_DISPLACED if self._line.displaced else 0.0)

    def _backoff(self) -> float:
        self._failures += 1
        return BACKOFF[min(self._failures, len(BACKOFF)) - 1]

    def _serve(self) -> None:
        renewed = pinged = monotonic()
        while not self._stopping.is_set():
            if press := self._line.read(READ_FOR):
                self._pressed(press)
            if monotonic() - renewed >= self._renew:
                if not self._hold():
                    raise Broken("another process holds it")
                renewed = monotonic()
            if monotonic() - pinged >= PING_EVERY:
                self._line.ping()
                pinged = monotonic()

    def _tell(self, outcome: Outcome) -> None:
        """What signing in means for the channels: refused for good they are disabled, and in use
        again when it went well."""
        refused = outcome.fault is Fault.CONFIG
        if not refused and outcome.kind is not OutcomeKind.ACCEPTED:
            return
        now = self._clock()
        with writing(self._db) as session:
            rows = lock(session, dict.fromkeys(self._bots, self._bot.credential))
            for row in rows.values():
                if not refused and row.disabled_reason == NO_LOGIN.advice:
                    enable(row)
                next_ = after_attempt(outcome, 1, False, now)
                if refused and apply_to_channel(session, row, next_, now):
                    tell_of_channel(session, self._agency(), row, now)

    def _pressed(self, press: Press) -> None:
        """Acknowledge, and change the card: that can be done for five seconds only, so that nothing is
        left to be done later. What fails leaves the button to be pressed again."""
        try:
            told = self._acknowledged(press)
        except Exception as error:
            log.error("%s: a press is lost: %s", self._name, place_of(error))
            return
        if told:
            words, subject = told
            self._line.close_card(press, words, f"{words}：{subject}")

    def _acknowledged(self, press: Press) -> tuple[str, str] | None:
        """The words for the card and the message's subject; None for a repetition, and where it was
        not for him who pressed."""
        now = self._clock()
        with writing(self._db) as session:
            query = select(Delivery).where(
                Delivery.message_id == press.card, col(Delivery.channel).in_(self._bots)
            )
            delivery = session.exec(query).first()
            if delivery is None:
                return None
            click = take(
                session, self._agency(), self._calendar(), _click(delivery.channel, press, now), now
            )
            if click is None:
                return None
            if not click.words:
                log.warning("click %s on %s: not by a recipient", click.id, click.channel)
                return None
            return click.words, delivery.subject


def _click(channel: str, press: Press, now: datetime) -> Click:
    """The click that a press is; its key is what WeCom names to tell repetitions by."""
    event = " ".join((press.account, press.time, press.button, press.card))
    return Click(
        key=f"{channel} {f'MsgId {press.id}' if press.id else event}",
        channel=channel,
        account=press.account,
        message_id=press.card,
        response_code="",
        received_at=now,
    )


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
