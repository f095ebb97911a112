"""The ledger: a seal for every finished attempt and every journal entry.

What was there before is not sealed: nobody can say whether it was changed.
"""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "channel", "place"),
        sa.UniqueConstraint("kind", "row"),
    )
    op.create_index(op.f("ix_ledger_at"), "ledger", ["at"], unique=False)
    head = op.create_table(
        "ledger_head",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("seal", sa.String(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "channel"),
    )
    for table in ("attempt", "journal"):
        last = op.get_bind().execute(sa.text(f"SELECT max(id) FROM {table}")).scalar()
        row = {"kind": table, "channel": "", "length": 0, "seal": "", "before": last or 0}
        op.bulk_insert(head, [row])
