"""ETag, If-None-Match and If-Match (RFC 9110): what a resource shows, named by its hash.

The hash is taken of what the answer says, so that it is another whenever anything that is shown is
another: a row, its journal, who acknowledged, the calendar under a date, the hour that made it late.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Header
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.responses import Response

from api.errors import Refused

_MOVED = "这一项在您读取以后有了变动，没有办理；请重新读取，核对后再办"

NoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="上次得到的 ETag；没有变动的答 304，不带内容"),
]
Match = Annotated[
    str | None,
    Header(
        alias="If-Match", description="读取时得到的 ETag；其间有变动的答 412，不办理；不写则不核对"
    ),
]


def tagged(row: Any, if_none_match: str | None) -> Response:
    """The answer that shows a resource, with its ETag; 304 where the asker has just this."""
    shown = jsonable_encoder(row)
    headers = {"ETag": _tag(shown)}
    if if_none_match is not None and _named(headers["ETag"], if_none_match):
        return Response(status_code=304, headers=headers)
    return JSONResponse(shown, headers=headers)


def check_match(if_match: str | None, *rows: Callable[[], Any]) -> None:
    """Raises Refused (412) unless the resource is what the asker has seen; each of `rows` makes what
    one address shows of it now, in the transaction of the change."""
    if if_match is None:
        return
    if not any(_named(_tag(jsonable_encoder(row())), if_match) for row in rows):
        raise Refused(412, "precondition_failed", _MOVED)


def _tag(shown: Any) -> str:
    text = json.dumps(shown, ensure_ascii=False, sort_keys=True)
    return f'"{sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]}"'


def _named(tag: str, header: str) -> bool:
    """Is it among the tags of a header? A proxy that compresses makes tags weak; ours names what is
    said and not the bytes, and so holds all the same."""
    given = [one.strip().removeprefix("W/") for one in header.split(",")]
    return "*" in given or tag in given
