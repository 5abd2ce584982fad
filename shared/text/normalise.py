"""One form for each word: composition, letter case, the tone mark's place, and no marks at all.

Everything after :func:`nfc` keeps the number of characters, so that an offset in a normalised text
is an offset in the original.
"""

import codecs
import re
import unicodedata

_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")


def nfc(text: str) -> str:
    """Compose the text and drop what no reader can see: controls and halves of surrogate pairs.

    Tabs and line ends stay.
    """
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


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
    text = lower(text)
    if text.isascii():
        return text
    try:
        # Two passes for a text without rare characters; str.translate takes many times as long.
        coded, _ = codecs.charmap_encode(text, "strict", _CODE_PAGE)
        return codecs.charmap_decode(coded, "strict", _BASES)[0]
    except UnicodeEncodeError:
        # One pass for each Vietnamese letter, and the rare ones one by one.
        for letter, base in _VIETNAMESE:
            text = text.replace(letter, base)
        return _NOT_ASCII.sub(lambda found: _base(found.group()), text)


def _base(character: str) -> str:
    if character == "đ":
        return "d"
    parts = unicodedata.normalize("NFD", character)
    if len(parts) > 1 and all(unicodedata.combining(mark) for mark in parts[1:]):
        return parts[0]
    return character


_TONES = "\u0300\u0301\u0309\u0303\u0323"  # huyền, sắc, hỏi, ngã, nặng


_NOT_ASCII = re.compile("[^\x00-\x7f]")


def _toned(letter: str) -> str:
    return "".join(unicodedata.normalize("NFC", letter + tone) for tone in _TONES)


_LETTERS = "".join(
    letter
    for plain in "aăâeêioôơuưyđ"
    for letter in (plain, *(_toned(plain) if plain != "đ" else ()))
    if not letter.isascii()
)
_VIETNAMESE = tuple((letter, _base(letter)) for letter in _LETTERS)
_CODED = "".join(map(chr, range(128))) + _LETTERS + "\u00a0–—…“”‘’«»•·°×²³"
"""What usual texts are made of, in lower case; the place of a character is its byte."""
_CODE_PAGE = codecs.charmap_build(_CODED.ljust(256, "\ufffe"))  # which says: no character
_BASES = "".join(map(_base, _CODED))


_MISPLACED = re.compile(
    f"(?P<first>[{_toned('o')}])(?P<second>[aăe])"
    f"|(?P<first_u>[{_toned('u')}])(?P<second_y>y)"
    f"|(?<=q)(?P<first_q>[{_toned('u')}])(?P<second_q>[aăâeêiyoôơ])"
)


def _move_tone(found: re.Match[str]) -> str:
    pair = found.group()
    parts = unicodedata.normalize("NFD", pair[0])
    return parts[0] + unicodedata.normalize("NFC", pair[1] + parts[1])
