"""Who may call the API. A token is shown once; what is kept cannot be turned back into it."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import insert, select, update

from services.ingest.store.tables import TOKENS
from shared.clock import Clock, now
from shared.database import Database

_MARK: Final = "bantin_"
_BYTES: Final = 32


class Scope(StrEnum):
    """What a token allows; none of them includes another."""

    DRAFT = "draft"
    PUBLISH = "publish"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token: everything but the token."""

    id: int
    name: str
    prefix: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_good(self, moment: datetime) -> bool:
        expired = self.expires_at is not None and self.expires_at <= moment
        return self.revoked_at is None and not expired


class Tokens:
    """Raises SQLAlchemyError where the database cannot be used."""

    def __init__(self, database: Database, clock: Clock = now) -> None:
        self._database = database
        self._clock = clock

    def create(
        self, name: str, scopes: frozenset[Scope], expires_at: datetime | None = None
    ) -> str:
        """Make a token and return it; nobody can see it again.

        It is 256 random bits, so a plain SHA-256 of it is as safe as a slow hash would be of a
        password, and looking it up costs nothing.
        """
        token = _MARK + secrets.token_urlsafe(_BYTES)
        values = {
            "name": name,
            "prefix": token[: len(_MARK) + 6],
            "digest": _digest(token),
            "scopes": " ".join(sorted(scopes)),
            "created_at": self._clock(),
            "expires_at": expires_at,
        }
        with self._database.write() as connection:
            connection.execute(insert(TOKENS).values(values))
        return token

    def find(self, token: str) -> Token | None:
        """Return the token if it is known, not expired and not revoked."""
        with self._database.read() as connection:
            query = select(*_COLUMNS).where(TOKENS.c.digest == _digest(token))
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        found = _token(row)
        return found if found.is_good(self._clock()) else None

    def all(self) -> list[Token]:
        with self._database.read() as connection:
            found = connection.execute(select(*_COLUMNS).order_by(TOKENS.c.id))
            return [_token(row) for row in found]

    def revoke(self, token_id: int) -> bool:
        """Revoke a token for good; False if there is none with this number."""
        with self._database.write() as connection:
            done = connection.execute(
                update(TOKENS)
                .where(TOKENS.c.id == token_id, TOKENS.c.revoked_at.is_(None))
                .values(revoked_at=self._clock())
            )
        return done.rowcount == 1


_COLUMNS = tuple(column for column in TOKENS.c if column.name != "digest")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _token(row: object) -> Token:
    fields = {name: getattr(row, name) for name in Token.__slots__}
    return Token(**(fields | {"scopes": frozenset(fields["scopes"].split())}))
