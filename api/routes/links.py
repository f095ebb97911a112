"""/m/{token}: the page of one delivery. The link is the credential, for its matters alone.

GET changes nothing: mail gateways and chat programs open every link that passes by. Whoever is signed
in beside it has to be one who sees these matters, and is led on to them.
"""

from asyncio import to_thread
from datetime import date, datetime, timedelta
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from sqlmodel import Session
from starlette.responses import Response

from api.cookies import SESSION, cookie
from api.dependencies import (
    AgencyNow,
    CalendarNow,
    Now,
    Reader,
    Writer,
    WriterAgency,
    WriterCalendar,
    running,
)
from api.errors import BadInput, Refused
from api.limited_body import limited_body
from api.linked_matters import Opened, open_link, shown_of
from api.rendering import templates
from api.viewer import Viewer, viewer_of_session
from api.wecom_sign_in_pages import way_from
from engine.acknowledgements import Via
from engine.agency import Agency
from engine.errors import BadLink, LinkExpired, NotAllowed
from engine.instants import local_day
from engine.obligations import Status
from engine.signing import Signed, Told, sign
from engine.workdays import WorkCalendar

router = APIRouter(prefix="/m", include_in_schema=False)
_LARGEST = 8 * 1024
ALL = "all"  # the value of the button for everything

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


async def _signed_in(request: Request, now: Now) -> Viewer | None:
    """Who is signed in in the browser; asked before the route's own transaction begins."""
    id_ = cookie(request, SESSION)
    if not id_:
        return None
    process = running(request)
    return await to_thread(viewer_of_session, process.db, process.current.agency, id_, now)


async def _sent(request: Request) -> bytes:
    return await limited_body(request, _LARGEST)


SignedIn = Annotated[Viewer | None, Depends(_signed_in)]
# Asked for before the session, too: who sends slowly would keep all who write waiting.
Sent = Annotated[bytes, Depends(_sent)]


@router.get("/{token}")
async def page(
    token: str,
    request: Request,
    person: SignedIn,
    session: Reader,
    agency: AgencyNow,
    calendar: CalendarNow,
    now: Now,
) -> Response:
    """The matters of the delivery, with buttons."""
    try:
        opened = open_link(session, agency, token, person, now)
    except (BadLink, LinkExpired, Refused) as fault:
        return _refused(request, fault)
    return _page(request, session, agency, calendar, opened, now)


@router.post("/{token}")
async def acknowledged(
    token: str,
    request: Request,
    person: SignedIn,
    form: Sent,
    session: Writer,
    agency: WriterAgency,
    calendar: WriterCalendar,
    now: Now,
) -> Response:
    """签收 of one matter or of all, by one of the people whom the delivery reached."""
    try:
        opened = open_link(session, agency, token, person, now)
        chosen, by, until = _asked(form, opened)
        with session.begin_nested():  # a date that does not suit one matter suits none
            signed = sign(
                *(session, agency, calendar, chosen), by=by, via=Via.LINK, until=until, now=now
            )
    except (BadLink, LinkExpired, Refused) as fault:
        return _refused(request, fault)
    except (BadInput, NotAllowed) as fault:
        return _page(request, session, agency, calendar, opened, now, 422, fault=str(fault))
    said = [_in_words(one, agency) for one in signed]
    return _page(request, session, agency, calendar, opened, now, said=said)


def _asked(form: bytes, opened: Opened) -> tuple[list[Told], str, date | None]:
    """The matters, the name and the date of a form. Raises BadInput."""
    try:
        given = parse_qs(form.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError:
        raise BadInput("表单读不懂，请刷新页面再试") from None
    value = {name: values[0].strip() for name, values in given.items()}
    by = value.get("by", "")
    if by not in (one.name for one in opened.people):
        raise BadInput("请选择签收人")
    wanted = value.get("obligation", "")
    chosen = [one for one in opened.told if wanted in (ALL, str(one.obligation.id))]
    if wanted == ALL:
        chosen = [one for one in chosen if one.ours and one.obligation.status is Status.OPEN]
    if not chosen and wanted != ALL:
        raise BadInput("请选择要签收的事项")
    return chosen, by, _until(value.get("until", ""))


def _until(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput(f"暂缓提醒至“{text[:20]}”：应写作 2026-10-12") from None


def _in_words(one: Signed, agency: Agency) -> str:
    row = one.obligation
    rule = agency.catalogue.rules.get(row.rule)
    matter = f"“{rule.quote if rule else row.rule}（{row.period_in_words}）”"
    if one.acknowledgement is None:
        return f"{matter}{one.refused}"
    if one.new:
        return f"{matter}已由{one.acknowledgement.by}签收"
    return f"{matter}此前已由{one.acknowledgement.by}签收，不用再签"


def _page(
    request: Request,
    session: Session,
    agency: Agency,
    calendar: WorkCalendar,
    opened: Opened,
    now: datetime,
    status: int = 200,
    *,
    said: list[str] | None = None,
    fault: str = "",
) -> Response:
    shown = shown_of(session, agency, calendar, opened, now)
    context = {
        "shown": shown,
        "people": opened.people,
        "person": opened.person,
        "wecom": "" if opened.person else way_from(request),
        "signable": [one for one in shown if one.signable],
        "said": said or [],
        "fault": fault,
        "now": now,
        "tomorrow": local_day(now) + timedelta(days=1),
        "all": ALL,
    }
    return templates.TemplateResponse(request, "link.html", context, status, _HEADERS)


def _refused(request: Request, fault: BadLink | LinkExpired | Refused) -> Response:
    """A plain page: whether there ever was such a delivery is nobody's business."""
    status = 410 if isinstance(fault, LinkExpired) else getattr(fault, "status", 404)
    context = {"fault": str(fault), "foreign": isinstance(fault, Refused)}
    return templates.TemplateResponse(request, "link_refused.html", context, status, _HEADERS)
