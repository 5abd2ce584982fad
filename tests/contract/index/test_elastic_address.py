"""Where the index is: read from one setting, whose password nobody gets to see."""

import pytest

from shared.index import open_engine, open_index
from shared.index.elastic.client import Address

PASSWORD = "p@ss/w:rd"
QUOTED = "p%40ss%2Fw%3Ard"


def test_every_part_of_the_address_is_read() -> None:
    url = f"elasticsearch+https://bantin:{QUOTED}@search.example:9243/news-1?ca=/run/ca.pem"
    assert Address.parse(url) == Address(
        "https://search.example:9243", "news-1", ("bantin", PASSWORD), "/run/ca.pem"
    )
    assert Address.parse("elasticsearch://[::1]:9200/news") == Address("http://[::1]:9200", "news")


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "host:9200",
        "host:9200/",
        "host/news",
        "host:port/news",
        "host:9200/News",
        "host:9200/a,b",
        "host:9200/news*",
        "host:9200/_all",
        "host:9200/news?verify=no",
    ],
)
@pytest.mark.parametrize("scheme", ["elasticsearch", "elasticsearch+https", "elasticsaerch"])
def test_a_wrong_address_stops_the_start_and_tells_no_password(scheme: str, rest: str) -> None:
    for open_ in (open_index, open_engine):
        with pytest.raises(ValueError, match="BANTIN_SEARCH_INDEX") as wrong:
            open_(f"{scheme}://bantin:{QUOTED}@{rest}")
        assert QUOTED not in str(wrong.value)


def test_an_address_shown_by_accident_tells_no_password() -> None:
    address = Address.parse(f"elasticsearch://bantin:{QUOTED}@host:9200/news")
    assert PASSWORD not in f"{address} {address!r}"
