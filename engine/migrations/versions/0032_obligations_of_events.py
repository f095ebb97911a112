"""The matters of an event: the list finds them by an index. Periods, the most of all rows, are not in it."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_events = sa.text("event_id IS NOT NULL")
    op.create_index(
        "ix_obligation_event",
        "obligation",
        ["event_id", "status", "due_on", "id"],
        sqlite_where=of_events,
        postgresql_where=of_events,
    )
