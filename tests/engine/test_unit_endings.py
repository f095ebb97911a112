"""A registered unit is ended: what it owed, what stays, and who may not be left behind; on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from engine.current_agency import CurrentAgency
from engine.database import reading, trying, writing
from engine.errors import NotAllowed, NotFound
from engine.journal import JournalEntry
from engine.obligations import Obligation, Status, complete, waive
from engine.registering import Decision, DutyTerms, register_duty, register_unit, settle
from engine.unit_endings import Ended, end_unit
from engine.unit_entries import UnitEntry
from engine.units import Unit
from engine.verification import faults
from rules.catalogue_files import CatalogueFile
from tests.builders import CALENDAR, DOCUMENT, build_agency, build_rule, day, instant, memory

pytestmark = pytest.mark.usefixtures("both_databases")

NOW = instant("2026-03-20T09:00")
NEW, END = Decision("王莉", "机构新设", NOW), Decision("李四", "机构撤并", NOW)
MONTHLY = build_rule()
FILES = (CatalogueFile(Path("paper.toml"), DOCUMENT, (MONTHLY,), (), ()),)
ARCHIVE = Unit("archive", "市档案馆", parent="finance", channels=("box",), region="")
OWES = DutyTerms(MONTHLY.id, "archive", day("2026-01-01"))


@pytest.fixture
def db() -> Iterator[Engine]:
    with memory() as db:
        yield db


@pytest.fixture
def current(db: Engine) -> CurrentAgency:
    """With an archive that owes something each month; January's and February's are late."""
    current = CurrentAgency(db, build_agency([MONTHLY]), FILES)
    with writing(db) as session:
        register_unit(session, current.agency_in(session), ARCHIVE, NEW)
        register_duty(session, current.agency_in(session), OWES, NEW)
        settle(session, current, CALENDAR, NOW)
    return current


def end(db: Engine, current: CurrentAgency, unit: str = "archive", apply: bool = True) -> Ended:
    with writing(db) if apply else trying(db) as session:
        return end_unit(session, current, CALENDAR, unit, END)


def owed(db: Engine) -> list[Obligation]:
    with reading(db) as session:
        return list(session.exec(select(Obligation).where(Obligation.unit == "archive")).all())


def close_what_is_late(db: Engine) -> None:
    """One done, one waived."""
    late = sorted(row.id or 0 for row in owed(db) if row.due_on < day("2026-03-20"))
    with writing(db) as session:
        complete(session, late[0], by="王莉", at=NOW, evidence="", now=NOW)
        for id_ in late[1:]:
            waive(session, id_, by="王莉", reason="机构撤并", now=NOW)


def test_it_is_refused_while_something_is_due(db: Engine, current: CurrentAgency) -> None:
    with pytest.raises(NotAllowed, match="市档案馆有 2 项已经到期（含今天到期）没有办结"):
        end(db, current)
    assert "archive" in current.agency().units


def test_what_is_not_due_is_waived_and_what_was_closed_stays(
    db: Engine, current: CurrentAgency
) -> None:
    close_what_is_late(db)
    before = {row.id: row.status for row in owed(db)}
    tried = end(db, current, apply=False)
    assert {row.id: row.status for row in owed(db)} == before
    done = end(db, current)
    assert (
        (done.duties, done.impact) == (tried.duties, tried.impact) == ((MONTHLY.id,), done.impact)
    )
    ahead = [id_ for id_, status in before.items() if status is Status.OPEN]
    assert sorted(one.id or 0 for one in done.impact.withdrawn) == sorted(ahead)
    assert (done.impact.moved, done.impact.reopened, done.impact.new) == ((), (), ())
    after = {row.id: row.status for row in owed(db)}
    assert after == {
        id_: Status.WAIVED if status is Status.OPEN else status for id_, status in before.items()
    }
    agency = current.agency()
    assert "archive" not in agency.units
    assert all(duty.unit != "archive" for duty in agency.duties_in_force.values())
    with writing(db) as session:  # nothing is left to do, and nothing comes back
        settle(session, current, CALENDAR, NOW)
    assert {row.id: row.status for row in owed(db)} == after
    with reading(db) as session:
        told = [row.text for row in session.exec(select(JournalEntry)).all()]
        assert "撤销单位 市档案馆（archive）；理由：机构撤并" in told
        assert not list(faults(session))


def test_who_is_below_and_what_is_configured_is_not_left_behind(
    db: Engine, current: CurrentAgency
) -> None:
    close_what_is_late(db)
    with writing(db) as session:
        below = replace(ARCHIVE, id="film", name="音像档案室", parent="archive")
        register_unit(session, current.agency_in(session), below, NEW)
    with pytest.raises(NotAllowed, match="还有下级单位：音像档案室"):
        end(db, current)
    with pytest.raises(NotAllowed, match="写在配置文件的"):
        end(db, current, "finance")
    with pytest.raises(NotFound):
        end(db, current, "nowhere")
    end(db, current, "film")
    end(db, current)
    assert current.agency().units.keys() == {"finance"}


def test_it_may_be_registered_again_without_what_it_owed(
    db: Engine, current: CurrentAgency
) -> None:
    close_what_is_late(db)
    end(db, current)
    with writing(db) as session:
        register_unit(session, current.agency_in(session), ARCHIVE, NEW)
        settle(session, current, CALENDAR, NOW)
    agency = current.agency()
    assert agency.units["archive"].name == "市档案馆"
    assert not [one for one in owed(db) if one.status is Status.OPEN]
    with reading(db) as session:
        entries = session.exec(select(UnitEntry)).all()
    assert [one.ended for one in entries] == [False, True, False]
