"""What is asked of one unit by rule or document is found in the index of its obligations, without a
look at their rows."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_NAME = "ix_obligation_status_unit"
_COLUMNS = ["status", "unit", "due_on", "id", "due_at", "rule", "document"]


def upgrade() -> None:
    op.drop_index(_NAME, "obligation")
    op.create_index(_NAME, "obligation", _COLUMNS)
