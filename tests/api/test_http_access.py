"""Who may ask: the token, the host name, and what is open to everybody."""

from base64 import b64encode

import pytest
from office import Office, refusal

TOKEN = "令牌-s3cret"
DOORS = ["/", "/api/v1/obligations", "/api/v1/units", "/openapi.json", "/api/v1/deliveries"]


def basic(name: str, password: str) -> str:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


@pytest.mark.parametrize("door", DOORS)
def test_with_a_token_every_door_asks_for_it(door: str) -> None:
    office = Office(token="s3cret")
    for given in (
        *(
            None,
            "",
            "Bearer",
            "Bearer ",
            "Bearer s3cre",
            "Bearer s3cret2",
            "s3cret",
            "Digest s3cret",
        ),
        *(basic("s3cret", ""), basic("", "S3CRET"), "Basic s3cret", "Basic //8=", "Basic ééé"),
    ):
        headers = {} if given is None else {"authorization": given.encode()}
        answer = office.client.get(door, headers=headers)
        assert "令牌" in refusal(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "s3cret" not in answer.text
    for given in ("Bearer s3cret", "bearer s3cret", basic("", "s3cret"), basic("任何人", "s3cret")):
        assert office.client.get(door, headers={"authorization": given}).status_code == 200


def test_with_a_token_any_host_name_will_do() -> None:
    office = Office(token="s3cret")
    headers = {"authorization": "Bearer s3cret", "host": "qixian.example.gov.cn"}
    assert office.client.get("/", headers=headers).status_code == 200


def test_a_token_outside_ascii_works_as_a_password() -> None:
    headers = {"authorization": basic("", TOKEN)}
    assert Office(token=TOKEN).client.get("/", headers=headers).status_code == 200


def test_a_write_without_the_token_writes_nothing() -> None:
    office = Office(token="s3cret")
    before = office.everything()
    refusal(office.disaster(), 401, "unauthorized")
    body = {"type": "complete", "by": "张三"}
    refusal(office.post("/obligations/1/events", body), 401, "unauthorized")
    assert office.everything() == before


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "192.0.2.1", "evil_x.example"],
)
def test_without_a_token_a_foreign_host_name_is_refused(
    office: Office, door: str, host: str
) -> None:
    refusal(office.client.get(door, headers={"host": host}), 403, "forbidden")


@pytest.mark.parametrize("host", ["", "[::1", "[", "127.0.0.1:x", "a b", "\x7f", "evil/@127.0.0.1"])
def test_a_malformed_host_name_is_refused(office: Office, host: str) -> None:
    answer = office.client.get("/api/v1/units", headers={"host": host})
    refusal(answer, 403, "forbidden")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.2:8000", "localhost:8000", "LOCALHOST", "[::1]:8000"]
)
def test_without_a_token_this_machine_may_ask(office: Office, host: str) -> None:
    for door in DOORS:
        assert office.client.get(door, headers={"host": host}).status_code == 200


def test_health_and_assets_are_open_to_everybody() -> None:
    for office in (Office(token="s3cret"), Office()):
        for path in ("/healthz", "/static/qixian.css", "/static/qixian.svg"):
            assert office.client.get(path, headers={"host": "lb.example"}).status_code == 200


def test_the_service_is_ready_while_its_clock_moves(office: Office) -> None:
    refusal(office.client.get("/readyz"), 503, "clock_stopped")
    office.clock.last_tick = office.now
    ready = office.client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert office.at("2026-09-25 10:05").client.get("/readyz").status_code == 200
    detail = refusal(office.at("2026-09-25 10:06").client.get("/readyz"), 503, "clock_stopped")
    assert "时钟" in detail


def test_the_service_is_not_ready_without_its_database(office: Office) -> None:
    office.clock.last_tick = office.now
    with office.db.begin() as connection:
        connection.exec_driver_sql("DROP TABLE slot")
    refusal(office.client.get("/readyz"), 503, "database_unavailable")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nope", 404, "not_found"),
        ("GET", "/api/v1/nope", 404, "not_found"),
        ("GET", "/static/nope.css", 404, "not_found"),
        ("GET", "/static/%2e%2e/app.py", 404, "not_found"),
        ("GET", "/docs", 404, "not_found"),
        ("DELETE", "/api/v1/obligations", 405, "method_not_allowed"),
        ("POST", "/api/v1/units", 405, "method_not_allowed"),
        ("GET", "/api/v1/events", 405, "method_not_allowed"),
        ("POST", "/static/qixian.css", 405, "method_not_allowed"),
    ],
)
def test_a_wrong_address_or_method_is_a_problem_document(
    office: Office, method: str, path: str, status: int, code: str
) -> None:
    refusal(office.client.request(method, path), status, code)
