"""The longest questions are answered, also where Elasticsearch's limit is its lowest."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import product

import pytest

from services.search.query import LONGEST
from shared.index import Query, open_engine, open_index
from shared.text.normalise import folded, lower
from shared.text.words import question
from tests.contract.index.elastic import new_aliases
from tests.contract.index.writes import live
from tests.factories import NOON, an_id
from tests.servers.elasticsearch import Elasticsearch
from tests.servers.reporting import started

SYLLABLES = [first + second for first, second in product("bcdghklmnp", "aeiouy0123456789")]
CJK = [chr(0x4E00 + number) for number in range(256)]
MARKED = [c for c in map(chr, range(0xC0, 0x2000)) if lower(c) == c != folded(c)][:256]
DAY = NOON.date()
PAIRS = zip(CJK[:204:2], CJK[1:204:2], strict=True)
LONG = {
    "pasted": " ".join(f"x{word}" for word in SYLLABLES[:128]),
    "short": " ".join(SYLLABLES),
    "single": " ".join(CJK),
    "marked": " ".join(MARKED),
    "quoted": "".join(f'"{one} {other}"' for one, other in PAIRS),
}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    """A node as on a host of many processors and little memory: 1,024 clauses are the most."""
    make = partial(Elasticsearch, settings={"thread_pool.search.size": "64"})
    with started(make, tmp_path_factory.mktemp("narrow")) as server:
        yield server


@pytest.fixture
def new_url(
    adapter: str, new_url: Callable[[], str], request: pytest.FixtureRequest
) -> Iterator[Callable[[], str]]:
    if adapter == "tantivy":
        yield new_url
        return
    with new_aliases(request.getfixturevalue("narrow")) as new:
        yield new


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_a_question_as_long_as_may_be_asked_is_answered(url: str, text: str) -> None:
    assert len(text) <= LONGEST
    first, *words = [term.accented for term in question(text).terms]
    rest = " ".join(words)
    with closing(open_index(url)) as index, closing(open_engine(url)) as engine:
        index.write(
            [
                live(1, title="Cả bài", body=f"{first} {rest}"),
                live(2, title="Thiếu chữ đầu", body=rest),
                live(3, body=" ".join(words[1:]), by=f"{first} {words[0]}"),
            ]
        )
        results = engine.search(Query(text, since=DAY, until=DAY, category="tin-tuc"))
        assert {hit.id for hit in results.hits} == {an_id(1), an_id(3)}
        assert all("<mark>" in hit.highlight_title + hit.highlight_body[0] for hit in results.hits)
        assert engine.search(Query(text.replace(first, "0"))).total == 0
        engine.suggest(text, 5)


@pytest.mark.parametrize("name", ["pasted", "short"])
def test_it_wants_its_last_word_as_well(url: str, name: str) -> None:
    *words, last = [term.accented for term in question(LONG[name]).terms]
    with closing(open_index(url)) as index, closing(open_engine(url)) as engine:
        index.write([live(1, title=" ".join(words)), live(2, title=" ".join([*words, last]))])
        assert [hit.id for hit in engine.search(Query(LONG[name])).hits] == [an_id(2)]


@pytest.mark.parametrize("name", ["single", "marked"])
def test_more_words_than_mean_anything_are_ignored_from_the_same_one_on(
    url: str, name: str
) -> None:
    words = [term.accented for term in question(LONG[name]).terms]
    with closing(open_index(url)) as index, closing(open_engine(url)) as engine:
        index.write([live(count, title=" ".join(words[:count])) for count in (100, 179, 180, 181)])
        found = {hit.id for hit in engine.search(Query(LONG[name])).hits}
        assert found == {an_id(180), an_id(181)}
