"""What the pages ask for: lists by status, unit, document and rule; what was sent again of a delivery."""

from alembic import op

revision = "0018"
down_revision = "0016"
branch_labels = None
depends_on = None

_OF_OBLIGATION = {
    "ix_obligation_status_due_on": ["status", "due_on", "id", "unit", "due_at"],
    "ix_obligation_status_unit": ["status", "unit", "due_on", "id"],
    "ix_obligation_document": ["document", "status", "due_on", "id"],
    "ix_obligation_rule": ["rule", "status", "due_on", "id"],
}


def upgrade() -> None:
    for name, columns in _OF_OBLIGATION.items():
        op.create_index(name, "obligation", columns)
    op.create_index("ix_delivery_resend_of", "delivery", ["resend_of"])
