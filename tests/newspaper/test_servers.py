"""The newspaper over HTTP."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
import yaml

from newsbeam.transforms.settings.source import Source
from tests.support.newspaper import START, Newspaper, Servers, make_site, serve

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def paper() -> Newspaper:
    """A month with all that can happen. Not served: its port is only said to be one."""
    newspaper = Newspaper(seed=7)
    newspaper.port = 8000
    return newspaper


@pytest.fixture
def small() -> Iterator[Servers]:
    with serve(make_site(articles=3, feeds=4, hosts=2)) as servers:
        yield servers


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=given)
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def test_serves_feeds_and_pages_and_logs_them(small: Servers) -> None:
    feed = small.feed_urls[0]
    status, headers, body = get(feed, User_Agent="test/1")
    assert (status, headers["content-type"]) == (200, "application/rss+xml")
    assert headers["date"] == "Mon, 16 Mar 2026 05:00:00 GMT"
    link = feedparser.parse(body).entries[0].link
    assert b"NewsArticle" in get(link)[2]
    assert get(feed, If_None_Match=headers["etag"])[0] == 304
    assert get(feed.rpartition("/")[0] + "/none")[0] == 404
    assert get(feed, method="HEAD")[2] == b""
    log = small.log
    assert [(entry.kind, entry.status) for entry in log] == [
        ("feed", 200), ("page", 200), ("feed", 304), ("other", 404), ("feed", 200),
    ]  # fmt: skip
    assert log[0].headers["user-agent"] == "test/1"
    assert log[0].gave_validators
    assert log[0].at == START
    assert log[1].target == "feed-00-0003"
    assert [entry.is_conditional for entry in log[:3]] == [False, False, True]
    assert all(entry.arrived <= entry.answered for entry in log)


def test_the_clock_is_the_test_s(small: Servers) -> None:
    article = small.newspaper.script.articles[0]
    url = small.newspaper.article_url(article.id)
    small.set_time(article.published_at - MINUTE)
    assert get(url)[0] == 404
    small.set_time(article.published_at)
    assert get(url)[0] == 200


def test_twenty_at_once() -> None:
    all_asked = Barrier(20)  # Nobody is answered before all have asked.
    with (
        serve(
            make_site(articles=3, feeds=4, hosts=2), wait=lambda: all_asked.wait(timeout=60)
        ) as servers,
        ThreadPoolExecutor(20) as pool,
    ):
        statuses = list(pool.map(lambda url: get(url)[0], servers.feed_urls * 5))
    assert statuses == [200] * 20


def test_transfers_of_every_kind() -> None:
    plain = make_site(articles=2, feeds=3, hosts=3)
    kinds: tuple[dict[str, Any], ...] = ({}, {"gzip": True}, {"chunked": True})
    sites = tuple(
        replace(site, **kind) for site, kind in zip(plain.script.sites, kinds, strict=True)
    )
    first, second = plain.script.articles[:2]
    articles = (replace(first, hiccup="cut"), replace(second, hiccup="reset"))
    script = replace(plain.script, sites=sites, articles=(*articles, *plain.script.articles[2:]))
    newspaper = Newspaper(script=script)
    with serve(newspaper) as servers:
        whole, zipped, chunked = servers.feed_urls
        assert "content-length" in get(whole)[1]
        assert "content-encoding" not in get(zipped)[1]
        _, headers, body = get(zipped, Accept_Encoding="gzip")
        assert headers["content-encoding"] == "gzip"
        assert gzip.decompress(body) == get(zipped)[2]
        _, headers, body = get(chunked)
        assert headers["transfer-encoding"] == "chunked"
        assert not feedparser.parse(body).bozo
        cut, reset = (newspaper.article_url(article.id) for article in articles)
        with pytest.raises(http.client.IncompleteRead):
            get(cut)
        with pytest.raises(ConnectionResetError):
            get(reset)
        assert [get(url)[0] for url in (cut, reset)] == [200, 200]
        assert [entry.status for entry in servers.log if entry.kind == "page"] == [200, 0, 200, 200]


def test_a_paper_served_again_keeps_its_addresses() -> None:
    newspaper = make_site()
    with pytest.raises(RuntimeError):
        newspaper.url("127.0.0.2", "/")
    with serve(newspaper) as servers:
        first = servers.feed_urls
        get(first[0])
    with serve(newspaper) as servers:
        assert servers.feed_urls == first
        assert get(first[0])[0] == 200


def test_configs_are_newsbeam_s(tmp_path: Path, paper: Newspaper) -> None:
    paths = paper.write_configs(tmp_path / "kilder")
    assert len(paths) == len(paper.sites)
    told = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    sources = [Source.model_validate_json(json.dumps(source)) for source in told]
    assert sorted(f.url for s in sources for f in s.feeds) == sorted(paper.feed_urls)
    assert {source.language for source in sources} == {"nb", "nn"}
