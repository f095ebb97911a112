"""Clicks on cards, handled: the acknowledgement, then the card. In the event loop of the server."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from api.dependencies import Running
from engine.agency import Agency
from engine.clicks import Click, handle, record_change, unfinished
from engine.database import reading, writing
from engine.deliveries import recipient_of
from engine.errors import BadDatabase
from engine.imported_notices import imported_notices
from notifiers.http_client import open_client
from notifiers.message import Outcome
from notifiers.wecom_application import WecomApplication

log = logging.getLogger(__name__)

ROUND = 60.0  # seconds between two looks at what could not be finished


class CardClicks:
    """Finishes what is stored, one round at a time."""

    def __init__(self, running: Running, now: Callable[[], datetime]) -> None:
        self._running, self._now = running, now
        self._one_round = asyncio.Lock()

    async def finish(self) -> None:
        """Handle all clicks that are not finished; what fails stays for the next round."""
        async with self._one_round:
            with reading(self._running.db) as session:
                waiting = unfinished(session)
            if not waiting:
                return
            async with open_client() as client:  # the notifiers' own is of the clock's thread
                for click in waiting:
                    assert click.id is not None
                    try:
                        await self._finish(click.id, lambda card: card.over(client))
                    except Exception:  # one of them must not keep the others waiting
                        log.exception("click %s: not finished", click.id)

    async def keep_finishing(self) -> None:
        """Rounds until cancelled: what was left by a crash, and cards that could not be changed."""
        while True:
            try:
                await self.finish()
            except (
                BadDatabase,
                DBAPIError,
            ):  # such as a locked file; the next round may be luckier
                log.exception("clicks: not finished")
            await asyncio.sleep(ROUND)

    async def _finish(
        self, click_id: int, here: Callable[[WecomApplication], WecomApplication]
    ) -> None:
        click, to, agency = await asyncio.to_thread(self._handled, click_id)
        if click.finished_at:
            log.warning("click %s on %s: not by a recipient", click.id, click.channel)
            return
        channel = agency.channels.get(click.channel)
        if not isinstance(channel, WecomApplication):
            return
        code, words = click.response_code, click.words
        outcome = await here(channel).close_card(code, to, words, self._now())
        await asyncio.to_thread(self._recorded, click_id, outcome)

    def _handled(self, click_id: int) -> tuple[Click, str, Agency]:
        """In a thread, as the other: it may have to wait for others who write."""
        running = self._running
        with writing(running.db) as session:
            agency = running.current.agency_in(session)
            calendar = running.clock.calendar.knowing(imported_notices(session))
            click = handle(session, agency, calendar, click_id, self._now())
            return click, recipient_of(session, click.message_id), agency

    def _recorded(self, click_id: int, outcome: Outcome) -> None:
        with writing(self._running.db) as session:
            record_change(session, click_id, outcome, self._now())


def click_of(channel: str, told: dict[str, str], now: datetime) -> Click:
    """The click that an event tells; its key is what WeCom names to tell repetitions by."""
    event = (told.get(key, "") for key in ("FromUserName", "CreateTime", "EventKey", "TaskId"))
    key = f"MsgId {told['MsgId']}" if told.get("MsgId") else " ".join(event)
    return Click(
        key=f"{channel} {key}",
        channel=channel,
        account=told.get("FromUserName", ""),
        message_id=told.get("TaskId", ""),
        response_code=told.get("ResponseCode", ""),
        received_at=now,
    )
