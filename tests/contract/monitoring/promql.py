"""As much of PromQL as it takes to name the metrics of an expression, and the labels asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<duration>\[[^\]]*\])
      | (?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?[a-z]*)
      | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
      | (?P<match>=~|!~|!=|=)
      | (?P<other>\S)""",
    re.VERBOSE,
)
_LISTS: Final = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS: Final = {"and", "or", "unless", "offset", "bool", "inf", "nan", "atan2"}


@dataclass(frozen=True)
class Selector:
    """A metric as an expression names it, with the labels that its braces speak of."""

    metric: str
    labels: set[str] = field(default_factory=set)


def selectors(expression: str) -> list[Selector]:
    """Return every selector of an expression that Prometheus takes."""
    tokens = [(found.lastgroup, found[0]) for found in _TOKEN.finditer(expression)]
    return list(_selectors([(str(kind), text) for kind, text in tokens]))


def _selectors(tokens: list[tuple[str, str]]) -> Iterator[Selector]:
    position = 0
    while position < len(tokens):
        kind, text = tokens[position]
        following = tokens[position + 1][1] if position + 1 < len(tokens) else ""
        position += 1
        if kind != "name" or text.lower() in _WORDS:
            continue
        if text in _LISTS:
            if following == "(":
                position = _closing(tokens, position, ")") + 1
            continue
        if following == "(" or _is_before_list(tokens, position):
            continue  # a function or an aggregation
        found = Selector(text)
        if following == "{":
            end = _closing(tokens, position, "}")
            inside = tokens[position:end]
            found.labels.update(
                label
                for (kind, label), (after, _) in pairwise(inside)
                if kind == "name" and after == "match"
            )
            position = end + 1
        yield found


def _closing(tokens: list[tuple[str, str]], position: int, sign: str) -> int:
    return next(at for at in range(position, len(tokens)) if tokens[at][1] == sign)


def _is_before_list(tokens: list[tuple[str, str]], position: int) -> bool:
    """Tell whether what stands there is an aggregation such as ``sum by (service) (…)``."""
    return position < len(tokens) and tokens[position][1] in {"by", "without"}
