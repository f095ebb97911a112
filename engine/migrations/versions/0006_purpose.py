"""What a delivery is for: a reminder, or word to the administrator."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("delivery") as delivery:
        delivery.add_column(
            sa.Column("purpose", sa.String(20), nullable=False, server_default="reminder")
        )
