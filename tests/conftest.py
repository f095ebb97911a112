"""For all rooms: tests that run on both databases, and the same random cases in every run.

Other cases: `pytest --hypothesis-profile=default`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.databases import chosen
from tests.servers.postgres import stop_postgres

# A machine that is busy with other things is no fault of the product.
settings.register_profile(
    "steady",
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


def pytest_sessionfinish() -> None:
    """Here, as one of several processes has only seconds to end afterwards."""
    stop_postgres()


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Runs the test once on SQLite and once on PostgreSQL; which it is."""
    with chosen(request.param, tmp_path):
        yield request.param
