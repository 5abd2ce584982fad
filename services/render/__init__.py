"""Render: turns articles into the pages that readers see.

Owns the site's files (``<data>/site``) and its page database (``<data>/render/render.db``).
Receives ``article.published``, ``article.unpublished``, ``category.changed`` and
``articles.manifest``. Sends ``article.delivered`` once an article's page is on the disk, and
``replay.requested`` for what a manifest names and it has not.
"""
