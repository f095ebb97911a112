"""What was entered about the clocks of obligations: restarts, exclusions, extensions."""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "receipt",
                "restart",
                "exclude",
                "extend",
                name="effect",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("day_only", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("approver", sa.String(), nullable=False),
        sa.Column("clause", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("corrects", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["corrects"], ["clock_entry.id"]),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("corrects"),
    )
    op.create_index(
        op.f("ix_clock_entry_obligation_id"), "clock_entry", ["obligation_id"], unique=False
    )
