"""Alembic revisions of the visits database."""
