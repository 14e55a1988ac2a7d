"""Pages are read within limits: the same page is always treated alike, and soon."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.extract.page_tree import PageTooLargeError, check_text_size, parse_page
from newsbeam.transforms.records import Article, Document, Provenance, Rejection
from tests.support.thinned import every_nth

PROSE = "<p>Kommunen har brukt over to hundre millioner kroner på prosjektet i fjor.</p>"


def extract(body: str) -> Article | Rejection:
    page = f"<html><head><title>Brua</title></head><body><h1>Brua</h1>{body}</body></html>"
    document = Document(Provenance("a", "k", "o", "0" * 64), "text/html", page)
    return extract_article(document, language="nb", timezone=ZoneInfo("UTC"))


def test_controls_and_comments_are_left_out() -> None:
    assert parse_page("<p>a\x01b<!-- c -->d</p>").text_content() == "abd"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<div>" * 300 + "x", "too_deep"),
        ("<div>" * 3_000 + "x", "too_deep"),
        ("<p>x<br>" * 12_000, "too_complex"),
    ],
)
def test_a_tree_beyond_the_limits_is_refused(page: str, reason: str) -> None:
    with pytest.raises(PageTooLargeError) as caught:
        parse_page(page)
    assert caught.value.reason == reason
    found = extract(page)
    assert isinstance(found, Rejection)
    assert found.reason == reason
    assert "at most" in found.detail or "over 256" in found.detail


def test_a_text_beyond_the_limit_is_refused_and_scripts_do_not_count() -> None:
    with pytest.raises(PageTooLargeError, match="2,000,001 code points"):
        check_text_size(html.fragment_fromstring(f"<p>{'x' * 2_000_001}</p>"))
    found = extract(f"<script>{'x' * 2_000_001}</script>" + PROSE * 9)
    assert isinstance(found, Article)


def test_long_names_of_classes_are_dropped() -> None:
    tree = parse_page(f"<p class='{'a-' * 1_000}' id='b'>x</p><p class='c'>y</p>")
    assert [(e.get("class"), e.get("id")) for e in tree.iter("p")] == [(None, "b"), ("c", None)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    every_nth(
        4,
        [
            "<p>" + "Ord.<br>" * 9_000 + "</p>",
            "<p>" + "<span>ord</span> " * 9_000 + "</p>",
            "<div>x</div>" * 9_000,
            "<ul>" + "<li><a href=x>ord</a></li>" * 4_500 + "</ul>",
            "<ul><li><a href=x>ord</a>" * 120 + PROSE * 100,
            "<header>" + "<div>" * 240 + "</div>" * 240 + "</header>",
            "<article>x</article>" * 9_000,
            f"<div class='{'a-' * 300_000}'>{PROSE}</div>",
            "<h1>x</h1>" * 9_000,
            "<div><a href=x>x</a></div>" * 4_500,
        ],
    ),
)
def test_hostile_pages_within_the_limits_take_little_time(body: str) -> None:
    began = time.process_time()
    extract(body + PROSE * 9)
    assert time.process_time() - began < 5
