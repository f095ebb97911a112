"""Calendar feeds; how often and when what an obligation says has changed; indexes for figures."""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_FIGURES = [
    *("due_on", "unit", "document", "status", "due_at"),
    *("closed_at", "closed_by", "calendar_moves", "id"),
]
# What the journal says of moves: the reason stands at the end, after the reading.
_MOVED = """
UPDATE obligation SET calendar_moves = (
    SELECT count(*) FROM journal
    WHERE journal.obligation_id = obligation.id AND journal.kind = 'moved'
    AND journal.text LIKE '到期%改为%'
    AND (journal.text LIKE '%；依据%' OR journal.text LIKE '%；放假安排有更新%')
)
WHERE id IN (SELECT obligation_id FROM journal WHERE kind = 'moved')
"""


def upgrade() -> None:
    with op.batch_alter_table("obligation") as obligation:
        obligation.add_column(
            sa.Column("revision", sa.Integer(), nullable=False, server_default="0")
        )
        obligation.add_column(sa.Column("changed_at", Instant(), nullable=True))
        obligation.add_column(
            sa.Column("calendar_moves", sa.Integer(), nullable=False, server_default="0")
        )
    op.execute(_MOVED)
    op.create_index("ix_obligation_unit_due_on", "obligation", ["unit", "due_on", "id"])
    op.create_index("ix_obligation_figures", "obligation", _FIGURES)
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("below", sa.Boolean(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("api_token_id", sa.Integer(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("revoked_by", sa.String(), nullable=False),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"]),
        sa.ForeignKeyConstraint(["api_token_id"], ["api_token.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index("ix_feed_account_id", "feed", ["account_id"])
