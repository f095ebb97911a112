"""What moved an obligation's date, and when: its owners are told."""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("obligation") as obligation:
        obligation.add_column(sa.Column("moved", sa.String(), nullable=False, server_default=""))
        obligation.add_column(sa.Column("moved_at", Instant(), nullable=True))
        obligation.create_index("ix_obligation_moved_at", ["moved_at"], unique=False)
