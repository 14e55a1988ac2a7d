"""An index of sitemaps is read as one feed: the newest of its sitemaps, a bounded number."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from newsbeam.transforms.lake.feed_state import (
    FeedState,
    SeenEntry,
    hash_entry_id,
    make_poll_row,
)
from newsbeam.transforms.poll.ask import Poll, poll_feeds
from newsbeam.transforms.poll.decide import make_feed
from newsbeam.transforms.poll.sitemap_index import MOST_SITEMAPS, choose_sitemaps
from newsbeam.transforms.records import Clock
from newsbeam.transforms.settings.source import FeedSettings, FetchSettings, Source
from newsbeam.transforms.web.client import HttpClient
from tests.support.accounts import check_account
from tests.support.loopback import Asked, Server, reply

SPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


def write_index(*names: str, dated: bool = True) -> str:
    """An index of sitemaps of these names, the last of them the newest."""
    newest = datetime(2026, 11, 1, tzinfo=UTC)
    told = "".join(
        f"<sitemap><loc>/{name}.xml</loc>"
        + (f"<lastmod>{newest + n * timedelta(days=1):%Y-%m-%d}</lastmod>" if dated else "")
        + "</sitemap>"
        for n, name in enumerate(names)
    )
    return f"<sitemapindex {SPACES}>{told}</sitemapindex>"


def write_sitemap(*numbers: int, news: bool = True) -> str:
    title = "<news:news><news:title>Sak {0}</news:title></news:news>" if news else ""
    told = "".join(f"<url><loc>/sak/{n}</loc>{title.format(n)}</url>" for n in numbers)
    return f"<urlset {SPACES}>{told}</urlset>"


@dataclass
class Site:
    """A server of sitemaps by name, and what a reader of its index knows."""

    maps: dict[str, str]
    state: FeedState | None = None
    asked: list[str] = field(default_factory=list)
    port: int = 0
    coding: str = "identity"

    def _answer(self, asked: Asked) -> bytes:
        name = asked.path.removeprefix("/").removesuffix(".xml")
        if name != "robots.txt":
            self.asked.append(name)
        if name not in self.maps:
            return reply(status=404)
        return reply(
            self.maps[name].encode(),
            content_type="text/xml",
            etag='"same"',
            content_encoding=self.coding,
        )

    def poll(self) -> Poll:
        async def run() -> Poll:
            server = Server(
                lambda asked, *_: self._answer(asked), host="127.0.0.87", port=self.port
            )
            async with server, HttpClient(Clock()) as client:
                self.port = server.port
                url = server.url("/index.xml")
                source = Source(
                    id="avis",
                    language="nb",
                    feeds=(FeedSettings(url=url, id="i"),),
                    fetch=FetchSettings(
                        allow_addresses=("127.0.0.0/8",), seconds_between_requests=0
                    ),
                )
                feed = make_feed(source, source.feeds[0])
                states = {} if self.state is None else {("avis", "i"): self.state}
                (poll,) = await poll_feeds(
                    client, [feed], {"avis": source}, states, Clock(), Random(0)
                )
                return poll

        self.asked.clear()
        poll = asyncio.run(run())
        state = poll.polled.state
        seen = {
            hash_entry_id(f.entry.id): SeenEntry(f.entry.digest, "0" * 32)
            for f in poll.polled.fresh
        }
        self.state = replace(state, seen={**state.seen, **seen})
        check_account(make_poll_row(state, "run"))
        return poll


def paths(poll: Poll) -> list[str]:
    return sorted((f.entry.url or "").partition("/sak")[2] for f in poll.polled.fresh)


def test_the_newest_sitemaps_of_an_index_are_read_as_one_feed() -> None:
    names = [f"dag-{n}" for n in range(6)]
    maps = {name: write_sitemap(n, n + 1) for n, name in enumerate(names)}
    site = Site({"index": write_index(*names), **maps})
    poll = site.poll()
    assert site.asked == ["index", "dag-5", "dag-4", "dag-3"]
    assert len(site.asked) == 1 + MOST_SITEMAPS
    state = poll.polled.state
    assert (state.outcome, state.kind, state.new, state.known) == ("parsed", "sitemap_index", 4, 2)
    assert paths(poll) == ["/3", "/4", "/5", "/6"]
    assert not poll.rejections


def test_sitemaps_are_looked_at_though_their_index_stays_as_it_is() -> None:
    site = Site({"index": write_index("a", dated=False), "a": write_sitemap(1)})
    site.poll()
    assert site.poll().polled.state.outcome == "unchanged"
    site.maps["a"] = write_sitemap(1, 2)
    assert paths(site.poll()) == ["/2"]


def test_a_sitemap_that_cannot_be_had_is_told_and_nothing_of_it_forgotten() -> None:
    site = Site({"index": write_index("a", "b"), "a": write_sitemap(1), "b": write_sitemap(2)})
    site.poll()
    lost = site.maps.pop("b")
    site.maps["a"] = write_sitemap(1, 3)
    poll = site.poll()
    assert paths(poll) == ["/3"]
    assert [r.reason for r in poll.rejections] == ["missing_sitemap"]
    assert "b.xml: not_found" in poll.rejections[0].detail
    site.maps["b"] = lost
    assert paths(site.poll()) == []


def test_an_index_of_which_nothing_can_be_had_has_failed() -> None:
    poll = Site({"index": write_index("a")}).poll()
    assert (poll.polled.state.outcome, poll.polled.state.reason) == ("failed", "not_found")
    nested = Site({"index": write_index("index"), "a": write_sitemap(1)}).poll()
    assert (nested.polled.state.outcome, nested.polled.state.reason) == ("failed", "sitemap_index")
    assert Site({"index": write_index()}).poll().polled.state.reason == "sitemap_index"


def test_plain_pages_beside_news_are_no_articles() -> None:
    maps = {"a": write_sitemap(1), "b": write_sitemap(7, 8, news=False)}
    assert paths(Site({"index": write_index("a", "b"), **maps}).poll()) == ["/1"]


def test_what_was_wrong_with_an_answer_is_told() -> None:
    site = Site({"index": write_sitemap(1)}, coding="utf-8")
    poll = site.poll()
    assert paths(poll) == ["/1"]
    assert [(r.stage, r.reason) for r in poll.rejections] == [("poll", "false_coding")]
    assert not site.poll().rejections  # nothing new was told


def test_names_that_speak_of_news_go_first() -> None:
    listed = ["/images.xml", "/page-sitemap.xml", "/google-news.xml", "/post-sitemap2.xml"]
    assert choose_sitemaps(listed) == ["/google-news.xml", "/post-sitemap2.xml"]
    assert choose_sitemaps(["/1", "/2", "/3", "/4"]) == ["/1", "/2", "/3"]
