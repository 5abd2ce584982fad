"""Search: readers' questions answered from the search index, as a page and as JSON.

Owns: nothing; it reads the index that indexing writes. Receives and sends no events.
Processes: ``web`` (``/tim-kiem``, ``/api/search``, ``/api/suggest``).
"""
