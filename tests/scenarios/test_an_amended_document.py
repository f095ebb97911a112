"""A paper comes in, is accepted, owed, amended: nothing moves before a person decided, and then
exactly what the preview said."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from api.configuration import Configuration, decided_in, load_configuration
from engine.current_agency import CurrentAgency
from engine.database import open_database, reading, writing
from engine.derivation import derive
from engine.errors import NotAllowed
from engine.instants import parse_event
from engine.loading import Loading, Offer, load_text
from engine.obligations import Obligation, Status
from engine.proposals import Change, Proposal, accept, get_proposal
from engine.workdays import work_calendar
from rules.reader import read_document
from rules.succession import audited
from tests.databases import on_its_database, prepare

pytestmark = pytest.mark.usefixtures("both_databases")

CALENDAR = work_calendar()
FIRST = """某市2026年政务公开工作要点
市财政局按月公开财政收支情况。
市财政局每季度通报一次政务公开情况。
"""
SECOND = """某市2026年政务公开工作要点
市财政局按季度公开财政收支情况。
市统计局每周发布物价信息。
"""
CONFIG = """
[rules]
files = []

[reminders]
horizon_days = 200

[[channel]]
id = "box"
kind = "console"

[[unit]]
id = "finance"
name = "市财政局"
channels = ["box"]
"""
DUTIES = "".join(
    f'\n[[duty]]\nrule = "work-2026-0{number}"\nunit = "finance"\nfrom = 2026-01-01\n'
    for number in (1, 2)
)
NOW = parse_event("2026-06-10T10:00+08:00")


class Town:
    """An office of one unit, its configuration on disk and its database beside it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "config.toml"
        self.configure(CONFIG)
        self.db: Engine = open_database(self.configuration.database_url)
        prepare(self.db)

    def configure(self, text: str) -> None:
        self.file.write_text(on_its_database(self.file.parent, text), encoding="utf-8")

    @property
    def configuration(self) -> Configuration:
        return load_configuration(self.file, decided_in)

    def load(self, text: str, **more: object) -> Loading:
        configuration = self.configuration
        offer = Offer("work-2026", "work.txt", text, "王莉", **more)  # type: ignore[arg-type]
        read = read_document(text, "work-2026")
        agency, files = configuration.agency, configuration.files
        return load_text(self.db, agency, files, CALENDAR, read, offer, NOW)  # type: ignore[arg-type]

    def accept(self, *rows: Proposal) -> None:
        document = self.configuration.agency.catalogue.documents["work-2026"]
        with writing(self.db) as session:
            for row in rows:
                again = get_proposal(session, row.id or 0)
                accept(session, again, document, CALENDAR, by="王莉", now=NOW)  # type: ignore[arg-type]

    def derive(self) -> None:
        with writing(self.db) as session:
            derive(session, self.configuration.agency, CALENDAR, NOW)  # type: ignore[arg-type]

    def open(self) -> dict[tuple[str, str], date]:
        with reading(self.db) as session:
            return {(row.rule, row.period): row.due_on for row in self._open(session)}

    def _open(self, session: Session) -> list[Obligation]:
        query = select(Obligation).where(Obligation.status == Status.OPEN)
        return list(session.exec(query.order_by(col(Obligation.due_on))).all())


@pytest.fixture
def new_town(tmp_path: Path) -> Iterator[Town]:
    found = Town(tmp_path)
    yield found
    found.db.dispose()


@pytest.fixture
def town(new_town: Town) -> Town:
    new_town.accept(*new_town.load(FIRST).proposals)
    new_town.configure(CONFIG + DUTIES)
    new_town.derive()
    return new_town


def test_what_was_accepted_is_owed_by_the_configured_duty(town: Town) -> None:
    owed = town.open()
    assert owed["work-2026-01", "2026-06"] == date(2026, 6, 30)
    assert owed["work-2026-02", "2026-Q3"] == date(2026, 9, 30)
    assert {rule for rule, _ in owed} == {"work-2026-01", "work-2026-02"}


def test_a_later_text_moves_nothing_by_itself(town: Town) -> None:
    before = town.open()
    preview = town.load(SECOND)
    assert (preview.stored, preview.proposals[0].change) == (False, Change.ENDED)
    stored = town.load(SECOND, since=date(2026, 7, 1), apply=True)
    assert stored.stored
    town.derive()
    assert town.open() == before


def test_accepting_does_what_the_preview_said(town: Town) -> None:
    before = town.open()
    done = town.load(SECOND, since=date(2026, 7, 1), apply=True)
    changes = {row.change: row for row in done.proposals}
    assert changes[Change.CHANGED].replaces == "work-2026-01"
    assert changes[Change.ENDED].rule == "work-2026-02"
    assert changes[Change.ADDED].time_phrase == "每周"
    assert done.impact is not None
    town.accept(changes[Change.CHANGED], changes[Change.ENDED])
    town.derive()
    after = town.open()
    gone = {(one.rule, one.period) for one in done.impact.withdrawn}
    assert before.keys() - after.keys() == {
        key for key in before if before[key] > date(2026, 6, 30)
    }
    assert len(gone) == len(before.keys() - after.keys())
    assert {rule for rule, _ in after.keys() - before.keys()} == {changes[Change.CHANGED].rule}
    assert done.impact.added == len(after.keys() - before.keys())
    assert after[changes[Change.CHANGED].rule, "2026-Q3"] == date(2026, 9, 30)


def test_the_loaded_text_is_accounted_for_after_the_decisions(town: Town) -> None:
    done = town.load(SECOND, since=date(2026, 7, 1), apply=True)
    town.accept(*done.proposals)
    catalogue = town.configuration.agency.catalogue
    hits = read_document(SECOND, "work-2026").hits
    verdicts = audited(SECOND, "work-2026", hits, catalogue)
    assert {verdict.standing.value for verdict in verdicts} == {"covered"}
    again = town.load(SECOND)
    assert (again.new, again.found.missing) == (False, ())


def test_a_running_process_sees_what_was_decided_elsewhere(town: Town) -> None:
    configuration = town.configuration
    current = CurrentAgency(town.db, configuration.agency, configuration.files)
    assert len([r for r in current.agency().rules if r.document.id == "work-2026"]) == 2
    done = town.load(SECOND, since=date(2026, 7, 1), apply=True)
    town.accept(*done.proposals)
    rules = {r.id: r for r in current.agency().rules if r.document.id == "work-2026"}
    assert rules["work-2026-01"].until == rules["work-2026-02"].until == date(2026, 6, 30)
    assert len(rules) == 4


def test_open_proposals_of_an_earlier_text_end_with_it(new_town: Town) -> None:
    town = new_town
    first = town.load(FIRST).proposals
    town.load(SECOND)
    with reading(town.db) as session:
        decisions = [get_proposal(session, row.id or 0).decision.value for row in first]
    assert decisions == ["superseded", "superseded"]
    with pytest.raises(NotAllowed, match="已被新文本取代"):
        town.accept(first[0])
