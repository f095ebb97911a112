"""The ledger: what was sealed stays, or is named."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from engine import deliveries, journal
from engine.accepted import Result
from engine.database import reading, trying, writing
from engine.deliveries import Attempt, State
from engine.drain import record
from engine.errors import NotAllowed
from engine.journal import JournalEntry
from engine.ledger import ChainHead, Kind, LedgerEntry, seal_of
from engine.obligations import Obligation
from engine.verification import Fault, Verified, faults, verified
from notifiers.message import Outcome, OutcomeKind
from tests.builders import Box
from tests.scenarios.playing import Office, duty, unit

pytestmark = pytest.mark.usefixtures("both_databases")

CHANNELS = """
[[channel]]
id = "a"
kind = "console"
[[channel]]
id = "b"
kind = "console"
"""
SETTINGS = CHANNELS + unit("one", "甲局", "a") + unit("two", "乙局", "b") + duty("59", "one", "two")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Two units were told of two emergencies each, one message at a time, and one is done."""
    with Office(tmp_path, SETTINGS, "2026-10-12 09:00") as office:
        office.replace_channel("a", Box())
        office.replace_channel("b", Box())
        for reference in ("洪水", "地震"):
            for id_ in ("one", "two"):
                office.event(id_, office.now, reference)
            office.tick()
        office.complete("one", "洪水")
        yield office


def found(office: Office) -> list[Fault]:
    with reading(office.db) as session:
        return list(faults(session))


def change(office: Office, *statements: str) -> list[Fault]:
    """What is found after somebody has written to the tables by hand; then it is taken back."""
    with trying(office.db) as session:
        for statement in statements:
            session.execute(text(statement))
        return list(faults(session))


def named(faults: list[Fault]) -> list[tuple[str, int | None]]:
    return [(fault.table, fault.id) for fault in faults]


def test_what_the_program_wrote_is_in_order(office: Office) -> None:
    assert found(office) == []
    with reading(office.db) as session:
        heads = {(one.kind, one.channel): one.length for one in session.exec(select(ChainHead))}
        assert verified(session) == Verified(sealed=9, before=0)
    assert heads == {
        (Kind.ATTEMPT, ""): 0,
        (Kind.ATTEMPT, "a"): 2,
        (Kind.ATTEMPT, "b"): 2,
        (Kind.JOURNAL, ""): 5,
    }


EDITS = [
    ("UPDATE attempt SET outcome = 'rejected' WHERE id = 1", ("attempt", 1)),
    ("UPDATE attempt SET ended_at = '2026-10-12 02:00:00.000000' WHERE id = 3", ("attempt", 3)),
    ("UPDATE delivery SET recipient = '丙局' WHERE id = (SELECT delivery_id FROM attempt WHERE id = 1)", ("attempt", 1)),
    ("UPDATE delivery SET body = body || '！' WHERE id = 2", ("delivery", 2)),
    ("UPDATE journal SET text = '办结，证据：无' WHERE id = 5", ("journal", 5)),
    ("UPDATE journal SET by = '别人' WHERE id = 1", ("journal", 1)),
    ("UPDATE journal SET at = '2026-10-01 00:00:00.000000' WHERE id = 2", ("journal", 2)),
    ("DELETE FROM journal WHERE id = 3", ("journal", 3)),
    ("DELETE FROM journal WHERE id = 5", ("journal", 5)),
    ("DELETE FROM attempt WHERE id = 4", ("attempt", 4)),
    ("DELETE FROM ledger WHERE kind = 'journal' AND place = 4", ("journal", 4)),
    ("INSERT INTO journal (id, at, kind, by, text) VALUES (9, '2026-01-01', 'x', 'y', 'z')", ("journal", 9)),
]  # fmt: skip


def test_a_row_that_was_edited_added_or_deleted_is_named(office: Office) -> None:
    for statement, row in EDITS:
        assert row in named(change(office, statement)), statement
    assert found(office) == []


def test_only_the_edited_row_is_named(office: Office) -> None:
    (fault,) = change(office, "UPDATE attempt SET detail = 'x' WHERE id = 1")
    assert (fault.table, fault.id) == ("attempt", 1)
    assert fault.fault == "2026-10-12 09:00 留痕之后被改动，或它的留痕被改动"


def test_the_last_row_deleted_together_with_its_seal_is_missed(office: Office) -> None:
    (fault,) = change(
        office, "DELETE FROM journal WHERE id = 5", "DELETE FROM ledger WHERE place = 5"
    )
    assert fault == Fault("ledger", None, "日志的留痕第5条被删除")


def test_a_chain_whose_head_was_deleted_is_named(office: Office) -> None:
    assert [one.table for one in change(office, "DELETE FROM ledger_head WHERE channel = 'b'")] == [
        "ledger_head"
    ]


def test_a_row_that_was_edited_and_sealed_anew_breaks_the_chain_after_it(office: Office) -> None:
    with writing(office.db) as session:
        row = session.get_one(JournalEntry, 2)
        row.by = "别人"
        first, second = session.exec(
            select(LedgerEntry).where(col(LedgerEntry.kind) == Kind.JOURNAL).limit(2)
        ).all()
        second.seal = seal_of(first.seal, journal.sealed_contents(row))
    assert named(found(office)) == [("journal", 3)]


def test_a_reference_that_leads_nowhere_is_named_with_its_table(
    office: Office, both_databases: str
) -> None:
    if both_databases == "postgresql":  # it does not let anybody write one
        with pytest.raises(IntegrityError):
            change(office, "UPDATE alert SET delivery_id = 99 WHERE id = 1")
        return
    with office.db.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("UPDATE alert SET delivery_id = 99 WHERE id = 1")
    assert found(office) == [Fault("alert", 1, "所指的 delivery 行不存在")]


def test_an_answer_after_the_attempt_was_closed_changes_nothing(office: Office) -> None:
    with writing(office.db) as session:
        late = office.now + timedelta(hours=1)
        outcome = Outcome(OutcomeKind.REJECTED)
        record(session, office.agency, office.calendar, Result(1, 1, outcome), late)
    assert [row.outcome for row in office.attempts()] == [OutcomeKind.ACCEPTED] * 4
    assert {row.state for row in office.deliveries()} == {State.ACCEPTED}
    assert found(office) == []


def test_every_column_is_under_the_seal() -> None:
    assert set(deliveries.SEALED) == set(Attempt.model_fields)
    assert set(journal.SEALED) == set(JournalEntry.model_fields)


def test_an_empty_column_that_is_added_later_leaves_the_seals_as_they_are() -> None:
    assert seal_of("x", [("a", 1)]) == seal_of("x", [("a", 1), ("b", None), ("c", "")])
    assert seal_of("x", [("a", 1)]) != seal_of("y", [("a", 1)])


def test_an_entry_that_a_savepoint_took_back_has_no_seal(office: Office) -> None:
    row = office.obligations(Obligation.unit == "two")[0]
    with writing(office.db) as session:
        with suppress(NotAllowed), session.begin_nested():
            journal.write(session, row.id or 0, office.now, "acknowledge", "张三", "签收")
            session.flush()
            raise NotAllowed("不行")
        journal.write(session, row.id or 0, office.now, "acknowledge", "李四", "签收")
    assert found(office) == []
