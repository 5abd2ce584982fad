from datetime import date, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.visits.visitors import Visitors, client_address, network, visitor_hash

PROXIES = (ip_network("10.0.0.0/8"), ip_network("127.0.0.1"), ip_network("fd00::/8"))
DAY = date(2026, 3, 14)
ADDRESSES = st.ip_addresses().map(str)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("fd00::1", ["2001:DB8::5"], "2001:db8::5"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fe80::1%eth0", [], "fe80::1"),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_the_client_is_the_first_that_no_trusted_proxy_vouches_for(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == client


@given(ADDRESSES, st.lists(st.text(max_size=60), max_size=4))
def test_without_trusted_proxies_a_header_counts_for_nothing(
    peer: str, forwarded: list[str]
) -> None:
    assert client_address(peer, forwarded, ()) == client_address(peer, [], ())


@given(ADDRESSES, st.lists(st.one_of(ADDRESSES, st.text(max_size=30)), max_size=5))
def test_what_a_client_writes_before_its_own_address_changes_nothing(
    client: str, made_up: list[str]
) -> None:
    honest = client_address("10.0.0.1", [client], PROXIES)
    assume(not any(ip_address(honest) in found for found in PROXIES))
    assert client_address("10.0.0.1", [", ".join([*made_up, client])], PROXIES) == honest


@pytest.mark.parametrize(
    ("address", "together"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", None),
        ("127.8.9.1", None),
        ("::1", None),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_addresses_are_limited_by_their_network(address: str, together: str | None) -> None:
    assert network(address) == together


def test_the_same_reader_has_one_name_all_day_and_another_the_next_day() -> None:
    salts = {DAY: b"a" * 32, DAY + timedelta(days=1): b"b" * 32}
    visitors = Visitors(salts.__getitem__)
    today = visitors.name("203.0.113.9", "Firefox", DAY)
    assert visitors.name("203.0.113.9", "Firefox", DAY) == today
    assert visitors.name("203.0.113.9", "Chrome", DAY) != today
    assert visitors.name("203.0.113.8", "Firefox", DAY) != today
    assert visitors.name("203.0.113.9", "Firefox", DAY + timedelta(days=1)) != today


def test_a_salt_is_asked_for_once_a_day() -> None:
    asked: list[date] = []

    def salt_of(day: date) -> bytes:
        asked.append(day)
        return b"salt"

    visitors = Visitors(salt_of)
    for day in (DAY, DAY, DAY + timedelta(days=1), DAY + timedelta(days=1)):
        visitors.name("203.0.113.9", "Firefox", day)
    assert asked == [DAY, DAY + timedelta(days=1)]


@given(st.binary(min_size=1), st.text(max_size=40), st.text())
def test_a_name_is_32_hexadecimal_digits_whatever_the_reader_sends(
    salt: bytes, address: str, agent: str
) -> None:
    name = visitor_hash(salt, address, agent)
    assert len(name) == 32
    assert int(name, 16) >= 0
