"""Ingest: editors' words come in here and are never lost.

Owns: the articles with every edition, categories, tokens, pictures.
Receives: ``article.delivered``, ``replay.requested`` (and HTTP from editors, under ``/v1``).
Sends: ``article.published``, ``article.unpublished``, ``category.changed``, ``articles.manifest``.
State: ``<data>/ingest/ingest.db`` (or PostgreSQL) and the pictures in ``<data>/ingest/media``.
"""
