"""For all rooms: tests that run on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import chosen


@pytest.fixture(params=["sqlite", "postgresql"])
def both_databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Runs the test once on SQLite and once on PostgreSQL; which it is."""
    with chosen(request.param, tmp_path):
        yield request.param
