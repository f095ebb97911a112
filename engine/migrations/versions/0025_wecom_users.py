"""An account may be bound to a userid of WeCom, which then signs in with it."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("wecom_user", sa.String(), nullable=True))
    op.create_index("ix_account_wecom_user", "account", ["wecom_user"], unique=True)
