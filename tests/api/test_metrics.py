"""/metrics: what it counts, and who may read it."""

from typing import Any

import pytest
from office import CONFIGURATION, Client, Office, refusal
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from engine.api_tokens import Scope

SERVER = CONFIGURATION.server


def of(office: Office, client: Client | None = None) -> dict[tuple[str, ...], float]:
    """Each value by its name and labels."""
    answer = (client or office.client).get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_it_counts_what_there_is(office: Office) -> None:
    office.at("2026-09-28 09:00").tick()
    office.clock.last_tick = office.now
    office.post("/obligations/1/events", {"type": "complete"})
    with office.db.begin() as connection:
        connection.execute(text("UPDATE channel SET disabled_reason = '机器人已被移除'"))
    office.at("2026-09-29 09:00").tick()
    found = of(office)
    rows = office.everything()
    assert found["qixian_obligations", "done"] == 1
    assert found["qixian_obligations", "open"] == len(rows["obligation"]) - 1
    late = office.get("/status")["obligations"]["overdue"]
    assert found["qixian_obligations", "overdue"] == late > 0
    states = [row.state for row in rows["delivery"]]
    assert found["qixian_deliveries", "console", "accepted"] == states.count("accepted") > 0
    waiting = states.count("queued")
    assert found["qixian_queue_length", "reminder"] == waiting > 0
    assert found["qixian_channel_disabled", "console"] == 1
    assert found["qixian_last_tick_age_seconds",] == 24 * 3600
    assert found["qixian_queue_oldest_seconds",] == 0
    assert found["qixian_calendar_announced_year",] == 2026
    assert found["qixian_http_requests_total", "POST", "200"] == 1
    office.at("2026-09-29 09:10")
    assert of(office)["qixian_queue_oldest_seconds",] == 600


def test_nothing_is_late_that_the_list_does_not_show_as_late(office: Office) -> None:
    page = office.get("/obligations", status="overdue", limit=200)
    assert page["next"] is None
    assert of(office)["qixian_obligations", "overdue"] == len(page["items"]) > 0


@pytest.mark.parametrize(
    ("allowed", "address", "opens"),
    [
        ("closed", "127.0.0.1", False),
        ("open", "203.0.113.9", True),
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8"], "192.168.1.1", False),
        (["10.0.0.0/8", "fd00::/8"], "fd00::1", True),
        (["10.0.0.0/8"], "", False),
        ([], "127.0.0.1", False),
    ],
)
def test_who_reads_it_without_signing_in(allowed: Any, address: str, opens: bool) -> None:
    office = Office(server=replace_metrics(allowed))
    stranger = Client(office.app, address=(address, 5000))
    answer = stranger.get("/metrics")
    refusal(stranger.get("/api/v1/status"), 401, "unauthorized")
    if opens:
        assert answer.status_code == 200
        return
    refusal(answer, 401, "unauthorized")
    acting = office.client_with(office.token("r", Scope.ACT))
    refusal(acting.get("/metrics"), 403, "forbidden")


def replace_metrics(allowed: Any) -> Any:
    return SERVER.model_copy(update={"metrics": allowed})
