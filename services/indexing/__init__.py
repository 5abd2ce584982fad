"""Indexing: keeps the search index in step with what ingest has published.

Owns: the search index (``<data>/index`` with tantivy); only this service writes it.
Receives: ``article.published``, ``article.unpublished``, ``category.changed``,
``articles.manifest``. Sends: ``article.delivered``, ``replay.requested``.
Processes: ``consumer``, one loop for the live queue and one for the bulk queue; with Elasticsearch
also ``jobs``, which finishes reindexes. ``reindex`` makes the index anew by hand.
"""
