"""Visits: every reader's view counted exactly once, current visitors, and both for Prometheus.

Owns: the visits database (``<data>/visits/visits.db``): totals, counts by page and day, the ids
counted in the last days, who was here in the last minutes (as hashes), the salts of the days.
Receives: ``page.viewed``. Sends: ``page.viewed``, from its own collector.
Processes: ``collector`` (HTTP), ``counter``, ``exporter`` (Prometheus), ``jobs``; and ``migrate``.
"""
