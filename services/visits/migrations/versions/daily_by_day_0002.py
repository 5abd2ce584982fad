"""The pages of one day are found without reading those of all days."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_daily_day", "daily", ["day"])


def downgrade() -> None:
    op.drop_index("ix_daily_day", "daily")
