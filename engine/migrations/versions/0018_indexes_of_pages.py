"""What the pages ask for: lists by status, unit, document and rule; and what every request asks for,
whether something was decided about proposals."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_OF_OBLIGATION = {
    "ix_obligation_status_due_on": ["status", "due_on", "id", "unit", "due_at", "rule"],
    "ix_obligation_status_unit": ["status", "unit", "due_on", "id", "due_at"],
    "ix_obligation_document": ["document", "status", "due_on", "id", "unit"],
    "ix_obligation_rule": ["rule", "status", "due_on", "id", "unit"],
}


def upgrade() -> None:
    for name, columns in _OF_OBLIGATION.items():
        op.create_index(name, "obligation", columns)
    about_proposals = sa.text("proposal_id IS NOT NULL")
    op.create_index(
        "ix_journal_of_proposals",
        "journal",
        ["id"],
        sqlite_where=about_proposals,
        postgresql_where=about_proposals,
    )
