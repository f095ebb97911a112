"""/api/v1/status: how the system is, and how it is configured, without a secret"""

from importlib.metadata import version
from typing import Any

from fastapi import Request

from api.configuration import Configuration
from api.dependencies import AgencyNow, CalendarNow, Now, Reader, running
from api.idempotency import Room
from engine.agency import Agency
from engine.channels import channel_states
from engine.instants import local_iso
from engine.measures import measures
from engine.postgres import address_of, is_postgres

router = Room(prefix="/status")


@router.get("")
async def status(
    request: Request, session: Reader, agency: AgencyNow, calendar: CalendarNow, now: Now
) -> dict[str, Any]:
    """系统状态: version, database, clock, calendar, what waits, and the configuration."""
    process = running(request)
    found, states = measures(session, now), channel_states(session)
    return {
        "version": version("qixian"),
        "now": local_iso(now),
        "last_tick": local_iso(process.clock.last_tick),
        "database": {
            "kind": "postgresql" if is_postgres(process.db) else "sqlite",
            "address": address_of(process.db),
        },
        "calendar": {
            "region": calendar.region,
            "announced_through": calendar.announced_through,
            "certain_through": calendar.certain_through.isoformat(),
        },
        "obligations": found.obligations,
        "waiting": sum(found.waiting.values()),
        "disabled_channels": sorted(id_ for id_, row in states.items() if row.disabled_reason),
        "subscriptions": found.subscriptions,
        "configuration": _configuration(process.configuration, agency),
    }


def _configuration(configuration: Configuration, agency: Agency) -> dict[str, Any]:
    server = configuration.server
    return {
        "public_url": server.public_url or None,
        "metrics": server.metrics,
        "notice_folder": configuration.notice_folder is not None,
        "oidc": configuration.oidc is not None,
        "wecom_sign_in": configuration.wecom_sign_in is not None,
        "heartbeat": configuration.heartbeat is not None,
        "hours": {"begin": f"{agency.hours.begin:%H:%M}", "end": f"{agency.hours.end:%H:%M}"},
        "horizon_days": agency.horizon_days,
        "units": len(agency.units),
        "duties": len(agency.duties_in_force),
        "rules": len(agency.rules),
        "documents": len(agency.catalogue.documents),
        "channels": [{"id": id_, "kind": one.kind} for id_, one in agency.channels.items()],
    }
