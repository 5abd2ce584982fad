"""From the parameters of a request to a question, or a 422 that names each wrong one. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from shared.http import FieldError, Kind, Problem
from shared.index import Query, Sort

LONGEST: Final = 512
"""Characters of ``q``."""
DEEPEST: Final = 10_000
"""Results that can be paged through; who needs more narrows the question."""
MOST_PER_PAGE: Final = 50
DEFAULT_PER_PAGE: Final = 20
PARAMETERS: Final = ("q", "from", "to", "category", "sort", "page", "per_page")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NUMBER = re.compile(r"[0-9]{1,9}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_SLUG: Final = 200


def parse(given: Mapping[str, Sequence[str]], *, blanks: bool = False) -> Query:
    """Return the question. Raises a 422 Problem whose pointers are the parameters' names.

    ``blanks``: an empty value is as good as none, as HTML forms send it.
    """
    reader = _Reader(given, PARAMETERS, blanks=blanks)
    text = reader.value("q", words)
    since, until = reader.value("from", _day), reader.value("to", _day)
    category = reader.value("category", _slug)
    sort = reader.value("sort", _sort)
    page = reader.value("page", _page) or 1
    per_page = reader.value("per_page", _per_page) or DEFAULT_PER_PAGE
    if since and until and since > until:
        reader.wrong("to", "is before from")
    if page * per_page > DEEPEST:
        reader.wrong("page", "lies beyond the first 10,000 results")
    reader.finish()
    return Query(text or "", since, until, category, sort or Sort.RELEVANCE, page, per_page)


def parse_prefix(given: Mapping[str, Sequence[str]]) -> str:
    """Return the beginning that a reader has typed. Raises a 422 Problem."""
    reader = _Reader(given, ("q",), blanks=False)
    text = reader.value("q", words)
    reader.finish()
    return text or ""


def words(value: str) -> str:
    if len(value) > LONGEST:
        raise ValueError("is longer than 512 characters")
    return _CONTROLS.sub(" ", value).strip()


class _Reader:
    """Reads parameters one by one and keeps what is wrong with them."""

    def __init__(
        self, given: Mapping[str, Sequence[str]], known: Sequence[str], *, blanks: bool
    ) -> None:
        self._given = given
        self._blanks = blanks
        self._errors = [
            FieldError(name[:100], "is no parameter of this address")
            for name in given
            if name not in known
        ]

    def value(self, name: str, read: Callable[[str], Any]) -> Any:
        """Return what ``read`` makes of a parameter; None where it is absent or wrong."""
        values = self._given.get(name, ())
        if len(values) > 1:
            self.wrong(name, "is given more than once")
        elif values and (values[0].strip() or not self._blanks):
            try:
                return read(values[0])
            except ValueError as error:
                self.wrong(name, str(error))
        return None

    def wrong(self, name: str, detail: str) -> None:
        self._errors.append(FieldError(name, detail))

    def finish(self) -> None:
        if self._errors:
            count = len(self._errors)
            raise Problem(
                Kind.INVALID, f"{count} parameter(s) are wrong.", errors=tuple(self._errors)
            )


def _day(value: str) -> date:
    if _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("is no date of the form YYYY-MM-DD")


def _slug(value: str) -> str:
    if len(value) <= _LONGEST_SLUG and _SLUG.fullmatch(value):
        return value
    raise ValueError("is no category's short name")


def _sort(value: str) -> Sort:
    try:
        return Sort(value)
    except ValueError:
        raise ValueError("is neither relevance nor newest") from None


def _page(value: str) -> int:
    if _NUMBER.fullmatch(value) and int(value) >= 1:
        return int(value)
    raise ValueError("is no whole number from 1")


def _per_page(value: str) -> int:
    if _NUMBER.fullmatch(value) and 1 <= int(value) <= MOST_PER_PAGE:
        return int(value)
    raise ValueError("is no whole number from 1 to 50")
