"""The tables of the visits database, as the newest migration leaves them.

In ``daily``, ``totals`` and ``presence`` the empty page stands for the whole site.
"""

from sqlalchemy import BigInteger, Column, Date, LargeBinary, MetaData, Table, Text, Uuid

METADATA = MetaData()

SEEN = Table(
    "seen",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("day", Date, nullable=False, index=True),
)
"""Ids already counted, with the day their view was received."""

DAILY = Table(
    "daily",
    METADATA,
    Column("page", Text, primary_key=True),
    Column("day", Date, primary_key=True, index=True),
    Column("views", BigInteger, nullable=False),
)
TOTALS = Table(
    "totals",
    METADATA,
    Column("page", Text, primary_key=True),
    Column("views", BigInteger, nullable=False),
)
FILTERED = Table(
    "filtered",
    METADATA,
    Column("reason", Text, primary_key=True),
    Column("views", BigInteger, nullable=False),
)
PRESENCE = Table(
    "presence",
    METADATA,
    Column("page", Text, primary_key=True),
    Column("visitor", Text, primary_key=True),
    Column("last_seen_ms", BigInteger, nullable=False),
)
"""When a visitor (a hash of the day) was last seen, in Unix milliseconds."""

SALTS = Table(
    "salts",
    METADATA,
    Column("day", Date, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
)
