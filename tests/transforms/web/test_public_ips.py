"""What may be connected to: public addresses, and what the configuration opens."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.web.public_ips import may_connect, read_networks

INNER = [
    "127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",
    "198.18.0.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "ff0e::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1",
    "64:ff9b::10.0.0.1", "64:ff9b:1::808:808", "2002:a00:1::1", "2002:7f00:1::",
    "2001:0:a00:1::1", "2001:db8::1", "100::1", "5f00::1",
    "localhost", "", "avis.example", "1.2.3", "0x7f000001",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8", "158.36.0.1", "2001:4860:4860::8888", "2a02:c0::1", "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8", "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_refused(address: str) -> None:
    assert not may_connect(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_let_through(address: str) -> None:
    assert may_connect(address)


def test_the_configuration_opens_addresses_and_networks() -> None:
    allowed = read_networks(["127.0.0.2", "10.1.0.0/16", "fd00::/8"])
    assert may_connect("127.0.0.2", allowed)
    assert may_connect("::ffff:127.0.0.2", allowed)
    assert may_connect("10.1.200.3", allowed)
    assert may_connect("fd12::1", allowed)
    assert may_connect("8.8.8.8", allowed)
    assert not may_connect("127.0.0.3", allowed)
    assert not may_connect("10.2.0.1", allowed)
    assert not may_connect("::1", allowed)


@given(st.ip_addresses(v=4))
def test_no_disguise_opens_an_address(inner: IPv4Address) -> None:
    """Mapped, NAT64 and 6to4 spellings of an IPv4 address go no further than the address."""
    number = int(inner)
    for disguise in (
        (0xFFFF << 32) | number,
        (0x64FF9B << 96) | number,
        (0x2002 << 112) | (number << 80),
    ):
        if may_connect(str(IPv6Address(disguise))):
            assert may_connect(str(inner))
