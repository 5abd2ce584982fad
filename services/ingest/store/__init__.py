"""The only SQL of ingest, and the only files: articles, outbox, tokens, pictures."""
