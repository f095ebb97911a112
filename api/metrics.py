"""/metrics: what a monitoring system (Prometheus) reads. prometheus-client's address."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address, ip_network

from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import Now, Reader, running
from api.settings_file import OPEN, Server
from engine.line_states import LineNow, lines_now
from engine.measures import Measures, measures

PATH = "/metrics"
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Requests:
    """How many requests this process has answered, by method and by status."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answered = Counter(
            "qixian_http_requests",
            "Requests that this process answered",
            ["method", "status"],
            registry=self.registry,
        )

    def count(self, method: str, status: int) -> None:
        """One of them."""
        known = method if method in _METHODS else "other"  # or a stranger could make them many
        self._answered.labels(known, str(status)).inc()


_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

router = APIRouter(include_in_schema=False)


def may_read(server: Server, address: str) -> bool:
    """May somebody at that address read them without saying who he is?"""
    if isinstance(server.metrics, str):
        return server.metrics == OPEN
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(text) for text in server.metrics)


@router.get(PATH)
async def metrics(request: Request, session: Reader, now: Now) -> Response:
    """All of them, in the text format."""
    process = running(request)
    clock, agency = process.clock, process.configuration.agency
    found = CollectorRegistry()
    found.register(
        _Shown(
            (
                *_families(measures(session, now), now),
                _lines(lines_now(session, agency, now)),
                _age("qixian_last_tick_age_seconds", "Since the last tick", clock.last_tick, now),
                _one(
                    "qixian_calendar_announced_year",
                    "The last year whose holidays are announced",
                    clock.calendar.announced_through,
                ),
            )
        )
    )
    own = generate_latest(request.app.state.requests.registry)
    return Response(generate_latest(found) + own, headers={"Content-Type": _TEXT})


class _Shown:
    """Metrics as they were found."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        """For the registry."""
        yield from self._families


def _families(found: Measures, now: datetime) -> Iterator[Metric]:
    obligations = GaugeMetricFamily(
        "qixian_obligations", "Obligations by status; overdue ones are open too", labels=["status"]
    )
    for status, number in found.obligations.items():
        obligations.add_metric([status], number)
    deliveries = GaugeMetricFamily(
        "qixian_deliveries", "Deliveries by channel and state", labels=["channel", "state"]
    )
    for (channel, state), number in found.deliveries.items():
        deliveries.add_metric([channel, state], number)
    queue = GaugeMetricFamily("qixian_queue_length", "Deliveries that wait", labels=["purpose"])
    for purpose, number in found.waiting.items():
        queue.add_metric([purpose], number)
    disabled = GaugeMetricFamily(
        "qixian_channel_disabled", "1 where a channel waits for a repair", labels=["channel"]
    )
    for channel, is_disabled in found.disabled.items():
        disabled.add_metric([channel], float(is_disabled))
    subscriptions = GaugeMetricFamily(
        "qixian_subscriptions", "Subscriptions by state", labels=["state"]
    )
    for state, number in found.subscriptions.items():
        subscriptions.add_metric([state], number)
    yield from (obligations, deliveries, queue, disabled, subscriptions)
    oldest = "How long the oldest delivery whose time has come waits; 0 where none does"
    yield _age("qixian_queue_oldest_seconds", oldest, found.oldest_due or now, now)


def _lines(lines: Mapping[str, LineNow]) -> Metric:
    family = GaugeMetricFamily(
        "qixian_line_connected", "1 where a channel's long connection stands", labels=["channel"]
    )
    for channel, line in lines.items():
        family.add_metric([channel], float(line.connected))
    return family


def _age(name: str, text: str, since: datetime | None, now: datetime) -> Metric:
    """Without a value where it never happened."""
    family = GaugeMetricFamily(name, text)
    if since is not None:
        family.add_metric([], max(0.0, (now - since).total_seconds()))
    return family


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
