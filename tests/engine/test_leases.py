"""A lease is one process's, until it runs out or is given back."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from engine.database import open_database, recording
from engine.leases import APART, hold, release
from tests.databases import prepare

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def db() -> Engine:
    opened = open_database("sqlite://")
    prepare(opened)
    return opened


def held(db: Engine, holder: str, seconds: float, name: str = "line:a") -> bool:
    now = NOW + timedelta(seconds=seconds)
    with recording(db) as session:
        return hold(session, name, holder, now, now + timedelta(seconds=30))


def test_one_holds_it_and_prolongs_it(db: Engine) -> None:
    assert held(db, "first", 0)
    assert not held(db, "second", 1)
    assert held(db, "first", 29)
    assert not held(db, "second", 58)
    assert held(db, "second", 58, name="line:b")


def test_it_runs_out(db: Engine) -> None:
    assert held(db, "first", 0)
    assert held(db, "second", 30)
    assert not held(db, "first", 31)


def test_it_is_given_back_by_its_holder_only(db: Engine) -> None:
    assert held(db, "first", 0)
    for holder, free in (("second", False), ("first", True)):
        with recording(db) as session:
            release(session, "line:a", holder)
        assert held(db, "third", 1) is free


def test_a_clock_that_was_moved_back_does_not_keep_it(db: Engine) -> None:
    assert held(db, "first", 3600)
    assert held(db, "second", 3600 - APART.total_seconds() - 1)
