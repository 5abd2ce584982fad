"""One form for each word: composition, letter case, the tone mark's place, and no marks at all.

Everything after :func:`nfc` keeps the number of characters, so that an offset in a normalised text
is an offset in the original.
"""

import re
import unicodedata

_KEPT_CONTROLS = frozenset("\t\n\r")
_REMEMBERED = 0x3000
"""Characters below this are remembered even where nothing changes; there are few of them."""


def nfc(text: str) -> str:
    """Compose the text and drop what no reader can see: controls and halves of surrogate pairs."""
    if not text.isprintable():
        text = "".join(c for c in text if c in _KEPT_CONTROLS or not _invisible(c))
    return unicodedata.normalize("NFC", text)


def _invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs"} or character == "\ufeff"


def lower(text: str) -> str:
    """Return lower case, one character for each (``str.lower`` may give two)."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower()[0] for c in text)


def accented(text: str) -> str:
    """Return the form that tells words apart by their marks, wherever the tone was written.

    ``hòa`` and ``hoà`` are one word in two spellings, and so are ``thúy`` and ``thuý``. The tone
    goes to the second vowel of oa, oe and uy, and to the vowel after ``qu``. Wants NFC.
    """
    return _MISPLACED.sub(_move_tone, lower(text))


def folded(text: str) -> str:
    """Return the form without any marks: ``Đường`` is ``duong``. Wants NFC."""
    return lower(text).translate(_FOLDING)


def has_marks(word: str) -> bool:
    """Say whether the word was typed with diacritics. Wants NFC."""
    return folded(word) != lower(word)


class _Folding(dict[int, int]):
    """Letters without their marks, worked out when first met."""

    def __missing__(self, code: int) -> int:
        base = _base(chr(code))
        if base != code and not 0xD800 <= base <= 0xDFFF:  # noqa: PLR2004 - surrogates
            self[code] = base
        elif code < _REMEMBERED:
            self[code] = code
        return base


def _base(character: str) -> int:
    if character == "đ":
        return ord("d")
    parts = unicodedata.normalize("NFD", character)
    if len(parts) > 1 and all(unicodedata.combining(mark) for mark in parts[1:]):
        return ord(parts[0])
    return ord(character)


_FOLDING = _Folding()
_TONES = "\u0300\u0301\u0309\u0303\u0323"  # huyền, sắc, hỏi, ngã, nặng


def _toned(letter: str) -> str:
    return "".join(unicodedata.normalize("NFC", letter + tone) for tone in _TONES)


_MISPLACED = re.compile(
    f"(?P<first>[{_toned('o')}])(?P<second>[aăe])"
    f"|(?P<first_u>[{_toned('u')}])(?P<second_y>y)"
    f"|(?<=q)(?P<first_q>[{_toned('u')}])(?P<second_q>[aăâeêiyoôơ])"
)


def _move_tone(found: re.Match[str]) -> str:
    pair = found.group()
    parts = unicodedata.normalize("NFD", pair[0])
    return parts[0] + unicodedata.normalize("NFC", pair[1] + parts[1])
