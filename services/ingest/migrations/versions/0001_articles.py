"""Articles, their editions and addresses, categories, pictures, tokens, outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _articles()
    _categories()
    _delivered()
    _media()
    _outbox()
    _replays()
    _tokens()
    _addresses()
    _editions()
    _history()


def _articles() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("standing", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("draft_edition", sa.Integer),
        sa.Column("scheduled_edition", sa.Integer),
        sa.Column("scheduled_at", _MOMENT),
        sa.Column("scheduled_slug", sa.Text),
        sa.Column("scheduled_by", sa.Text),
        sa.Column("scheduled_minor", sa.Boolean, nullable=False),
        sa.Column("scheduled_note", sa.Text),
        sa.Column("live_edition", sa.Integer),
        sa.Column("public_version", sa.BigInteger),
        sa.Column("public_at", _MOMENT),
        sa.Column("first_published_at", _MOMENT),
        sa.Column("updated_at", _MOMENT),
        sa.Column("expires_at", _MOMENT),
        sa.Column("url", sa.Text),
        sa.Column("short_id", sa.String(26), unique=True),
        sa.Column("unpublish_type", sa.String(12)),
        sa.Column("location", sa.Text),
        sa.Column("explanation", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("imported_digest", sa.String(64)),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
    )
    op.create_index("ix_articles_category", "articles", ["category", "version", "id"])
    op.create_index("ix_articles_expires", "articles", ["expires_at"])
    op.create_index("ix_articles_scheduled", "articles", ["scheduled_at"])
    op.create_index("ix_articles_state", "articles", ["state", "version", "id"])
    op.create_index("ix_articles_version", "articles", ["version", "id"])


def _categories() -> None:
    op.create_table(
        "categories",
        sa.Column("slug", sa.String(100), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _delivered() -> None:
    op.create_table(
        "delivered",
        sa.Column("article_id", sa.Uuid, primary_key=True),
        sa.Column("consumer", sa.String(20), primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
    )


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("renditions", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )


def _replays() -> None:
    op.create_table(
        "replays",
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.Text, nullable=False, unique=True),
        sa.Column("consumer", sa.String(20), nullable=False),
        sa.Column("ids", sa.Text),
        sa.Column("after", sa.Uuid),
        sa.Column("requested_at", _MOMENT, nullable=False),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT),
        sa.Column("revoked_at", _MOMENT),
    )


def _addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("article_id", sa.Uuid, sa.ForeignKey("articles.id"), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
    )
    op.create_index("ix_addresses_article_id", "addresses", ["article_id"])


def _editions() -> None:
    op.create_table(
        "editions",
        sa.Column("article_id", sa.Uuid, sa.ForeignKey("articles.id"), primary_key=True),
        sa.Column("edition", sa.Integer, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.Column("saved_by", sa.Text, nullable=False),
    )


def _history() -> None:
    op.create_table(
        "history",
        sa.Column("article_id", sa.Uuid, sa.ForeignKey("articles.id"), primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("edition", sa.Integer),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )
