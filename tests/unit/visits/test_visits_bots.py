import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.visits.bots import Reason, filtered

READERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 Chrome/126 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 coc_coc_browser/120 Chrome/114 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 50) AppleWebKit/537.36 Chrome/120 Mobile Safari",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Zalo iOS/24",
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0 Safari/537.36",
    "curl/8.5.0",
    "",
    "   ",
)


@pytest.mark.parametrize("agent", READERS)
def test_a_browser_is_a_reader(agent: str) -> None:
    assert filtered(agent, "") is None


@pytest.mark.parametrize("agent", BOTS)
def test_a_crawler_or_a_client_without_a_name_is_a_bot(agent: str) -> None:
    assert filtered(agent, "") is Reason.BOT


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender", "Prefetch"])
def test_a_page_fetched_ahead_is_no_view_yet(purpose: str) -> None:
    assert filtered(READERS[0], purpose) is Reason.PREFETCH
    assert filtered(BOTS[0], purpose) is Reason.BOT


@given(st.text(), st.text())
def test_any_headers_give_an_answer(agent: str, purpose: str) -> None:
    assert filtered(agent, purpose) in (None, Reason.BOT, Reason.PREFETCH)
