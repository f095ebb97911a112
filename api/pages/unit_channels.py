"""一个单位的渠道: a test message over one of them, and the code of it typed back."""

from fastapi import APIRouter
from starlette.responses import Response

from api.channel_test import send_test_message
from api.errors import BadInput
from api.pages.unit_view import UnitView, View
from api.posted_forms import SentForm
from api.unit_form import typed
from engine.confirmation import confirm
from engine.database import writing
from engine.errors import NotFound

router = APIRouter(prefix="/units/{unit}/channels/{channel}")


@router.post("/test")
async def test(view: View, channel: str, form: SentForm) -> Response:
    """发测试消息: the answer of the far side stands on the page."""
    agency = view.process.current.agency()
    _check(view, channel)
    to = typed(form, "to")
    filled = {"channel": channel, "to": to}
    try:
        tested = await send_test_message(view.process.db, agency, channel, to, view.now)
    except BadInput as refused:
        return view.render(str(refused), "channels", filled, 422)
    if not tested.accepted:
        return view.render(tested.in_words, "channels", filled, 409)
    return view.done("tested", "channels")


@router.post("/confirm")
def confirmed(view: View, channel: str, form: SentForm) -> Response:
    """确认渠道. A wrong code counts, and so is stored."""
    _check(view, channel)
    code = typed(form, "code")
    with writing(view.process.db) as session:
        refused = confirm(session, channel, code, view.now)
    if refused:
        return view.render(refused, "channels", None, 409)
    return view.done("confirmed", "channels")


def _check(view: UnitView, channel: str) -> None:
    """Raises NotFound for a channel that is not the unit's."""
    if channel not in view.found(view.process.current.agency()).channels:
        raise NotFound(f"本单位没有渠道“{channel}”")
