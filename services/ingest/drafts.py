"""From the bytes of a request to a draft that may be saved. Pure: nothing is looked up."""

import hashlib
import json
import re
from posixpath import normpath
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from services.ingest.records import Draft
from services.ingest.sanitise import TooDeepError, body_pictures, is_empty, sanitise
from shared.contracts.article import Article, ContractError, FieldProblem, parse_article

_OWN: Final = re.compile(
    r"/(?:$|v1/|api/|media/|assets/|docs|chuyen-muc/|ngay(?:/|$)|tim-kiem|grafana(?:/|$)"
    r"|(?i:metrics|health)(?:/|$)|rss\.xml$|sitemap(?:-pages|-\d{4}-\d\d)?\.xml$|robots\.txt$"
    r"|tin/[a-z0-9-]+-[a-z2-7]{10,26}/?$)",
    re.ASCII,
)
"""Addresses of this site itself, and what its front doors do not ask the site for."""
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LEGACY_BYTES: Final = 2000
"""An old portal's address is a key in databases, and PostgreSQL's have 2,704 bytes at most."""


class MalformedError(ValueError):
    """The bytes are no JSON; the text says why."""


def decode_json(body: bytes) -> Any:
    """Read strict JSON (RFC 8259). Raises MalformedError.

    Refused beyond broken syntax: a name twice in one object (a word would be lost), NaN, lone
    surrogates (they are no text), nesting deeper than the interpreter bears.
    """
    try:
        text = body.decode()
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise MalformedError("The JSON is nested too deeply.") from None
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise MalformedError(f"The JSON is not valid Unicode: {error.reason}.") from error
    except ValueError as error:
        raise MalformedError(f"The JSON is broken: {error}.") from error
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:100]!r} stands twice in one object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def prepare(document: object, article_id: UUID | None = None) -> Draft:
    """Check and sanitise a decoded document. Raises ContractError."""
    found, article = parse_article(document, article_id)
    try:
        html = sanitise(article.body)
    except TooDeepError as error:
        raise ContractError([FieldProblem("/bodies/0/value", str(error))]) from error
    if is_empty(html):
        raise ContractError([FieldProblem("/bodies/0/value", "nothing is left of it to read")])
    article = article.with_body(html)
    text = article.encode()
    return Draft(
        article_id=found,
        article=article,
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        media=_media(article, html),
        legacy=_legacy(article),
    )


def _media(article: Article, html: str) -> tuple[tuple[str, UUID], ...]:
    beside = (
        (f"/associations/{index}/renditions/0/href", association.media)
        for index, association in enumerate(article.associations)
    )
    inside = (("/bodies/0/value", picture.media) for picture in body_pictures(html))
    return (*beside, *inside)


def _legacy(article: Article) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for index, alt in enumerate(article.alt_ids):
        if alt.role == "legacy-url":
            pointer = f"/altIds/{index}/value"
            found.setdefault(legacy_path(alt.value, pointer), pointer)
    return tuple(found.items())


def legacy_path(address: str, pointer: str) -> str:
    """Return the path (with its query) of an old portal's address. Raises ContractError.

    What is refused would never be answered with 301, as nobody can ask for it here.
    """
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise ContractError([FieldProblem(pointer, f"is no address: {error}")]) from error
    path = parts.path or "/"
    if parts.scheme not in {"", "http", "https"} or not path.startswith("/") or " " in address:
        raise ContractError([FieldProblem(pointer, "is neither http(s)://… nor a path")])
    unescaped = _unescaped(path, pointer)
    if _CONTROLS.search(unescaped):
        raise ContractError([FieldProblem(pointer, "has control characters")])
    if _OWN.match(_folded(unescaped)) and not (path == "/" and parts.query):
        raise ContractError([FieldProblem(pointer, "is an address of this site itself")])
    found = f"{path}?{parts.query}" if parts.query else path
    if len(found.encode()) > _LEGACY_BYTES:
        raise ContractError([FieldProblem(pointer, f"has more than {_LEGACY_BYTES} bytes")])
    return found


def _unescaped(path: str, pointer: str) -> str:
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError as error:
        raise ContractError([FieldProblem(pointer, "is not escaped UTF-8")]) from error


def _folded(path: str) -> str:
    """Return a path as browsers and front doors see it: without ``//``, ``.`` and ``..``."""
    folded = normpath(f"/{path.lstrip('/')}")
    return f"{folded}/" if path.endswith("/") and folded != "/" else folded
