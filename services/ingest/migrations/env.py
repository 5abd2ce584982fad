"""Alembic's entry: runs the revisions on the connection that ``shared.migrations`` hands over."""

from alembic import context

from services.ingest.store.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
