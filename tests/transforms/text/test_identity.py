from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsbeam.transforms.text.identity import (
    article_id,
    canonicalize_url,
    digest_bytes,
    list_spellings,
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Avisa.NO/Nyheter/", "https://avisa.no/Nyheter/"),
        ("https://avisa.no", "https://avisa.no/"),
        ("http://avisa.no:80/a", "http://avisa.no/a"),
        ("https://avisa.no:443/a", "https://avisa.no/a"),
        ("https://avisa.no:8443/a", "https://avisa.no:8443/a"),
        ("http://avisa.no:443/a", "http://avisa.no:443/a"),
        ("https://avisa.no:/a", "https://avisa.no/a"),
        ("https://avisa.no/a#kommentarer", "https://avisa.no/a"),
        ("https://avisa.no/a?", "https://avisa.no/a"),
        ("https://avisa.no/a?utm_source=rss&UTM_Medium=x&fbclid=1", "https://avisa.no/a"),
        ("https://avisa.no/a?b=2&utm_source=rss&a=1", "https://avisa.no/a?b=2&a=1"),
        ("https://avisa.no/a?id=1&gclid=x&igshid=y&mc_cid=z&mc_eid=w", "https://avisa.no/a?id=1"),
        ("https://avisa.no/a?utmost=1", "https://avisa.no/a?utmost=1"),
        ("https://avisa.no/a?flag&tom=", "https://avisa.no/a?flag&tom="),
        ("https://avisa.no/bl%c3%a5bær", "https://avisa.no/bl%C3%A5b%C3%A6r"),
        ("https://avisa.no/en to", "https://avisa.no/en%20to"),
        ("  https://avisa.no/a\n", "https://avisa.no/a"),
        ("https://blåbær.no/a", "https://blåbær.no/a"),
        ("https://bruker:hemmelig@avisa.no/a", "https://avisa.no/a"),
        ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("mailto:tips@avisa.no", None),
        ("ftp://avisa.no/a", None),
        ("javascript:void(0)", None),
        ("/nyheter/a", None),
        ("https://", None),
        ("https:///a", None),
        ("https://avisa.no:99999/a", None),
        ("https://[avisa/a", None),
        ("https://avisa no/a", None),
        ("https://avisa.no/\ud800", None),
        ("", None),
    ],
)
def test_canonicalize_url(url: str, expected: str | None) -> None:
    assert canonicalize_url(url) == expected


def test_parameters_that_a_site_needs_and_those_that_it_does_not() -> None:
    url = "https://avisa.no/a?utm_id=7&S=rss&id=1&utm_source=x"
    kept = "https://avisa.no/a?utm_id=7&id=1"
    assert canonicalize_url(url, keep=["UTM_ID"], drop=["s"]) == kept
    assert canonicalize_url(kept, keep=["utm_id"], drop=["s"]) == kept
    assert canonicalize_url(url, keep=["s"], drop=["s", "id"]) == "https://avisa.no/a?S=rss"


def test_canonicalize_url_relative_to_a_base() -> None:
    assert canonicalize_url("../b?x=1#y", "https://avisa.no/a/c/d") == "https://avisa.no/a/b?x=1"
    assert canonicalize_url("//nn.no/b", "https://avisa.no/a") == "https://nn.no/b"
    assert canonicalize_url("mailto:a@b.no", "https://avisa.no/a") is None


URL_TEXT = st.text(alphabet="aÅé/?&=#%:@[]. \t+;utm_sourceHTPS-~1280", max_size=40)


@given(URL_TEXT | st.text(max_size=40))
@example("a?&&utm_x=1&")
@example("a/%E5%e5%%zz")
def test_canonicalize_url_is_idempotent(tail: str) -> None:
    for url in (tail, "https://" + tail, "http://Avisa.no/" + tail):
        once = canonicalize_url(url)
        if once is not None:
            assert canonicalize_url(once) == once
            assert once.startswith(("http://", "https://"))


@given(st.text(max_size=40), URL_TEXT)
def test_canonicalize_url_never_raises_with_a_base(url: str, base: str) -> None:
    canonicalize_url(url, "https://" + base)
    canonicalize_url(url, base)


def test_article_id_is_pinned() -> None:
    """A changed id would make every known article new."""
    assert article_id("avisa", "a.txt") == "ba7384abdd3aa35eb4ddf33e22a42d5d"
    assert digest_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_article_id_tells_pairs_apart(source: str, key: str, source2: str, key2: str) -> None:
    identical = (source, key) == (source2, key2) or f"{source}\x1f{key}" == f"{source2}\x1f{key2}"
    assert (article_id(source, key) == article_id(source2, key2)) == identical
    assert len(article_id(source, key)) == 32


def test_article_id_takes_file_names_that_are_not_utf8() -> None:
    assert article_id("avisa", "bl\udce5.txt") != article_id("avisa", "bl\udce6.txt")


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "/a/b?id=1&p=2", "/a/?x", ":8080/a"])
@pytest.mark.parametrize("start", ["http://", "https://", "http://www.", "https://www."])
def test_all_spellings_of_an_address_have_the_same_spellings(start: str, path: str) -> None:
    url = canonicalize_url(f"{start}avisa.no{path}")
    assert url is not None
    spellings = list_spellings(url)
    assert spellings[0] == url
    assert len(spellings) == len(set(spellings)) <= 8
    for spelling in spellings:
        assert canonicalize_url(spelling) == spelling
        assert set(list_spellings(spelling)) == set(spellings)


def test_other_paths_hosts_and_questions_are_no_spelling() -> None:
    spellings = list_spellings("https://avisa.no/a?id=1")
    for other in ("https://avisa.no/A?id=1", "https://m.avisa.no/a?id=1", "https://avisa.no/a"):
        assert other not in spellings
