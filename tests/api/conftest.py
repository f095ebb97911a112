"""Each test its own office."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from office import AGENCY, CALENDAR, CONFIGURATION, NOW, Office

from api.dependencies import Running
from engine.channels import register
from engine.clock import Clock
from engine.current_agency import CurrentAgency
from engine.database import open_database, writing
from engine.derivation import derive
from engine.schema import migrate
from tests.servers.postgres import postgres_database


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """An office on a database that many may write to at the same time: a file, and a server."""
    file = nullcontext(f"sqlite:///{tmp_path / 'qixian.db'}")
    with postgres_database() if request.param == "postgresql" else file as address:
        db = open_database(address)
        migrate(db)
        with writing(db) as session:
            register(session, AGENCY.channels)
            derive(session, AGENCY, CALENDAR, NOW)
        current = CurrentAgency(db, AGENCY, CONFIGURATION.files)
        yield Running(CONFIGURATION, db, Clock(db, current, CALENDAR), current)
        db.dispose()
