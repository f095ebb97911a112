"""A registered unit may be ended, by an entry that says so."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    ended: sa.Column[bool] = sa.Column(
        "ended", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("unit_entry", ended)
