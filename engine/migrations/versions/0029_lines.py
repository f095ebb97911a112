"""Lines: whether the connection of a robot stands, and who was told that it does not."""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "line",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("up_since", Instant(), nullable=True),
        sa.Column("heard_at", Instant(), nullable=True),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("fault_at", Instant(), nullable=True),
        sa.Column("down_since", Instant(), nullable=True),
        sa.Column("told_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("channel"),
    )
