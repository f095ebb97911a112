"""Where a worker is killed: hooks put around the product's functions, from outside.

A hook burns one grain of the fuse each time somebody passes its point. The fuse is a pipe that all
workers of a round share, so that exactly so many of them die, whoever comes there first.
"""

import os
from collections.abc import Callable, Coroutine
from enum import StrEnum
from signal import SIGKILL
from typing import Any

from aiohttp import TCPConnector
from aiohttp.http_writer import StreamWriter

from engine import tick
from engine.drain import Drainer


class Point(StrEnum):
    """A moment in the life of a message."""

    PLANNING = "between derive and the commit of plan"
    BEFORE_LEASE = "before the lease is taken"
    LEASED = "after the lease is taken"
    CONNECTING = "before connecting"
    CONNECTED = "connected, before the request"
    SENT = "after the request was sent"
    ANSWERED = "after the answer was read"
    RECORDED = "after the result was written"


# Connections are kept for the next request, and a tick plans once: only the first passing is sure.
PASSED_ONCE = {Point.PLANNING, Point.CONNECTING, Point.CONNECTED}


class Fuse:
    """Lets the first `spared` pass and kills (SIGKILL) the `killed` that come after them."""

    def __init__(self, spared: int, killed: int) -> None:
        self._out, into = os.pipe()
        os.write(into, b"." * spared + b"x" * killed)
        os.close(into)

    def burn(self) -> None:
        """One passing."""
        if os.read(self._out, 1) == b"x":
            os.kill(os.getpid(), SIGKILL)

    def close(self) -> None:
        """Nobody passes any more."""
        os.close(self._out)


def install(point: Point, fuse: Fuse) -> None:
    """Put the hook of a point into this process."""
    match point:
        case Point.PLANNING:
            _hook(tick, "plan", after=fuse.burn)
        case Point.BEFORE_LEASE:
            _hook_coroutine(Drainer, "_drain_channel", before=fuse.burn)
        case Point.LEASED:
            _hook_coroutine(Drainer, "_send", before=fuse.burn)
        case Point.CONNECTING:
            _hook_coroutine(TCPConnector, "_create_connection", before=fuse.burn)
        case Point.CONNECTED:
            _hook_coroutine(TCPConnector, "_create_connection", after=fuse.burn)
        case Point.SENT:
            _hook_coroutine(StreamWriter, "write_eof", after=fuse.burn)
        case Point.ANSWERED:
            _hook_coroutine(Drainer, "_write", before=fuse.burn)
        case Point.RECORDED:
            _hook_coroutine(Drainer, "_send", after=fuse.burn)


def _nothing() -> None:
    pass


def _hook(
    owner: Any,
    name: str,
    before: Callable[[], None] = _nothing,
    after: Callable[[], None] = _nothing,
) -> None:
    real = getattr(owner, name)

    def hooked(*given: Any) -> Any:
        before()
        result = real(*given)
        after()
        return result

    setattr(owner, name, hooked)


def _hook_coroutine(
    owner: type,
    name: str,
    before: Callable[[], None] = _nothing,
    after: Callable[[], None] = _nothing,
) -> None:
    real: Callable[..., Coroutine[Any, Any, Any]] = getattr(owner, name)

    async def hooked(*given: Any) -> Any:
        before()
        result = await real(*given)
        after()
        return result

    setattr(owner, name, hooked)
