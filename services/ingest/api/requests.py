"""What every blueprint needs: who calls, what they sent, and how it is answered."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from flask import Response, g, request
from pydantic import BaseModel, ConfigDict, ValidationError

from services.ingest.commands import Precondition
from services.ingest.drafts import MalformedError, decode_json
from services.ingest.store.tokens import Scope, Token, Tokens
from shared.http import FieldError, Kind, Problem, invalid

BODY_LIMIT: Final = 1024 * 1024
"""Bytes that a JSON body, and a line of an import, may have."""
_CHUNK: Final = 64 * 1024


class Strict(BaseModel):
    """A body or query of which every field is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Asked = TypeVar("Asked", bound=BaseModel)


class Gate:
    """Lets callers in. It stands before the body is read: a stranger's bytes are not looked at."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def enter(self) -> None:
        """Find out who calls. Raises a 401 problem."""
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        token = None
        if scheme.lower() == "bearer" and value.strip():
            token = self._tokens.find(value.strip())
        if token is None:
            challenge = 'Bearer realm="bantin"' + (', error="invalid_token"' if value else "")
            raise Problem(
                Kind.UNAUTHORIZED,
                "Send a valid token: Authorization: Bearer <token>.",
                headers={"WWW-Authenticate": challenge},
            )
        g.token = token

    def need(self, scope: Scope) -> Callable[[], None]:
        """Return a check for ``before_request``: a good token that has this scope."""

        def check() -> None:
            self.enter()
            require(scope)

        return check


def require(*scopes: Scope) -> None:
    """Raise a 403 problem unless the caller's token has all of these."""
    missing = [scope.value for scope in scopes if scope.value not in caller().scopes]
    if missing:
        challenge = f'Bearer realm="bantin", error="insufficient_scope", scope="{missing[0]}"'
        raise Problem(
            Kind.FORBIDDEN,
            f"The token lacks the scope {', '.join(missing)}.",
            headers={"WWW-Authenticate": challenge},
        )


def caller() -> Token:
    token: Token = g.token
    return token


def read_body(limit: int = BODY_LIMIT) -> bytes:
    """Return the request's body. Raises a 413 problem, before reading it where that is possible."""
    too_large = Problem(Kind.TOO_LARGE, f"At most {limit} bytes are taken.")
    if request.content_length is not None and request.content_length > limit:
        raise too_large
    parts: list[bytes] = []
    size = 0
    while chunk := request.stream.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise too_large
        parts.append(chunk)
    return b"".join(parts)


def read_json(*, empty: object = None) -> Any:
    """Return the decoded body; ``empty`` stands for no body if it is given. 400, 413."""
    body = read_body()
    if empty is not None and not body.strip():
        return empty
    try:
        return decode_json(body)
    except MalformedError as error:
        raise Problem(Kind.MALFORMED, str(error)) from error


def checked(model: type[Asked], value: object) -> Asked:
    """Return ``value`` as the model. Raises a 422 problem that names every wrong field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(error) from error


def query(model: type[Asked]) -> Asked:
    """Return the query string as the model. Raises a 422 problem, also for a repeated one."""
    repeated = tuple(
        FieldError(f"/{name[:100]}", "is given more than once")
        for name, values in request.args.lists()
        if len(values) > 1
    )
    if repeated:
        raise Problem(Kind.INVALID, f"{len(repeated)} parameter(s) are wrong.", errors=repeated)
    return checked(model, request.args.to_dict())


def precondition() -> Precondition:
    """Return what ``If-Match`` and ``If-None-Match: *`` demand."""
    versions = None
    if "If-Match" in request.headers:
        matched = request.if_match
        versions = frozenset({"*"} if matched.star_tag else matched.as_set(include_weak=False))
    return Precondition(versions=versions, absent=request.if_none_match.star_tag)


def answer(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return JSON that no cache keeps."""
    return Response(
        json.dumps(body, ensure_ascii=False, default=_json),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        content_type="application/json",
    )


def _json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)
