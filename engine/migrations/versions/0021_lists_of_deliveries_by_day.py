"""The list of deliveries goes by the instant at which they were planned: days bound what is read."""

from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_delivery_planned_at": ["planned_at", "id"],
    "ix_delivery_state_planned_at": ["state", "planned_at", "id"],
    "ix_delivery_channel_planned_at": ["channel", "planned_at", "id"],
}


def upgrade() -> None:
    for name in ("ix_delivery_state_id", "ix_delivery_channel_id"):
        op.drop_index(name, "delivery")
    for name, columns in _INDEXES.items():
        op.create_index(name, "delivery", columns)
