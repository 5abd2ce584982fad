"""Vietnamese text: the same code when an article is indexed and when a reader asks."""
