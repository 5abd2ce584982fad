"""Who sent a request: the client's address, its network, and the visitor's hash of the day.

An address is used and forgotten; what is kept is a hash that nobody can undo once the day's salt
is thrown away, and that differs from day to day.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import date
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
_HASH_BYTES = 16
_AGENT_CHARACTERS = 512


def client_address(peer: str, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """Return the address that a request came from.

    ``forwarded`` are the values of X-Forwarded-For in the order they came. They count only if the
    peer itself is trusted, and then from the right, as far as trusted proxies wrote them: the
    first address that is not a trusted proxy is the client; anything after it could be made up.
    """
    client = _plain(peer)
    hops = [hop.strip() for value in forwarded for hop in value.split(",")]
    while hops and _within(client, trusted):
        hop = _plain(hops.pop())
        if not _is_address(hop):
            break
        client = hop
    return client


def network(address: str) -> str | None:
    """Return the network whose views are limited together: /24 or /64; None for loopback.

    What is no address (a Unix socket's peer) is a network of its own.
    """
    if not _is_address(address):
        return address
    parsed = ip_address(address)
    if parsed.is_loopback:
        return None
    return str(ip_network((parsed.packed, 24 if parsed.version == 4 else 64), strict=False))  # noqa: PLR2004


def visitor_hash(salt: bytes, address: str, agent: str) -> str:
    """Return the visitor's name for the day: HMAC-SHA256 with its salt, cut to 128 bits, in hex."""
    message = f"{address}\n{agent[:_AGENT_CHARACTERS]}".encode("utf-8", "surrogateescape")
    return hmac.digest(salt, message, hashlib.sha256)[:_HASH_BYTES].hex()


class Visitors:
    """Names visitors; asks for a day's salt once and keeps it while the day lasts."""

    def __init__(self, salt_of: Callable[[date], bytes]) -> None:
        self._salt_of = salt_of
        self._today: tuple[date, bytes] | None = None

    def name(self, address: str, agent: str, day: date) -> str:
        """Return the visitor's hash. Raises what ``salt_of`` raises, at the first view of a day."""
        known = self._today
        if known is None or known[0] != day:
            known = self._today = (day, self._salt_of(day))
        return visitor_hash(known[1], address, agent)


def _plain(address: str) -> str:
    """Drop an IPv6 zone, and unwrap an IPv4 address that is written as IPv6."""
    bare = address.partition("%")[0]
    if ":" in bare and _is_address(bare):
        parsed = ip_address(bare)
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(parsed)
    return bare


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, networks: Sequence[Network]) -> bool:
    if not _is_address(address):
        return False
    parsed = ip_address(address)
    return any(parsed in found for found in networks)
