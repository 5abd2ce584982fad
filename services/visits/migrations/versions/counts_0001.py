"""Counts, ids seen, presence and salts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "seen",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, nullable=False, index=True),
    )
    op.create_table(
        "daily",
        sa.Column("page", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("views", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "totals",
        sa.Column("page", sa.Text, primary_key=True),
        sa.Column("views", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "filtered",
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("views", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "presence",
        sa.Column("page", sa.Text, primary_key=True),
        sa.Column("visitor", sa.Text, primary_key=True),
        sa.Column("last_seen_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "salts",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("salt", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for name in ("salts", "presence", "filtered", "totals", "daily", "seen"):
        op.drop_table(name)
