"""Addresses made ready for a request, and the lanes that they belong to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.records import FetchFault
from newsbeam.transforms.web.urls import WebAddress, domain_of, read_web_address


def read(url: str, base: str | None = None) -> WebAddress:
    address = read_web_address(url, base)
    assert isinstance(address, WebAddress), address
    return address


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://Avis.example", "https://avis.example/"),
        ("https://avis.example:443/a#b", "https://avis.example/a"),
        ("http://avis.example:443/", "http://avis.example:443/"),
        ("https://avis.example/på/bær?q=ø å", "https://avis.example/p%C3%A5/b%C3%A6r?q=%C3%B8%20%C3%A5"),
        ("https://avis.example/%7Ea/%2f?a=b&c=%C3%A6", "https://avis.example/%7Ea/%2f?a=b&c=%C3%A6"),
        ("https://blåbær.no/", "https://xn--blbr-roah.no/"),
        ("https://avis.example./a", "https://avis.example/a"),
        (" https://avis.example/a\n", "https://avis.example/a"),
        ("http://[2A02:C0::1]:8080/a", "http://[2a02:c0::1]:8080/a"),
        ("http://a_b.avis.example/", "http://a_b.avis.example/"),
    ],
)  # fmt: skip
def test_url_as_it_is_sent(url: str, sent: str) -> None:
    assert read(url).url == sent
    assert read(sent).url == sent


def test_relative_to_a_base() -> None:
    base = "https://avis.example/nyheter/a"
    assert read("b?c", base).url == "https://avis.example/nyheter/b?c"
    assert read("//annen.example/", base).origin == "https://annen.example"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://avis.example/", "unsupported_scheme"),
        ("file:///etc/passwd", "unsupported_scheme"),
        ("javascript:alert(1)", "unsupported_scheme"),
        ("/nyheter", "unsupported_scheme"),
        ("", "unsupported_scheme"),
        ("http://", "bad_url"),
        ("http://./", "bad_url"),
        ("http://[::1/", "bad_url"),
        ("http://avis.example:99999/", "bad_url"),
        ("http://a b/", "bad_url"),
        ("http://avis.example%00.no/", "bad_url"),
        ("http://user:hemmelig@avis.example/", "bad_url"),
        ("http://0177.0.0.1/", "bad_url"),
        ("http://2130706433/", "bad_url"),
        ("http://1.2.3.0x7f/", "bad_url"),
        ("http://avis.example/" + "a" * 9000, "bad_url"),
    ],
)
def test_what_cannot_be_requested(url: str, reason: str) -> None:
    fault = read_web_address(url)
    assert isinstance(fault, FetchFault)
    assert (fault.reason, fault.is_temporary) == (reason, False)
    assert "hemmelig" not in fault.detail


@given(st.text(max_size=30), st.none() | st.just("https://avis.example/a"))
def test_any_text_ends_as_a_value_in_ascii(text: str, base: str | None) -> None:
    for url in (text, f"http://{text}", f"http://avis.example/{text}"):
        address = read_web_address(url, base)
        if isinstance(address, WebAddress):
            assert address.url.isascii()
            assert address.url.isprintable()
            assert read_web_address(address.url) == address


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.avis.no", "avis.no"),
        ("avis.no", "avis.no"),
        ("a.b.avis.co.uk", "avis.co.uk"),
        ("www.oslo.kommune.no", "oslo.kommune.no"),
        ("avis.example", "avis.example"),
        ("www.avis.example", "www.avis.example"),
        ("localhost", "localhost"),
        ("127.0.0.3", "127.0.0.3"),
        ("2a02:c0::1", "2a02:c0::1"),
    ],
)
def test_registrable_domain(host: str, domain: str) -> None:
    assert domain_of(host) == domain
