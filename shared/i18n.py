"""User-facing text through message catalogues (gettext by Babel), and Vietnamese formats.

Catalogues are read as ``.po`` text, so that no compiled file has to be kept beside them; each
part of the system has a file of its own in ``shared/locale/<language>/``.
"""

import gettext as std
import io
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

from shared.settings import LOCAL_TIME

_FOLDER = Path(__file__).parent / "locale"


@cache
def translations(locale: str = "vi") -> std.NullTranslations:
    """Return a locale's catalogue; a missing message shows its English id."""
    catalog = Catalog(locale=locale, domain="bantin")
    for path in sorted((_FOLDER / locale).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale, domain="bantin"):
                catalog[message.id] = message
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    buffer.seek(0)
    return Translations(buffer, domain="bantin")


def text(message: str, **values: object) -> str:
    """Translate ``message`` and fill in ``%(name)s``."""
    found = translations().gettext(message)
    return found % values if values else found


def number(value: int) -> str:
    """Write a whole number the Vietnamese way: 9.827.966."""
    return format_decimal(value, locale="vi")


def local(moment: datetime) -> datetime:
    """Return the moment in readers' time."""
    return moment.astimezone(LOCAL_TIME)


def day(moment: datetime | date) -> str:
    """Write a day as 03/07/2018, in readers' time."""
    shown = local(moment) if isinstance(moment, datetime) else moment
    return shown.strftime("%d/%m/%Y")
