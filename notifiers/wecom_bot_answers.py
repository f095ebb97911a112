"""The answers that are still to come over a robot's line, by the request that each belongs to."""

from concurrent.futures import Future
from threading import Lock

from notifiers.wecom_bot_frames import Frame


class Unanswered(Exception):
    """A frame has left, and nobody said what became of it."""


class Answers:
    """Asked for by any thread, given by the one that reads."""

    def __init__(self) -> None:
        self._waiting: dict[str, Future[Frame]] = {}
        self._lock = Lock()

    def expect(self, request: str) -> "Future[Frame]":
        """The answer to a request that is about to leave."""
        future: Future[Frame] = Future()
        with self._lock:
            self._waiting[request] = future
        return future

    def forget(self, future: "Future[Frame]") -> None:
        """Nobody waits for it any more."""
        with self._lock:
            self._waiting = {key: one for key, one in self._waiting.items() if one is not future}

    def give(self, request: str, frame: Frame) -> None:
        """An answer came."""
        with self._lock:
            future = self._waiting.pop(request, None)
        if future and future.set_running_or_notify_cancel():
            future.set_result(frame)

    def give_up(self) -> None:
        """None comes any more: whoever waits gets Unanswered."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if future.set_running_or_notify_cancel():
                future.set_exception(Unanswered())
