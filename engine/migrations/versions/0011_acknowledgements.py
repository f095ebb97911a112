"""Acknowledgements, the secret of their links, clicks on cards, and confirmed channels."""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column("due_version", sa.Integer(), nullable=False),
        sa.Column("rung", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("via", sa.String(20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("resumes_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["obligation_id"], ["obligation.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_acknowledgement_obligation_id", "acknowledgement", ["obligation_id", "due_version"]
    )
    op.create_index("ix_acknowledgement_resumes_at", "acknowledgement", ["resumes_at"])
    op.create_table(
        "secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "click",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("response_code", sa.String(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("handled_at", Instant(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_click_finished_at", "click", ["finished_at"])
    with op.batch_alter_table("channel") as channel:
        channel.add_column(sa.Column("confirmed_at", Instant(), nullable=True))
        channel.add_column(sa.Column("code_hash", sa.String(), nullable=False, server_default=""))
        channel.add_column(sa.Column("code_until", Instant(), nullable=True))
        channel.add_column(
            sa.Column("code_tries", sa.Integer(), nullable=False, server_default="0")
        )
