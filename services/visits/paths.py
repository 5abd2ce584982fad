"""Which paths are pages of the site (pure): the table of pages in the contract."""

import re
from datetime import date

LONGEST = 512
"""Characters of the longest path that is taken."""

_SEARCH = "/tim-kiem"
_SLUG = r"[a-z0-9][a-z0-9-]*"
_PAGE = re.compile(
    rf"/|{_SEARCH}"
    rf"|/tin/(?:{_SLUG}-)?[a-z0-9]{{10,}}/"  # a slug and at least 10 characters of the id
    rf"|/chuyen-muc/{_SLUG}/(?:{_SLUG}/){{0,3}}"  # a category and its deeper pages
    rf"|/ngay/(?P<year>[0-9]{{4}})/(?P<month>[0-9]{{2}})/(?:(?P<day>[0-9]{{2}})/)?"
)


def canonical(path: str) -> str | None:
    """Return the one form in which a page of the site is counted, or None if it is not a page.

    A query and a fragment are left out, a last slash is added or taken away as the page's address
    has it. Nothing else is mended: anything but the address itself is no page.
    """
    bare = path.partition("#")[0].partition("?")[0]
    if bare == f"{_SEARCH}/":
        bare = _SEARCH
    elif bare not in ("", _SEARCH) and not bare.endswith("/"):
        bare += "/"
    if len(bare) > LONGEST:
        return None
    found = _PAGE.fullmatch(bare)
    return bare if found and _is_a_date(found) else None


def _is_a_date(found: re.Match[str]) -> bool:
    if found["year"] is None:
        return True
    try:
        date(int(found["year"]), int(found["month"]), int(found["day"] or 1))
    except ValueError:
        return False
    return True
