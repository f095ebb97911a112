"""/api/v1/bounces"""

from typing import Annotated, Any

from fastapi import Depends, Request

from api.dependencies import Now, Writer, WriterAgency, WriterCalendar
from api.errors import BadInput
from api.idempotency import Room
from api.json_rows import letter_row
from engine.replies import take_letter

router = Room(prefix="/bounces")


async def _letter(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "message/rfc822":
        raise BadInput("请求体应是一封完整的邮件，Content-Type 写作 message/rfc822")
    return await request.body()


# Asked for before the session: who sends slowly would keep all who write waiting.
Letter = Annotated[bytes, Depends(_letter)]


@router.post(
    "",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def bounce(
    letter: Letter, session: Writer, agency: WriterAgency, calendar: WriterCalendar, now: Now
) -> dict[str, Any]:
    """退信或回复: a letter that came back, or that answers a reminder, whole, as message/rfc822."""
    return letter_row(take_letter(session, agency, calendar, letter, now))
