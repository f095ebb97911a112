"""Alerts from before the roles keep what they were."""

from pathlib import Path

from alembic import command
from sqlalchemy import text

from engine import schema
from engine.database import open_database


def test_what_was_told_to_a_superior_still_was(tmp_path: Path) -> None:
    db = open_database(f"sqlite:///{tmp_path / 'qixian.db'}")
    config = schema._config()
    with db.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
    with db.begin() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        connection.execute(
            text(
                "INSERT INTO obligation (id, rule, unit, occurrence, period, document, reading, opens_on,"
                " due_on, act_by, provisional, earliest, latest, version, moved, status, closed_by,"
                " evidence, created_at) VALUES (1, 'r', 'u', 'p', 'p', 'd', '', '2026-01-01', '2026-01-31',"
                " '2026-01-30', 0, '2026-01-31', '2026-01-31', 1, '', 'open', '', '', '2026-01-01')"
            )
        )
        connection.execute(
            text(
                'INSERT INTO delivery (id, message_id, channel, recipient, "to", mentions, planned_at, part,'
                " parts, urgent, state, attempts, next_at, possible_duplicate, subject, body, reason)"
                " VALUES (1, 'm', 'c', 'u', '', '', '2026-01-01', 1, 1, 0, 'accepted', 1, '2026-01-01', 0,"
                " '', '', '')"
            )
        )
        for id_, above in ((1, 0), (2, 1)):
            connection.execute(
                text(
                    "INSERT INTO alert (id, obligation_id, rung, channel, recipient, due_version,"
                    f" to_superior, send_at, delivery_id) VALUES ({id_}, 1, '+{id_}', 'c', 'u', 1, {above},"
                    " '2026-02-01', 1)"
                )
            )
    schema.migrate(db)
    with db.connect() as connection:
        rows = connection.execute(text("SELECT id, role, asked FROM alert ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [(1, "handler", ""), (2, "superior", "")]
    db.dispose()
