"""Indexes of the list of deliveries, newest first, and of its filters."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_delivery_state_id": ["state", "id"],
    "ix_delivery_channel_id": ["channel", "id"],
    "ix_delivery_resend_of": ["resend_of"],
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "delivery", columns)
