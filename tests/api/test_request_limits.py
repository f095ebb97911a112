"""How much one may ask for: pages, bodies, requests a minute; each refusal says the way out."""

from collections.abc import AsyncIterator

import pytest
from httpx import Response
from office import Office, refusal

LISTS = ["/obligations", "/deliveries", "/proposals", "/absences", "/silences"]


@pytest.mark.parametrize("path", LISTS)
def test_a_page_has_one_to_two_hundred_rows(office: Office, path: str) -> None:
    for size, words in ((0, "limit：应不小于 1"), (201, "limit：应不大于 200"), ("x", "应是整数")):
        answer = office.client.get(f"/api/v1{path}", params={"limit": size})
        assert words in refusal(answer, 422, "invalid_request")
    assert office.client.get(f"/api/v1{path}", params={"limit": 200}).status_code == 200


@pytest.mark.parametrize("key", [None, "k-1"])
def test_a_body_that_is_too_large_is_not_read_to_its_end(office: Office, key: str | None) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1024 * 1024

    headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
    answer = office.client.post("/api/v1/documents", content=endless(), headers=headers)
    assert "至多 28 MB" in refusal(answer, 413, "too_large")
    assert sent < 40


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/units", 200),
        ("/api/v1/units", 200),
        ("/nothing", 404),
        ("/units/", 404),
    ],
)
def test_who_asks_only_for_the_head_is_told_what_the_page_would_be(
    office: Office, path: str, status: int
) -> None:
    page, head = office.client.get(path), office.client.request("HEAD", path)
    assert (head.status_code, head.content) == (status, b"")
    told = ("content-type", "content-length", "cache-control", "etag", "location")
    assert [head.headers.get(name) for name in told] == [page.headers.get(name) for name in told]


def test_each_token_has_its_own_number_of_requests_a_minute() -> None:
    office = Office(per_minute=3)
    other = office.client_with(office.token("另一个"))

    def ask() -> Response:
        return office.client.get("/api/v1/units")

    assert [ask().status_code for _ in range(3)] == [200] * 3
    refused = ask()
    assert "每分钟至多 3 次" in refusal(refused, 429, "too_many_requests")
    assert refused.headers["retry-after"] == "60"
    assert other.get("/api/v1/units").status_code == 200
    office.at("2026-09-25 10:01")
    assert ask().status_code == 200
