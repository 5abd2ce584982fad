"""Alembic revisions of the ingest database."""
