"""The state table of articles, and how versions are issued. Pure: no clock, no database.

An article stands in three facts: what readers get, whether a draft waits, and whether an edition
is scheduled. Every call either leads to new facts or is refused; both are decided here alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Standing(StrEnum):
    """What readers get at the article's address."""

    NEVER = "never"
    LIVE = "live"
    UNPUBLISHED = "unpublished"


class Call(StrEnum):
    """What somebody asks of an article. ``MOVE`` is publish with another slug and no draft."""

    PUT = "put"
    PUBLISH = "publish"
    PUBLISH_AT = "publish at"
    MOVE = "move"
    UNPUBLISH = "unpublish"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class Facts:
    standing: Standing = Standing.NEVER
    draft: bool = False
    scheduled: bool = False

    @property
    def exists(self) -> bool:
        """Tell whether there is an article at all; one whose only draft was discarded is none."""
        return self.standing is not Standing.NEVER or self.draft or self.scheduled

    @property
    def state(self) -> str:
        """Return the one word that answers show."""
        if not self.exists:
            return "none"
        if self.scheduled:
            return "scheduled"
        words = {Standing.LIVE: "published", Standing.UNPUBLISHED: "unpublished"}
        return words.get(self.standing, "draft")


class Why(StrEnum):
    """Why a call is refused."""

    NO_ARTICLE = "There is no such article."
    NOTHING_TO_PUBLISH = "There is nothing to publish: no draft differs from what readers see."
    NO_DRAFT = "There is no draft; save one before publishing the article again."
    NOT_LIVE = "Nothing is live, so nothing can be unpublished."
    NOTHING_TO_DISCARD = "There is no draft and no schedule to discard."
    NOT_MOVABLE = "Only a live article can be moved to another address."


class Refused(Exception):  # noqa: N818 - an answer, not a mistake
    """The state table does not allow the call."""

    def __init__(self, why: Why, facts: Facts) -> None:
        super().__init__(why.value)
        self.why = why
        self.facts = facts


NONE: Final = Facts()


def after(facts: Facts, call: Call) -> Facts:
    """Return the facts after a call. Raises Refused."""
    if call is Call.PUT:
        return replace(facts, draft=True)
    if not facts.exists:
        raise Refused(Why.NO_ARTICLE, facts)
    if call is Call.UNPUBLISH:
        if facts.standing is Standing.NEVER:
            raise Refused(Why.NOT_LIVE, facts)
        return replace(facts, standing=Standing.UNPUBLISHED)
    if call is Call.MOVE:
        if facts.standing is not Standing.LIVE:
            raise Refused(Why.NOT_MOVABLE, facts)
        return facts
    if call is Call.DISCARD:
        return _discarded(facts)
    if not facts.draft and not facts.scheduled:
        live = facts.standing is Standing.LIVE
        raise Refused(Why.NOTHING_TO_PUBLISH if live else Why.NO_DRAFT, facts)
    if call is Call.PUBLISH:
        return Facts(Standing.LIVE)
    return replace(facts, draft=False, scheduled=True)


def _discarded(facts: Facts) -> Facts:
    if facts.scheduled:  # the schedule goes first; the words stay, as a draft
        return replace(facts, draft=True, scheduled=False)
    if not facts.draft and facts.standing is Standing.LIVE:
        raise Refused(Why.NOTHING_TO_DISCARD, facts)
    return replace(facts, draft=False)


def due(facts: Facts) -> Facts:
    """Return the facts after the scheduled edition's time has come; a draft beside it stays."""
    return Facts(Standing.LIVE, draft=facts.draft)


def next_version(previous: int, unix_ms: int) -> int:
    """Return the version of the next change: never one that was given out before.

    It follows the clock, so that a database restored from an older copy cannot give out again
    what it has forgotten giving out; and it still rises when the clock is set back.
    """
    return max(previous + 1, unix_ms)
