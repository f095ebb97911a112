"""Units and duties that people register beside the configuration file."""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("unit", "name", "parent")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("region", "aliases")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("contacts", "channels", "by")),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_unit_entry_unit", "unit_entry", ["unit"])
    op.create_table(
        "duty_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("rule", "unit")),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("ladder", "by")),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_duty_entry_unit", "duty_entry", ["unit"])
