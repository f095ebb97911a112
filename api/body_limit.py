"""The size of a request's body, bounded before anything is made of it."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A file of 20 MB as base64, in JSON.
LARGEST_BODY = 28 * 1024 * 1024
# The forms of those who have not said yet who they are.
LARGEST_OPEN_FORM = 64 * 1024
_OPEN_FORMS = ("/sign-in", "/first-visit")


class BodyLimit:
    """Lets no more of a body through; who reads on gets an HTTPException 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        seen = 0
        is_open = scope["type"] == "http" and scope["path"].startswith(_OPEN_FORMS)
        largest = LARGEST_OPEN_FORM if is_open else LARGEST_BODY

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > largest:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
