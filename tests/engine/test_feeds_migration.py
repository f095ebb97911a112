"""What the journal says of moves is counted when the column for it comes."""

from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from engine.database import open_database
from engine.schema import _config, migrate

OBLIGATION = """
INSERT INTO obligation (rule, unit, occurrence, period, document, reading, opens_on, due_on, act_by,
    provisional, earliest, latest, version, moved, status, closed_by, evidence, created_at)
VALUES ('r', 'u', '{0}', '{0}', 'd', '每月', '2026-01-01', '2026-01-31', '2026-01-31', 0,
    '2026-01-31', '2026-01-31', 1, '', 'open', '', '', '2026-01-01')
"""
TOLD = [
    (1, "moved", "到期日由2026-01-30改为2026-01-31，宜办日2026-01-30（每月；放假安排有更新）"),
    (1, "moved", "到期时刻由2026-01-30改为2026-01-31（每月；依据国办发明电〔2025〕7号）"),
    (1, "moved", "宜办日由2026-01-30改为2026-01-31，到期日仍为2026-01-31（每月；放假安排有更新）"),
    (2, "moved", "到期日由2026-01-30改为2026-01-31，宜办日2026-01-30（每月）"),
    (2, "moved", "到期日由2026-01-30改为2026-01-31，宜办日2026-01-30（每月；责任恢复）"),
    (2, "reading", "日期不变，仍为2026-01-31（每月；放假安排有更新）"),
]


def test_moves_by_the_calendar_are_counted_from_the_journal(tmp_path: Path) -> None:
    db, config = open_database(f"sqlite:///{tmp_path / 'qixian.db'}"), _config()
    before = str(ScriptDirectory.from_config(config).get_revision("0015").down_revision)
    with db.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, before)
        for occurrence in ("2026-01", "2026-02"):
            connection.exec_driver_sql(OBLIGATION.format(occurrence))
        for id_, kind, text in TOLD:
            connection.exec_driver_sql(
                'INSERT INTO journal (obligation_id, at, kind, "by", text) VALUES (?, ?, ?, ?, ?)',
                (id_, "2026-01-05", kind, "期限", text),
            )
    migrate(db)
    with db.connect() as connection:
        query = "SELECT calendar_moves, revision FROM obligation ORDER BY id"
        assert connection.exec_driver_sql(query).fetchall() == [(2, 0), (0, 0)]
    db.dispose()
