"""Loaded texts, what is proposed from them, and decisions on that in the journal."""

import sqlalchemy as sa
from alembic import op

from engine.database import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loaded_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("loaded_at", Instant(), nullable=False),
        sa.Column("loaded_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("text", "version"),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text_id", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.Column("change", _words("change", "added", "changed", "ended"), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("replaces", sa.String(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("time_phrase", sa.String(), nullable=False),
        sa.Column("quote", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column(
            "decision",
            _words("decision", "open", "accepted", "dismissed", "superseded"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["text_id"], ["loaded_text.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("text_id", "rule"),
    )
    op.create_index(op.f("ix_proposal_decision"), "proposal", ["decision"], unique=False)
    with op.batch_alter_table("journal") as journal:
        journal.alter_column("obligation_id", existing_type=sa.Integer(), nullable=True)
        journal.add_column(sa.Column("proposal_id", sa.Integer(), nullable=True))
        journal.create_foreign_key("fk_journal_proposal_id", "proposal", ["proposal_id"], ["id"])
        journal.create_index("ix_journal_proposal_id", ["proposal_id"], unique=False)


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=20)
