"""The page database: articles, their addresses, categories, and the pages to write."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "articles",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("updated", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("delivery", sa.Integer, nullable=False),
    )
    for name, columns in {
        "ix_articles_url": ["url"],
        "ix_articles_created": ["state", "created", "id"],
        "ix_articles_category": ["state", "category", "created", "id"],
        "ix_articles_day": ["state", "day"],
        "ix_articles_category_day": ["state", "category", "day"],
        "ix_articles_delivery": ["delivery"],
    }.items():
        op.create_index(name, "articles", columns)
    op.create_table(
        "addresses",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("article_id", sa.String(36), primary_key=True),
    )
    op.create_index("ix_addresses_article", "addresses", ["article_id"])
    op.create_table(
        "categories",
        sa.Column("slug", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("label_version", sa.BigInteger, nullable=False),
    )
    _create_dirty()


def _create_dirty() -> None:
    op.create_table(
        "dirty",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("stamp", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(36)),
    )
    op.create_index("ix_dirty_next", "dirty", ["priority", "since"])
    op.create_index("ix_dirty_owner", "dirty", ["owner"])
    counters = op.create_table(
        "counters",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(counters, [{"name": "stamp", "value": 0}])


def downgrade() -> None:
    """Drop everything."""
    for table in ("counters", "dirty", "categories", "addresses", "articles"):
        op.drop_table(table)
