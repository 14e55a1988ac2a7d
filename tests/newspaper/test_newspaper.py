"""The scripted newspaper itself: that it does what its script says, and that its checks bite."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.records import Article as ExtractedArticle
from newsbeam.transforms.records import Document, Provenance
from tests.support.newspaper import CALM, EVENTS, MISCHIEFS, Newspaper
from tests.support.newspaper.asking import (
    LATER,
)

OSLO = ZoneInfo("Europe/Oslo")


# --- The script


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_happens_within_a_month(seed: int) -> None:
    script = Newspaper(seed).script
    feeds, articles, sites = script.feeds, script.articles, script.sites
    happened = {
        "gone_feeds": any(feed.gone_at for feed in feeds),
        "silent_feeds": any(feed.silent_at for feed in feeds),
        "changed_guids": any(feed.new_guids_at for feed in feeds),
        "moved_feeds": any(len(feed.addresses) > 1 for feed in feeds),
        "detours": any(feed.detour for feed in feeds),
        "no_validators": not all(feed.has_validators for feed in feeds),
        "no_guids": any(feed.format == "rss" and not feed.has_guids for feed in feeds),
        "no_dates": any(feed.date_style == "none" for feed in feeds),
        "odd_dates": any(feed.date_style not in ("none", "standard") for feed in feeds),
        "tracking": any(feed.has_tracking for feed in feeds),
        "full_text": any(feed.full_text for feed in feeds),
        "ttl": any(feed.ttl_minutes for feed in feeds),
        "mirrors": any(feed.mirrors for feed in feeds),
        "edits": any(len(article.revised_at) > 1 for article in articles),
        "moved_pages": any(len(article.addresses) > 1 for article in articles),
        "removals": any(article.removed_at for article in articles),
        "paywalls": {"teaser", "status_402", "status_403"} <= {a.access for a in articles},
        "robots": any(article.access == "forbidden" for article in articles),
        "comebacks": any(len(a.listings) > len({x.feed for x in a.listings}) for a in articles),
        "shared_entries": any(len({x.feed for x in a.listings}) > 1 for a in articles),
        "hiccups": {"status_503", "reset", "cut"} & {a.hiccup for a in articles},
        "short_429": any(article.hiccup == "status_429" for article in articles),
        "no_canonical": not all(site.has_canonical for site in sites),
        "gzip": any(site.gzip for site in sites),
        "chunked": any(site.chunked for site in sites),
        "latin1": any(site.charset == "iso-8859-1" for site in sites),
    } | dict.fromkeys({fault.kind for fault in script.faults}, True)
    assert set(happened) == EVENTS
    assert [event for event, has in happened.items() if not has] == []
    assert {feed.format for feed in feeds} == {"rss", "atom", "rdf", "json_feed", "news_sitemap"}
    assert {article.language for article in articles} == {"nb", "nn"}


def test_the_same_seed_gives_the_same_paper_and_another_one_another() -> None:
    first, again, other = (Newspaper(seed, feeds=4, hosts=2, days=3) for seed in (1, 1, 2))
    assert first.script == again.script
    assert first.script != other.script
    name = first.script.articles[0].id
    assert first.story(name, 0) == again.story(name, 0) != other.story(name, 0)


def test_a_calm_paper_only_publishes() -> None:
    script = Newspaper(3, feeds=4, hosts=2, days=3, events=CALM).script
    assert script.faults == ()
    assert {a.access for a in script.articles} == {"open"}
    assert all(len(a.revised_at) == len(a.addresses) == len(a.listings) == 1
               for a in script.articles)  # fmt: skip
    assert not any(f.gone_at or f.silent_at or f.mirrors or f.has_tracking for f in script.feeds)


def test_one_event_comes_alone() -> None:
    script = Newspaper(3, feeds=4, hosts=2, days=10, events={"broken_xml"}).script
    assert {fault.kind for fault in script.faults} == {"broken_xml"}
    assert all(len(article.revised_at) == 1 for article in script.articles)


@pytest.mark.slow
def test_mischief_comes_where_it_is_asked_for() -> None:
    whole = Newspaper(5, events=EVENTS | MISCHIEFS).script
    calm = Newspaper(5).script
    assert not any(feed.has_moving_dates or feed.counts_guids for feed in calm.feeds)
    moving = [feed for feed in whole.feeds if feed.has_moving_dates]
    assert moving
    assert not any(feed.has_validators for feed in moving)
    assert any(feed.counts_guids for feed in whole.feeds)
    (week,) = (fault for fault in whole.faults if fault.kind == "login_week")
    assert week.end - week.start == timedelta(days=7)
    # Feeds that send no validators have no false 304.
    others = [f for f in whole.faults if f.kind not in ("login_week", "false_304")]
    assert others == [fault for fault in calm.faults if fault.kind != "false_304"]


@pytest.mark.slow
def test_switching_an_event_off_leaves_the_others_alone() -> None:
    whole, less = Newspaper(5).script, Newspaper(5, events=EVENTS - {"edits"}).script
    assert less.faults == whole.faults
    assert less.feeds == whole.feeds
    assert [replace(a, revised_at=a.revised_at[:1]) for a in whole.articles] == list(less.articles)


@pytest.mark.parametrize(
    "wrong", [{"events": {"quake"}}, {"feeds": 2, "hosts": 3}, {"start": datetime(2026, 3, 1)}]  # noqa: DTZ001
)  # fmt: skip
def test_impossible_papers_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Newspaper(1, **wrong)  # type: ignore[arg-type]


def test_articles_keep_the_paper_s_hours(paper: Newspaper) -> None:
    local = [article.published_at.astimezone(OSLO) for article in paper.script.articles]
    night = sum(at.hour < 5 for at in local)
    morning = sum(8 <= at.hour < 13 for at in local)
    assert morning > 5 * night > 0
    saturday, tuesday = (sum(at.weekday() == day for at in local) for day in (5, 1))
    assert saturday < 0.8 * tuesday


def test_paragraphs_are_unique_and_norwegian(paper: Newspaper) -> None:
    stories = [paper.story(article.id, 0) for article in paper.script.articles[::10]]
    lines = [line for story in stories for line in story.lines]
    assert len(set(lines)) > 0.995 * len(lines)
    assert all(4 <= len(story.paragraphs) <= 12 for story in stories)
    assert all(said in "\n".join(story.lines) for story in stories for said, _ in story.quotes)
    assert not [line for line in lines if "{" in line or (not line[0].isupper() and line[0] != "–")]


def test_an_edit_keeps_what_was_there(paper: Newspaper) -> None:
    article = next(a for a in paper.script.articles if len(a.revised_at) > 2)
    first, second = paper.story(article.id, 0), paper.story(article.id, 1)
    assert set(first.paragraphs) < set(second.paragraphs)
    assert second.standfirst.startswith(first.standfirst)
    assert second.standfirst != first.standfirst


# --- Pages


def test_pages_extract_to_the_truth(paper: Newspaper) -> None:
    """The reference extractor's lines, less what cleaning removes, are the story's lines."""
    chosen = [a for a in paper.script.articles if a.access == "open"][::400]
    sites = [paper.sites[article.host] for article in chosen]
    assert {site.charset for site in sites} == {"utf-8", "iso-8859-1"}
    for article, site in zip(chosen, sites, strict=True):
        revision = len(article.revised_at) - 1
        url = paper.article_url(article.id, LATER)
        body = paper.page(article.id, revision, article.addresses[-1].path)
        provenance = Provenance(site.name, url, url, "0" * 64, url, LATER)
        found = extract_article(
            Document(provenance, "text/html", body, site.charset),
            language=site.language,
            timezone=OSLO,
        )
        assert isinstance(found, ExtractedArticle), found
        story = paper.story(article.id, revision)
        lines = [block.text for block in found.blocks]
        assert [line for line in lines if line in story.lines] == list(story.lines)
        told = found.metadata
        assert (told.title, told.authors) == (story.title, (story.author,))
        assert (told.published_at, told.modified_at) == (
            article.published_at,
            article.revised_at[revision],
        )
        assert found.language == article.language
