"""Which IP addresses may be connected to: public ones, and those that a configuration opens.

Pure: no name is looked up here. What is refused keeps a link or a redirect from reaching into
the network that newsbeam runs in (server-side request forgery).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Network = IPv4Network | IPv6Network

# All that IANA gives out as IPv6 global unicast. ``is_global`` alone also calls fec0::/10,
# ff00::/8 and ::a.b.c.d global.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# IPv4 hosts as an IPv6-only network with DNS64 sees them (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """The networks that ``texts`` name, such as ``127.0.0.1`` or ``10.1.0.0/16``.

    Raises:
        ValueError: a text is no IP address or network.
    """
    return tuple(ip_network(text, strict=False) for text in texts)


def may_connect(address: str, allowed: Iterable[Network] = ()) -> bool:
    """Whether ``address`` (an IP address, not a name) is public or in one of ``allowed``.

    An IPv4-mapped IPv6 address (``::ffff:10.0.0.1``) counts as the IPv4 address that it holds.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return any(ip in network for network in allowed) or _is_public(ip)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast
    inner = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip.sixtofour
    if inner is not None and not _is_public(inner):
        return False
    return ip.is_global and (ip in _GLOBAL_UNICAST or ip in _NAT64)
