"""/api/v1/channels"""

from typing import Any

from fastapi import Request
from sqlmodel import Session

from api.channel_rows import Confirmation, TestMessage, channel_row
from api.channel_test import Tested, send_test_message
from api.dependencies import AgencyNow, Now, Reader, Viewing, running
from api.errors import Refused
from api.idempotency import Room, answered
from api.json_rows import tested_row
from api.permissions import OUTSIDE
from api.viewer import Viewer
from engine.agency import Agency
from engine.channels import channel_states
from engine.confirmation import confirm
from engine.database import writing
from engine.deliveries import waiting_channels
from engine.errors import NotAllowed, NotFound
from engine.line_states import lines_now
from notifiers.channel import Notifier

router = Room(prefix="/channels")


@router.get("")
async def channels(session: Reader, agency: AgencyNow, now: Now, viewer: Viewing) -> dict[str, Any]:
    """渠道 of the configuration, or of the viewer's units: whether each can send, what waits on it, and what to do."""
    states, waiting = channel_states(session), waiting_channels(session)
    lines = lines_now(session, agency, now)
    return {
        "items": [
            channel_row(id_, notifier.kind, states.get(id_), waiting.get(id_, 0), lines.get(id_))
            for id_, notifier in _own(agency, viewer).items()
        ]
    }


@router.post("/{channel}/test")
async def tested(
    channel: str,
    asked: TestMessage,
    request: Request,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
) -> dict[str, Any]:
    """Send a message with a code, at once. `outcome` says what the far side answered: accepted,
    rejected, retry or unknown; what is accepted brings a disabled channel back."""
    _check_own(agency, viewer, channel)

    def keep(session: Session, tested: Tested) -> None:
        answered(request, session, tested_row(tested))

    db = running(request).db
    return tested_row(await send_test_message(db, agency, channel, asked.to, now, keep))


@router.post("/{channel}/confirm")
def confirmed(
    channel: str,
    asked: Confirmation,
    request: Request,
    agency: AgencyNow,
    now: Now,
    viewer: Viewing,
) -> Any:
    """The code of the test message, typed back. A wrong one counts, and so is stored."""
    _check_own(agency, viewer, channel)
    with writing(running(request).db) as session:
        refused = confirm(session, channel, asked.code, now)
        row = channel_row(
            channel,
            agency.channels[channel].kind,
            channel_states(session).get(channel),
            waiting_channels(session).get(channel, 0),
            lines_now(session, agency, now).get(channel),
        )
        if not refused:
            return answered(request, session, row)
    raise NotAllowed(refused)


def _own(agency: Agency, viewer: Viewer) -> dict[str, Notifier]:
    """The channels over which the viewer's units are told; what goes over another one is not his."""
    units = [unit for unit in agency.units.values() if viewer.sees(unit.id)]
    used = {channel for unit in units for channel in unit.channels}
    return {id_: one for id_, one in agency.channels.items() if viewer.units is None or id_ in used}


def _check_own(agency: Agency, viewer: Viewer, channel: str) -> None:
    """Raises NotFound, Refused."""
    if channel not in agency.channels:
        raise NotFound(f"没有渠道“{channel}”")
    if channel not in _own(agency, viewer):
        raise Refused(403, "forbidden", OUTSIDE)
