"""Addresses that can be read aloud: ``Khánh thành cầu Bến Đá`` is ``khanh-thanh-cau-ben-da``."""

import re

from shared.text.normalise import folded, nfc

FALLBACK = "tin"
_WORD = re.compile("[a-z0-9]+")


def slugify(text: str, limit: int = 80) -> str:
    """Return whole words of ``text`` in a-z, 0-9 and single hyphens, at most ``limit`` characters.

    A first word longer than that is cut; a text without any such word gives ``tin``.
    """
    words: list[str] = _WORD.findall(folded(nfc(text)))
    if not words:
        return FALLBACK[:limit]
    slug = words[0][:limit]
    for word in words[1:]:
        if len(slug) + 1 + len(word) > limit:
            break
        slug = f"{slug}-{word}"
    return slug
