"""Run by Alembic; the connection comes from ``shared.migrations``."""

from alembic import context

from services.render.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
