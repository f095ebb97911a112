"""The body of a request from whom we do not know, bounded where it is read."""

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def limited_body(request: Request, largest: int) -> bytes:
    """At most so many bytes. Raises 413."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise HTTPException(413)
    return body
