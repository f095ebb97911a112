"""Channels are found by their credential: a claim locks all that draw on the same limit."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_channel_credential", "channel", ["credential"])
