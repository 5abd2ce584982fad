"""Who is not a reader: crawlers by their User-Agent, and pages fetched before anybody looks."""

from enum import StrEnum
from functools import lru_cache

_AGENT_CHARACTERS = 512
_REMEMBERED = 4096


class Reason(StrEnum):
    """Why a view counts apart."""

    BOT = "bot"
    PREFETCH = "prefetch"


def filtered(agent: str, purpose: str) -> Reason | None:
    """Return why a view is no reader's; ``purpose`` is the Sec-Purpose header.

    A page that a browser fetches or renders ahead says ``prefetch`` there (Fetch standard).
    """
    if is_bot(agent[:_AGENT_CHARACTERS]):
        return Reason.BOT
    return Reason.PREFETCH if "prefetch" in purpose.lower() else None


@lru_cache(maxsize=_REMEMBERED)
def is_bot(agent: str) -> bool:
    """Say whether a User-Agent is a known crawler's or missing altogether.

    One look at some 1,500 patterns takes about 0.2 ms, so answers are remembered; the patterns
    are read and compiled at the first question.
    """
    # Importing it reads the patterns; it carries no types.
    from crawleruseragents import is_crawler  # type: ignore[import-untyped]  # noqa: PLC0415

    return not agent.strip() or bool(is_crawler(agent))
