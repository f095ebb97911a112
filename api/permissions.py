"""权限 Permission: what each operation asks for, and what each role and each scope of a token may.

Every route of the application stands in OPERATIONS; what does not is refused to everybody.

**Who is bound to units** (an account or a token with a unit sees it and those below it):
* What concerns the whole office is refused, 403, whatever the role: WHOLE_OFFICE, in the guard;
  where the request's body says so (an event for all, the silence of a rule, an account or a
  subscription of all units), `Viewer.check_whole`.
* What is done to a unit outside, its people, duties, channels, accounts, tokens, subscriptions and
  feeds is refused likewise: `Viewer.check_own`.
* An obligation or a message of another unit does not exist for him, 404, and nothing of another unit
  does where he reads. What is of his units he may do by his role.
* A page shows no button that would be refused: it asks `Viewer.may`.
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

# Why one who is bound to some units is refused, and who is not.
WHOLE = "这件事涉及全部单位，请由权限相同、不限单位的帐户或接口令牌办理"
OUTSIDE = "这件事在您的单位范围以外，请由权限相同、范围包括那个单位的帐户或接口令牌办理"

# Method and address as the route writes it; of what is mounted, the folder alone.
OPERATIONS: Mapping[str, Permission] = {
    "/static": Permission.OPEN,
    "GET /healthz": Permission.OPEN,
    "GET /readyz": Permission.OPEN,
    "GET /sign-in": Permission.OPEN,
    "POST /sign-in": Permission.OPEN,
    "GET /sign-in/oidc": Permission.OPEN,
    "GET /sign-in/oidc/return": Permission.OPEN,
    "GET /sign-in/wecom": Permission.OPEN,
    "GET /sign-in/wecom/return": Permission.OPEN,
    "GET /first-visit": Permission.OPEN,
    "POST /first-visit": Permission.OPEN,
    "GET /m/{token}": Permission.SIGNED,
    "POST /m/{token}": Permission.SIGNED,
    "GET /callbacks/wecom/{channel}": Permission.SIGNED,
    "POST /callbacks/wecom/{channel}": Permission.SIGNED,
    "POST /sign-out": Permission.OWN,
    "POST /sign-out-everywhere": Permission.OWN,
    "GET /password": Permission.OWN,
    "POST /password": Permission.OWN,
    "GET /": Permission.READ,
    "GET /deliveries": Permission.READ,
    "POST /deliveries": Permission.DECIDE,
    "GET /deliveries/{delivery_id}": Permission.READ,
    "POST /deliveries/{delivery_id}": Permission.DECIDE,
    "GET /documents": Permission.READ,
    "POST /documents": Permission.DECIDE,
    "GET /documents/{id}": Permission.READ,
    "POST /proposals/{proposal_id}/accept": Permission.DECIDE,
    "POST /proposals/{proposal_id}/edit": Permission.DECIDE,
    "POST /proposals/{proposal_id}/dismiss": Permission.DECIDE,
    "GET /rules": Permission.READ,
    "GET /rules/{id}": Permission.READ,
    "POST /rules/{id}/interpretation": Permission.DECIDE,
    "POST /rules/{id}/interpretation/withdraw": Permission.DECIDE,
    "GET /obligations": Permission.READ,
    "POST /obligations": Permission.ACT,
    "GET /obligations/{obligation_id}": Permission.READ,
    "POST /obligations/{obligation_id}": Permission.ACT,
    "GET /events": Permission.READ,
    "POST /events": Permission.ACT,
    "GET /calendar": Permission.READ,
    "GET /messages": Permission.DECIDE,
    "GET /system": Permission.DECIDE,
    "GET /system/calendar": Permission.DECIDE,
    "POST /system/calendar": Permission.DECIDE,
    "GET /system/accounts": Permission.ADMINISTER,
    "POST /system/accounts": Permission.ADMINISTER,
    "GET /system/accounts/{account_id}": Permission.ADMINISTER,
    "POST /system/accounts/{account_id}": Permission.ADMINISTER,
    "GET /system/tokens": Permission.ADMINISTER,
    "POST /system/tokens": Permission.ADMINISTER,
    "GET /system/access": Permission.ADMINISTER,
    "GET /units": Permission.READ,
    "POST /units": Permission.DECIDE,
    "GET /units/{unit}": Permission.READ,
    "POST /units/{unit}": Permission.DECIDE,
    "POST /units/{unit}/end": Permission.DECIDE,
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
    "GET /docs": Permission.READ,
    "GET /docs/assets/{name}": Permission.READ,
    "GET /metrics": Permission.ADMINISTER,  # or open, where [server] metrics says so: api.guard
    "GET /api/v1/status": Permission.ADMINISTER,
    "GET /api/v1/accounts": Permission.ADMINISTER,
    "GET /api/v1/accounts/{name}": Permission.ADMINISTER,
    "POST /api/v1/accounts": Permission.ADMINISTER,
    "POST /api/v1/accounts/{name}": Permission.ADMINISTER,
    "POST /api/v1/accounts/{name}/password": Permission.ADMINISTER,
    "POST /api/v1/accounts/{name}/disable": Permission.ADMINISTER,
    "POST /api/v1/accounts/{name}/enable": Permission.ADMINISTER,
    "GET /api/v1/tokens": Permission.ADMINISTER,
    "POST /api/v1/tokens": Permission.ADMINISTER,
    "POST /api/v1/tokens/{name}/revoke": Permission.ADMINISTER,
    "GET /api/v1/subscriptions": Permission.ADMINISTER,
    "GET /api/v1/subscriptions/{subscription_id}": Permission.ADMINISTER,
    "POST /api/v1/subscriptions": Permission.ADMINISTER,
    "POST /api/v1/subscriptions/{subscription_id}": Permission.ADMINISTER,
    "POST /api/v1/subscriptions/{subscription_id}/secret": Permission.ADMINISTER,
    "POST /api/v1/subscriptions/{subscription_id}/disable": Permission.ADMINISTER,
    "POST /api/v1/subscriptions/{subscription_id}/enable": Permission.ADMINISTER,
    "POST /api/v1/subscriptions/{subscription_id}/test": Permission.ADMINISTER,
    "POST /api/v1/subscriptions/{subscription_id}/remove": Permission.ADMINISTER,
    "GET /obligations.xlsx": Permission.READ,
    "GET /statistics": Permission.READ,
    "GET /statistics/list": Permission.READ,
    "GET /statistics.xlsx": Permission.READ,
    "GET /feeds": Permission.OWN,
    "POST /feeds": Permission.OWN,
    "POST /feeds/{feed_id}/revoke": Permission.OWN,
    "GET /feeds/{token}.ics": Permission.SIGNED,
    "GET /api/v1/obligations": Permission.READ,
    "GET /api/v1/obligations.xlsx": Permission.READ,
    "GET /api/v1/statistics": Permission.READ,
    "GET /api/v1/statistics/list": Permission.READ,
    "GET /api/v1/statistics.xlsx": Permission.READ,
    "GET /api/v1/feeds": Permission.READ,
    "POST /api/v1/feeds": Permission.READ,
    "POST /api/v1/feeds/{feed_id}/revoke": Permission.READ,
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
    "GET /api/v1/rules/{id}": Permission.READ,
    "GET /api/v1/rules/{id}/interpretations": Permission.READ,
    "POST /api/v1/rules/{id}/interpretation": Permission.DECIDE,
    "POST /api/v1/rules/{id}/interpretation/withdraw": Permission.DECIDE,
    "GET /api/v1/units": Permission.READ,
    "POST /api/v1/units": Permission.DECIDE,
    "GET /api/v1/units/{id}": Permission.READ,
    "POST /api/v1/units/{id}": Permission.DECIDE,
    "POST /api/v1/units/{id}/end": Permission.DECIDE,
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

WHOLE_OFFICE = frozenset(
    {
        "POST /documents",
        "POST /proposals/{proposal_id}/accept",
        "POST /proposals/{proposal_id}/edit",
        "POST /proposals/{proposal_id}/dismiss",
        "POST /rules/{id}/interpretation",
        "POST /rules/{id}/interpretation/withdraw",
        "POST /system/calendar",
        "GET /system/access",
        "GET /metrics",
        "GET /api/v1/status",
        "POST /api/v1/documents",
        "POST /api/v1/proposals/{proposal_id}/accept",
        "POST /api/v1/proposals/{proposal_id}/edit",
        "POST /api/v1/proposals/{proposal_id}/dismiss",
        "POST /api/v1/rules/{id}/interpretation",
        "POST /api/v1/rules/{id}/interpretation/withdraw",
        "POST /api/v1/bounces",
        "POST /api/v1/calendar/notices",
    }
)
