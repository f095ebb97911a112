"""Paused addresses; what a delivery told and which one it repeats; attempts by recipient."""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("paused_at", Instant(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "recipient"),
    )
    with op.batch_alter_table("channel") as channel:
        channel.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("delivery") as delivery:
        delivery.add_column(sa.Column("told", sa.String(), nullable=False, server_default=""))
        delivery.add_column(sa.Column("repeats", sa.Boolean(), nullable=False, server_default="0"))
        delivery.add_column(sa.Column("resend_of", sa.Integer(), nullable=True))
    with op.batch_alter_table("attempt") as attempt:
        attempt.add_column(sa.Column("recipient", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "ix_attempt_recipient", "attempt", ["credential", "recipient", "started_at"], unique=False
    )
