"""A receiving system that follows Standard Webhooks, signatures checked by the reference library."""

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook as Reference

from tests.servers.loopback import LoopbackServer, Reply, Request

_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True)
class Event:
    id: str
    timestamp: datetime  # of the attempt, in UTC
    body: dict[str, Any]


class WebhookSink(LoopbackServer):
    """`with WebhookSink("whsec_…") as sink:`; then `sink.base + "/hook"` is its address.

    `received` holds each event once, `repeated` what came again with a known id, `refused` the
    reason of each refusal. Faults: those of LoopbackServer, and "busy:SECONDS" (503 with
    Retry-After). The age of a timestamp is not judged: tests have their own clock.
    """

    def __init__(self, secret: str) -> None:
        super().__init__()
        self.received: list[Event] = []
        self.repeated: list[Event] = []
        self.refused: list[str] = []
        self._secret = secret

    def answer(self, request: Request) -> Reply:
        missing = [name for name in _HEADERS if name not in request.headers]
        if missing:
            return self._refuse(f"missing {missing[0]}")
        identifier, seconds, signatures = (request.headers[name] for name in _HEADERS)
        timestamp = datetime.fromtimestamp(int(seconds), UTC)
        # The library signs aware times of other zones wrongly; in UTC it is right.
        expected = Reference(self._secret).sign(identifier, timestamp, request.body.decode())
        if not any(hmac.compare_digest(expected, one) for one in signatures.split(" ")):
            return self._refuse("signature")
        event = Event(identifier, timestamp, json.loads(request.body))
        known = any(one.id == identifier for one in self.received)
        (self.repeated if known else self.received).append(event)
        return Reply(204)

    def canned(self, fault: str, argument: str) -> Reply | None:
        if fault == "busy":
            return Reply(503, headers={"Retry-After": argument})
        return super().canned(fault, argument)

    def _refuse(self, reason: str) -> Reply:
        self.refused.append(reason)
        return Reply(401, reason.encode())
