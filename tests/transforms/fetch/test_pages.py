"""What becomes of a page that came: itself, or what the feed tells where that is more."""

from __future__ import annotations

from typing import cast

import pytest

from newsbeam.transforms.fetch.pages import fetch_pages
from newsbeam.transforms.fetch.queue import FetchJob
from newsbeam.transforms.poll.wanted import PageOutcome
from newsbeam.transforms.records import (
    Clock,
    Document,
    Entry,
    FullText,
    Metadata,
    PageRequest,
    Rejection,
)
from newsbeam.transforms.settings.source import FeedSettings, FetchSettings, PollSettings, Source
from tests.support.sites import Answer, page, serve_site

LOGIN = "<html><h1>Logg inn</h1><form><input name=navn><input type=password></form></html>"
LINE = "<p>Kommunen stenger kaia i vinter fordi isen har tatt pælene på nordsiden. Del {}.</p>"
LEAD = "Kaia stenger."


def lines(count: int) -> str:
    return "".join(LINE.format(n) for n in range(count))


def make_source() -> Source:
    fetch = FetchSettings(allow_addresses=("127.0.0.0/8",), seconds_between_requests=0, tries=1)
    feeds = (FeedSettings(url="http://127.0.0.88/rss"),)
    return Source(id="avis", language="nb", feeds=feeds, fetch=fetch)


def fetch(content: str | None, body: str, full_text: FullText = "auto") -> Document | Rejection:
    """What comes of an entry with ``content`` whose page has ``body``."""
    source = make_source()
    html = f"<html><body><article><h1>Kaia</h1>{body}</article></body></html>"
    with serve_site(lambda base: {"/1": page(html)}, host="127.0.0.88") as site:
        metadata = Metadata(title="Kaia", lead=LEAD)
        entry = Entry("1", site.url("/1"), "0" * 24, metadata, content)
        job = FetchJob({"avis": source}, {("avis", "f"): full_text}, Clock(), None, {}, {}, None)
        found = list(fetch_pages([PageRequest("avis", "f", entry)], job))
        if "/1" not in site.asked:
            assert isinstance(found[0], Document)
            assert isinstance(found[0].body, str)  # the feed's own
    return cast("Document | Rejection", found[0])


@pytest.mark.parametrize(
    ("of_feed", "of_page", "taken"),
    [
        (7, 20, "page"),  # the feed has the beginning
        (7, 7, "page"),  # both have it all: the page tells more of it
        (7, 1, "feed"),  # the page holds it back
        (7, 0, "feed"),
        (2, 1, "page"),  # a teaser
        (20, 1, "feed"),  # the whole article, without asking
        (20, 30, "feed"),
    ],
)
def test_the_page_is_compared_where_the_feed_may_have_the_article(
    of_feed: int, of_page: int, taken: str
) -> None:
    document = fetch(lines(of_feed), lines(of_page))
    assert isinstance(document, Document)
    assert isinstance(document.body, bytes) == (taken == "page")


@pytest.mark.parametrize(("retries", "tries", "is_again"), [(5, 0, True), (5, 14, True),
                                                     (5, 15, False), (0, 0, False)])  # fmt: skip
def test_behind_a_log_in_page_it_is_tried_again(retries: int, tries: int, is_again: bool) -> None:
    def build(base: str) -> dict[str, Answer]:
        return {"/1": Answer(status=302, headers={"Location": f"{base}/inn"}), "/inn": page(LOGIN)}

    with serve_site(build, host="127.0.0.88") as site:
        entry = Entry("1", site.url("/1"), "0" * 24, Metadata(title="Kaia i Bø må stenge"))
        request = PageRequest("avis", "f", entry, tries)
        source = make_source().model_copy(update={"poll": PollSettings(retries=retries)})
        job = FetchJob({"avis": source}, {}, Clock(), None, {}, {}, None)
        rejection, outcome = fetch_pages([request], job)
    assert isinstance(rejection, Rejection)
    assert (rejection.reason, rejection.origin) == ("login_page", site.url("/inn"))
    assert isinstance(outcome, PageOutcome)
    assert (outcome.pending is not None, outcome.is_failure) == (is_again, True)


def test_whoever_wants_the_page_gets_it() -> None:
    for content in (lines(7), lines(20), None):
        document = fetch(content, lines(1), "page")
        assert isinstance(document, Document)
        assert isinstance(document.body, bytes)
    assert isinstance(cast("Document", fetch(lines(1), lines(9), "feed")).body, str)
