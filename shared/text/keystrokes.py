"""What a reader meant who typed for an input method that was switched off.

``chinhs quyeenf`` (Telex) and ``chinh1 quye6n2`` (VNI) are both «chính quyền». The rules are those
that the methods themselves teach: a key after a vowel gives it a hat, a horn or a breve, or the
syllable its tone; see the Unikey manual for both tables.
"""

import re
import unicodedata
from typing import Final

_TELEX_TONES: Final = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_VNI_TONES: Final = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_HATS: Final = {"a": "â", "e": "ê", "o": "ô"}
_SYLLABLE = re.compile(
    "(?P<initial>ngh|ng|nh|gh|gi(?=[aăâeêoôơuư])|qu(?=[aăâeêioơy])|ch|kh|ph|th|tr|[bcdđghklmnpqrstvx])?"
    "(?P<vowels>[aăâeêioôơuưy]{1,3})"
    "(?P<final>ch|ng|nh|[cmnpt])?"
)
_MARKED = re.compile("[ăâêôơư]")


def meant(word: str) -> str | None:
    """Return the syllable with its marks; None where the keys (lower case) spell none."""
    return _telex(word) or _vni(word)


def _telex(word: str) -> str | None:
    found = re.match("[^aeiouyw]*", word)
    start = found.end() if found else 0
    initial, rime = word[:start], word[start:]
    tones = [key for key in rime if key in _TELEX_TONES]
    if not word.isascii() or not word.isalpha() or len(tones) > 1:
        return None
    rime = re.sub("[sfrxj]", "", rime)
    if initial == "dd":
        initial = "đ"
    elif initial == "d" and rime.endswith("d"):
        initial, rime = "đ", rime[:-1]
    rime = re.sub(r"([aeo])([a-z]*)\1", lambda twice: _HATS[twice[1]] + twice[2], rime, count=1)
    if "w" in rime:
        rime = _horned(rime.replace("w", ""))
    return _spelt(initial + rime, _TELEX_TONES[tones[0]] if tones else "", word)


def _vni(word: str) -> str | None:
    keys = re.sub("[a-z]", "", word)
    letters = re.sub("[0-9]", "", word)
    if not re.fullmatch("[1-9]{1,4}", keys) or not letters.isalpha():
        return None
    tones = [key for key in keys if key in _VNI_TONES]
    if len(tones) > 1:
        return None
    if "9" in keys:
        letters = letters.replace("d", "đ", 1)
    if "6" in keys:
        letters = re.sub("[aeo]", lambda vowel: _HATS[vowel.group()], letters, count=1)
    if "7" in keys:
        letters = _horned(letters)
    if "8" in keys:
        letters = letters.replace("a", "ă", 1)
    return _spelt(letters, _VNI_TONES[tones[0]] if tones else "", word)


def _horned(letters: str) -> str:
    """Put the horn or the breve where it belongs; a key with nothing to change spoils the word."""
    for plain, horned in (
        ("uo", "ươ"),
        ("ua", "ưa"),
        ("uu", "ưu"),
        ("a", "ă"),
        ("o", "ơ"),
        ("u", "ư"),
    ):
        if plain in letters:
            return letters.replace(plain, horned, 1)
    return f"{letters}?"


def _spelt(letters: str, tone: str, typed: str) -> str | None:
    found = _SYLLABLE.fullmatch(letters)
    if found is None:
        return None
    place = found.start("vowels") + _toned(found["vowels"], closed=found["final"] is not None)
    spelt = unicodedata.normalize("NFC", letters[: place + 1] + tone + letters[place + 1 :])
    return spelt if spelt != typed and not spelt.isascii() else None


def _toned(vowels: str, *, closed: bool) -> int:
    """Return which of the vowels of a syllable bears the tone."""
    marked = [found.start() for found in _MARKED.finditer(vowels)]
    if marked:
        return marked[-1]
    if closed or vowels in {"oa", "oe", "uy"}:
        return len(vowels) - 1
    return 1 if len(vowels) == 3 else 0  # noqa: PLR2004 - the middle one of three
