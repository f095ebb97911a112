"""Registered units and duties, and imports, on both databases."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.current_agency import CurrentAgency
from engine.database import reading, writing
from engine.errors import BadAgency
from engine.impact import SHOWN
from engine.importing import Done, Wanted, carry_out_import, preview_import
from engine.ladder import Ladder
from engine.obligation_counts import counts_by_unit
from engine.registering import (
    Decision,
    DutyTerms,
    Effect,
    end_duty,
    register_duty,
    register_unit,
    settle,
)
from engine.registrations import Registered, registered
from engine.unit_counts import next_due, units_with_open
from engine.unit_entries import UnitEntry
from engine.units import Contact, Role, Unit
from rules.catalogue_files import CatalogueFile
from tests.builders import (
    CALENDAR,
    DOCUMENT,
    build_agency,
    build_rule,
    build_unit,
    day,
    instant,
    memory,
)

NOW = instant("2026-03-20T09:00")
DECISION = Decision("王莉", "机构新设", NOW)
MONTHLY = build_rule()
FILES = (CatalogueFile(Path("paper.toml"), DOCUMENT, (MONTHLY,), (), ()),)
WEEKLY = Ladder("weekly", (1, 0))
AGENCY = replace(build_agency([MONTHLY]), named_ladders={"default": Ladder(), "weekly": WEEKLY})
NEW = Unit(
    "archive",
    "市档案馆",
    parent="finance",
    aliases=("档案馆",),
    contacts=(Contact("赵六", mobile="139", role=Role.HEAD),),
    channels=("box",),
    region="",
)
OWES = DutyTerms(MONTHLY.id, "archive", day("2026-02-01"), ladder="weekly")


@pytest.mark.usefixtures("both_databases")
def test_what_is_registered_is_owed_until_it_ends() -> None:
    with memory() as db:
        current = CurrentAgency(db, AGENCY, FILES)
        with writing(db) as session:
            assert register_unit(session, AGENCY, NEW, DECISION) is Effect.NEW
            agency = current.agency_in(session)
            assert register_unit(session, agency, NEW, DECISION) is Effect.UNCHANGED
            assert register_duty(session, agency, OWES, DECISION) is Effect.NEW
            assert settle(session, current, CALENDAR, NOW) > 20
        agency = current.agency()
        assert agency.units["archive"] == replace(NEW, region="CN")
        assert agency.ladder_of(MONTHLY.id, "archive") is WEEKLY
        assert current.agency() is agency
        with reading(db) as session:
            counted = counts_by_unit(session, NOW, ["archive"])
            assert {unit: one.late for unit, one in counted.items()} == {"archive": 1}
            assert units_with_open(session) == ["archive", "finance"]
            assert next_due(session, "archive") == {MONTHLY.id: day("2026-02-28")}
        with writing(db) as session:
            end_duty(session, agency, MONTHLY.id, "archive", day("2026-04-30"), DECISION)
            settle(session, current, CALENDAR, NOW)
        with reading(db) as session:
            counted = counts_by_unit(session, NOW, ["archive"])
            assert (counted["archive"].open, counted["archive"].late) == (3, 1)


@pytest.mark.usefixtures("both_databases")
def test_an_import_is_all_or_nothing_and_done_once() -> None:
    with memory() as db:
        current = CurrentAgency(db, AGENCY, FILES)
        duty = replace(OWES, until=day("2026-12-31"))
        february = Done("archive", MONTHLY.id, "2026-02", day("2026-02-27"), "网址")
        wanted = Wanted([(2, NEW)], [(2, duty)], [(2, february)])
        bad = replace(wanted, done=[(2, february), (3, replace(february, which="2025-02"))])
        refused = carry_out_import(db, current, CALENDAR, bad, DECISION)
        assert [(one.sheet, one.row, one.column) for one in refused.faults] == [
            ("办结", 3, "期间或到期日")
        ]
        assert current.agency().units.keys() == {"finance"}
        looked = preview_import(db, current, CALENDAR, wanted, DECISION)
        assert looked.impact is not None
        assert (
            looked.impact.added > SHOWN
        )  # those of the configured duty too, which was not derived
        done = carry_out_import(db, current, CALENDAR, wanted, DECISION)
        assert (done.counts, done.changes) == (looked.counts, looked.changes)
        again = carry_out_import(db, current, CALENDAR, wanted, DECISION)
        assert (again.faults, again.changes_something) == ([], False)
        with reading(db) as session:
            counted = counts_by_unit(session, NOW, ["archive"])
            assert (counted["archive"].open, counted["archive"].late) == (10, 0)


def entry(**more: str) -> UnitEntry:
    given = {"unit": "archive", "name": "市档案馆", "parent": "", "region": "", "by": "王莉"}
    lists = dict.fromkeys(("aliases", "contacts", "channels"), "[]")
    return UnitEntry(**{**given, **lists, **more}, at=NOW, reason="")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"unit": "finance"}, "单位 finance 已在“单位”页面登记（王莉），配置文件不能再写"),
        ({"name": "市财政局"}, "单位 finance 和 archive 的名称或别名都是“市财政局”"),
        ({"parent": "nobody"}, "上级“nobody”不存在"),
        ({"channels": '["pigeon"]'}, "渠道“pigeon”不存在"),
    ],
)
def test_what_contradicts_the_configuration_is_said_in_a_sentence(
    given: dict[str, str], words: str
) -> None:
    with pytest.raises(BadAgency, match=words):
        Registered((entry(**given),)).on(AGENCY)


def test_entries_replace_those_that_an_agency_had() -> None:
    once = Registered((entry(),)).on(AGENCY)
    assert Registered((entry(name="市档案局"),)).on(once).units["archive"].name == "市档案局"
    assert Registered().on(once) == AGENCY
    with memory() as db, reading(db) as session:
        assert registered(session).on(AGENCY) is AGENCY
    assert build_unit().id in once.units
