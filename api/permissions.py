"""权限 Permission: what each operation asks for, and what each role and each scope of a token may.

Every route of the application stands in OPERATIONS; what does not is refused to everybody.
"""

from collections.abc import Mapping
from enum import StrEnum

from engine.accounts import Role
from engine.api_tokens import Scope


class Permission(StrEnum):
    """权限."""

    OPEN = "open"  # nobody has to say who he is
    SIGNED = "signed"  # a signature in the request is the credential; its route checks it
    READ = "read"  # what is shared, and what belongs to one's units
    ACT = "act"  # on the obligations of one's units
    DECIDE = "decide"  # on documents, rules, the calendar, and what goes out
    ADMINISTER = "administer"  # accounts, tokens, the system itself
    OWN = "own"  # one's own account: persons only


_READER = frozenset({Permission.READ})
_CLERK = _READER | {Permission.ACT}
_OFFICE = _CLERK | {Permission.DECIDE}
_ADMINISTRATOR = _OFFICE | {Permission.ADMINISTER}

OF_ROLE: Mapping[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: _ADMINISTRATOR | {Permission.OWN},
    Role.OFFICE: _OFFICE | {Permission.OWN},
    Role.CLERK: _CLERK | {Permission.OWN},
    Role.READER: _READER | {Permission.OWN},
}
OF_SCOPE: Mapping[Scope, frozenset[Permission]] = {
    Scope.READ: _READER,
    Scope.ACT: _CLERK,
    Scope.ADMIN: _ADMINISTRATOR,
}

# Method and address as the route writes it; of what is mounted, the folder alone.
OPERATIONS: Mapping[str, Permission] = {
    "/static": Permission.OPEN,
    "GET /healthz": Permission.OPEN,
    "GET /readyz": Permission.OPEN,
    "GET /sign-in": Permission.OPEN,
    "POST /sign-in": Permission.OPEN,
    "GET /sign-in/oidc": Permission.OPEN,
    "GET /sign-in/oidc/return": Permission.OPEN,
    "GET /first-visit": Permission.OPEN,
    "POST /first-visit": Permission.OPEN,
    "GET /m/{token}": Permission.SIGNED,
    "HEAD /m/{token}": Permission.SIGNED,
    "POST /m/{token}": Permission.SIGNED,
    "GET /callbacks/wecom/{channel}": Permission.SIGNED,
    "POST /callbacks/wecom/{channel}": Permission.SIGNED,
    "POST /sign-out": Permission.OWN,
    "POST /sign-out-everywhere": Permission.OWN,
    "GET /password": Permission.OWN,
    "POST /password": Permission.OWN,
    "GET /": Permission.READ,
    "GET /units": Permission.READ,
    "POST /units": Permission.DECIDE,
    "GET /units/{unit}": Permission.READ,
    "POST /units/{unit}": Permission.DECIDE,
    "POST /units/{unit}/duties": Permission.DECIDE,
    "POST /units/{unit}/duties/end": Permission.DECIDE,
    "POST /units/{unit}/absences": Permission.ACT,
    "POST /units/{unit}/absences/{absence_id}/cancel": Permission.ACT,
    "POST /units/{unit}/silences": Permission.ACT,
    "POST /units/{unit}/silences/{silence_id}/end": Permission.ACT,
    "POST /units/{unit}/channels/{channel}/test": Permission.DECIDE,
    "POST /units/{unit}/channels/{channel}/confirm": Permission.DECIDE,
    "GET /import": Permission.DECIDE,
    "POST /import": Permission.DECIDE,
    "GET /import/template": Permission.DECIDE,
    "POST /import/apply": Permission.DECIDE,
    "GET /openapi.json": Permission.READ,
    "GET /api/v1/obligations": Permission.READ,
    "GET /api/v1/obligations/{obligation_id}": Permission.READ,
    "GET /api/v1/obligations/{obligation_id}/explanation": Permission.READ,
    "POST /api/v1/obligations/{obligation_id}/events": Permission.ACT,
    "POST /api/v1/events": Permission.ACT,
    "GET /api/v1/absences": Permission.READ,
    "POST /api/v1/absences": Permission.ACT,
    "POST /api/v1/absences/{absence_id}/cancel": Permission.ACT,
    "GET /api/v1/silences": Permission.READ,
    "POST /api/v1/silences": Permission.ACT,
    "POST /api/v1/silences/{silence_id}/end": Permission.ACT,
    "GET /api/v1/people/unreachable": Permission.DECIDE,
    "GET /api/v1/documents": Permission.READ,
    "GET /api/v1/documents/{id}": Permission.READ,
    "GET /api/v1/documents/{id}/text": Permission.READ,
    "GET /api/v1/documents/{id}/phrases": Permission.READ,
    "GET /api/v1/documents/{id}/catalogue": Permission.READ,
    "POST /api/v1/documents": Permission.DECIDE,
    "GET /api/v1/proposals": Permission.READ,
    "GET /api/v1/proposals/{proposal_id}": Permission.READ,
    "POST /api/v1/proposals/{proposal_id}/accept": Permission.DECIDE,
    "POST /api/v1/proposals/{proposal_id}/edit": Permission.DECIDE,
    "POST /api/v1/proposals/{proposal_id}/dismiss": Permission.DECIDE,
    "GET /api/v1/rules": Permission.READ,
    "GET /api/v1/units": Permission.READ,
    "POST /api/v1/units": Permission.DECIDE,
    "POST /api/v1/units/{id}": Permission.DECIDE,
    "GET /api/v1/duties": Permission.READ,
    "POST /api/v1/duties": Permission.DECIDE,
    "POST /api/v1/duties/end": Permission.DECIDE,
    "POST /api/v1/import": Permission.DECIDE,
    "GET /api/v1/seasons": Permission.READ,
    "GET /api/v1/deliveries": Permission.READ,
    "GET /api/v1/deliveries/{delivery_id}": Permission.READ,
    "POST /api/v1/deliveries/{delivery_id}/resend": Permission.DECIDE,
    "POST /api/v1/deliveries/resend": Permission.DECIDE,
    "POST /api/v1/bounces": Permission.DECIDE,
    "GET /api/v1/channels": Permission.DECIDE,
    "POST /api/v1/channels/{channel}/test": Permission.DECIDE,
    "POST /api/v1/channels/{channel}/confirm": Permission.DECIDE,
    "GET /api/v1/calendar/{year}": Permission.READ,
    "POST /api/v1/calendar/notices": Permission.DECIDE,
    "GET /api/v1/workdays/add": Permission.READ,
    "GET /api/v1/workdays/count": Permission.READ,
    "GET /api/v1/workdays/check": Permission.READ,
}
