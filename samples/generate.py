"""A synthetic corpus of Vietnamese news for benchmarks and load tests.

``python -m samples.generate --count 1000 > file.ndjson``. The same seed gives the same documents,
and a longer corpus begins with the shorter one.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final
from uuid import UUID, uuid5

from samples import phrases
from samples.load import categories

_NAMESPACE: Final = UUID("c5b9c0a4-2c8e-4b0f-9a53-1d3f6e7a9b20")
_ZONE: Final = timezone(timedelta(hours=7))
_LAST: Final = int(datetime(2026, 11, 20, 17, tzinfo=_ZONE).timestamp())
_SPAN: Final = 3652 * 24 * 3600
"""Ten years in seconds; dates are spread evenly over them, up to ``_LAST``."""
_POOL: Final = 4000
"""Different sentences that one corpus is made of; each article adds figures of its own."""
_PARAGRAPHS: Final = (3, 4, 3, 5, 4, 3, 4, 4)
"""Sentences in each paragraph: about 4 KB of UTF-8 with their markup."""


def articles(count: int, *, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Yield ``count`` ninjs documents without pictures, bodies of about 4 KB.

    Ids are uuid5 of seed and number; dates lie in the ten years up to 20 November 2026; the
    categories are those of ``categories.json``, so they must have been put first.
    """
    chance = random.Random(seed)
    writer = _Writer(chance)
    sections = [section["name"] for section in categories()]
    for number in range(count):
        moment = _LAST - int(chance.random() * _SPAN)
        topic = writer.word(phrases.WORKS)
        yield {
            "uri": f"urn:uuid:{uuid5(_NAMESPACE, f'{seed}/{number}')}",
            "type": "text",
            "language": "vi",
            "headlines": [{"value": writer.title()}],
            "descriptions": [{"role": "summary", "value": writer.word(writer.leads)}],
            "bodies": [{"contentType": "text/html", "value": writer.body(number, topic)}],
            "by": writer.name(),
            "infoSources": [{"name": "Cổng thông tin điện tử xã Bến Đá"}],
            "subjects": [
                {"name": writer.word(sections)},
                {"name": writer.word(phrases.GOODS)},
                {"name": topic},
            ],
            "contentCreated": datetime.fromtimestamp(moment, _ZONE).isoformat(),
        }


class _Writer:
    """Sentences filled once from the templates, then drawn at random: filling is what is slow."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._sentences = [self._fill(self.word(phrases.SENTENCES)) for _ in range(_POOL)]
        self._titles = [self._fill(self.word(phrases.TITLES)) for _ in range(_POOL)]
        self.leads = [self._fill(self.word(phrases.LEADS)) for _ in range(_POOL)]

    def word(self, words: Sequence[str]) -> str:
        return words[int(self._chance.random() * len(words))]

    def name(self) -> str:
        return self._named(phrases.MEN if self._chance.random() < 0.5 else phrases.WOMEN)

    def _named(self, families: Sequence[str]) -> str:
        return f"{self.word(families)} {self.word(phrases.GIVEN)}"

    def title(self) -> str:
        title = self.word(self._titles)
        return title[0].upper() + title[1:]

    def body(self, number: int, topic: str) -> str:
        sentences = iter(self._chance.choices(self._sentences, k=sum(_PARAGRAPHS)))
        big = 1000 + int(self._chance.random() * 900_000)
        opening = f"Tin số {number + 1}: {self.name()} ở {self.word(phrases.PLACES)} kể về việc"
        cost = f"{big // 1000}.{big % 1000:03} nghìn đồng"
        parts = [f"<p>{opening} {topic}, với tổng kinh phí {cost}.</p>"]
        for index, length in enumerate(_PARAGRAPHS):
            if index in {2, 5}:
                parts.append(f"<h2>{self.word(phrases.HEADINGS)}</h2>")
            text = " ".join([next(sentences) for _ in range(length)])
            parts.append(f"<p>{text}</p>")
        return "\n".join(parts)

    def _fill(self, template: str) -> str:
        chance = self._chance
        text = template.format(
            place=self.word(phrases.PLACES),
            name=self.name(),
            man=self._named(phrases.MEN),
            woman=self._named(phrases.WOMEN),
            role=self.word(phrases.ROLES),
            people=self.word(phrases.PEOPLE),
            work=self.word(phrases.WORKS),
            goods=self.word(phrases.GOODS),
            result=self.word(phrases.RESULTS),
            time=self.word(phrases.TIMES),
            number=chance.randint(2, 98),
            big=chance.randint(100, 999),
            percent=chance.randint(11, 97),
            day=f"{chance.randint(1, 28)}/{chance.randint(1, 12)}",
        )
        return text[0].upper() + text[1:]


def main() -> None:
    """Write the corpus as NDJSON to standard output."""
    parser = argparse.ArgumentParser(prog="python -m samples.generate", description=__doc__)
    parser.add_argument("--count", type=int, required=True, help="how many articles")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another corpus")
    given = parser.parse_args()
    for document in articles(given.count, seed=given.seed):
        sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
