"""``newsbeam source add`` against real servers on loopback: a working config, or why not."""

from __future__ import annotations

import gzip
import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from newsbeam.pipelines.config.load import load_job
from newsbeam.transforms.text.characters import squeeze
from tests.support import sites
from tests.support.sites import (
    NEWSLETTER,
    SLOGAN,
    Answer,
    list_items,
    make_paper,
    page,
    serve_site,
    xml,
)
from tests.support.workplace import ROOT, SHARED

Command = Callable[[list[str]], tuple[int, str, str]]
LOOPBACK = ["--allow-address", "127.0.0.0/8"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of configs in which requests need not wait for each other."""
    place = tmp_path / "configs"
    place.mkdir()
    (place / "defaults.yaml").write_text(
        "fetch: {seconds_between_requests: 0, contact: test@example.org}\n"
    )
    return place


@pytest.fixture
def add(newsbeam: Command, folder: Path) -> Command:
    """Run ``source add`` with the options that every test needs."""

    def run(arguments: list[str]) -> tuple[int, str, str]:
        return newsbeam(["source", "add", "--to", str(folder), *LOOPBACK, *arguments])

    return run


def add_json(add: Command, *arguments: str, code: int = 0) -> dict[str, Any]:
    found, out, err = add([*arguments, "--json"])
    assert found == code, err
    result: dict[str, Any] = json.loads(out)
    return result


def build_with_feed(place: Any) -> Callable[[str], dict[str, Answer]]:
    """A paper that tells of its feed at ``place``."""

    def build(base: str) -> dict[str, Answer]:
        robots = f"User-agent: *\nDisallow: /x\nSitemap: {base}/kart/nyheter-48t.xml\n"
        plain = "User-agent: *\nDisallow: /x\n"
        return make_paper(base, feeds=place, robots=robots if place == "robots" else plain)

    return build


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "feed"),
    [
        ("head", "/nytt.xml"),
        ("common", "/rss.xml"),
        ("linked", "/strom/alt.rss"),
        ("robots", "/kart/nyheter-48t.xml"),
    ],
)
def test_a_feed_is_found_wherever_a_paper_tells_of_it(
    add: Command, folder: Path, place: Any, feed: str
) -> None:
    with serve_site(build_with_feed(place)) as site:
        code, out, err = add([site.url(), "--yes"])
        assert code == 0, err
        file = folder / "fjordposten.yaml"
        assert f"newsbeam run {file} --output lake" in err
        assert site.asked.count("/robots.txt") == 1
        assert len(site.asked) <= 1 + 15 + 6
        (source,) = load_job([file]).sources
        assert [one.url for one in source.feeds] == [site.url(feed)]
        assert (source.id, source.name) == ("fjordposten", "Fjordposten")
        assert (source.language, source.timezone) == ("no", "Europe/Oslo")
        assert source.fetch.allow_addresses == ("127.0.0.0/8",)
        for item in list_items(6):
            assert item.story.title in out


@pytest.mark.parametrize("place", ["head", pytest.param("robots", marks=pytest.mark.slow)])
def test_from_an_address_to_rows_in_two_commands(
    newsbeam: Command, add: Command, folder: Path, tmp_path: Path, place: Any
) -> None:
    with serve_site(build_with_feed(place)) as site:
        code, _, err = add([site.url(), "--yes"])
        assert code == 0, err
        file, lake = folder / "fjordposten.yaml", tmp_path / "lake"
        code, _, err = newsbeam(["run", str(file), "--output", str(lake), "--json"])
        assert code == 0, err
    rows = pd.read_parquet(lake / "articles")
    assert len(rows) == 8
    stories = {item.story.title: item.story for item in list_items(8)}
    for title, text in zip(rows["title"], rows["text"], strict=True):
        assert text == "\n".join(stories[title].lines), "all of the prose, and nothing else"


def test_what_recurs_is_proposed_and_shown_with_its_rule(add: Command, folder: Path) -> None:
    with serve_site(lambda base: make_paper(base)) as site:
        result = add_json(add, site.url())
    assert not list(folder.glob("fjord*")), "--json alone only looks"
    (block,) = result["proposals"]["prune_xpath"]
    assert set(block["lines"]) == set(NEWSLETTER)
    assert "morgenbrev-innhold" in block["xpath"]
    (rule,) = result["proposals"]["rules"]
    assert rule["lines"] == [SLOGAN]
    assert len(result["sample"]) == 6
    for article in result["sample"]:
        removed = {line["text"]: line["rule"] for line in article["removed"]}
        assert removed[SLOGAN] == rule["name"]
        assert removed[NEWSLETTER[0]] == "prune_xpath"
        assert article["published_at_from"] == "meta"
        assert article["quotes"] >= 1
    assert 'drop_parameters: ["fra"]' in result["config"]
    comments = [f for f in result["feeds"] if f["left_out"]]
    assert [f["left_out"] for f in comments] == ["comments of readers"]


def test_one_story_told_three_times_is_no_boilerplate(add: Command) -> None:
    items = list_items(6)
    told = items[0].story.paragraphs
    items[1:4] = [
        replace(item, story=replace(item.story, paragraphs=(*item.story.paragraphs[:2], *told)))
        for item in items[1:4]
    ]
    with serve_site(lambda base: make_paper(base, items=items, has_furniture=False)) as site:
        result = add_json(add, site.url())
    assert result["proposals"] == {"prune_xpath": [], "rules": []}


def test_an_articles_address(add: Command) -> None:
    with serve_site(lambda base: make_paper(base)) as site:
        result = add_json(add, site.url("/nyheter/i/sak4"))
    assert result["feeds"][0]["url"] == site.url("/nytt.xml")
    assert result["sample"][0]["title"] == list_items()[4].story.title
    assert site.asked.count("/nyheter/i/sak4") == 1
    assert "/nyheter/i/sak4?fra=rss" not in site.asked, "the page was there already"


def test_a_feeds_address(add: Command) -> None:
    with serve_site(lambda base: make_paper(base, feeds="common")) as site:
        result = add_json(add, site.url("/rss.xml"), "--sample", "3")
    assert [feed["found_by"] for feed in result["feeds"]] == ["given"]
    assert result["guesses"]["name"]["value"] == "Fjordposten"
    assert len(site.asked) == 1 + 1 + 3, "robots.txt, the feed, the sample"


def test_no_feed_says_what_was_tried(add: Command) -> None:
    with serve_site(lambda base: make_paper(base, feeds="none")) as site:
        code, _, err = add([site.url(), "--yes"])
    assert code == 1
    assert "no_feed" in err
    assert "/rss.xml (a common place): 404" in err
    assert "files:" in err
    assert len(site.asked) <= 1 + 15


def test_broken_html(add: Command) -> None:
    def build(base: str) -> dict[str, Answer]:
        answers = make_paper(base)
        broken = (
            "<html lang=nb><head><title>Fjordposten<link rel='x' <link rel=alternate "
            "</title><link rel=alternate type='application/rss+xml' href='/nytt.xml'><body><div>"
            "<p>uavsluttet<table><td></div></span>&#0;<a href='http://['>x<script>if(a<b){"
        )
        return answers | {"/": page(broken)}

    with serve_site(build) as site:
        result = add_json(add, site.url())
    assert result["feeds"][0]["url"] == site.url("/nytt.xml")


def test_a_wall_like_cloudflares(add: Command) -> None:
    wall = page("<html><body>Just a moment...</body></html>", 403, cf_mitigated="challenge")

    def build(base: str) -> dict[str, Answer]:
        paths = ("/", "/feed", "/rss", "/rss.xml", "/feed.xml")
        return dict.fromkeys(paths, wall) | {"/robots.txt": Answer(b"", "text/plain")}

    with serve_site(build) as site:
        result = add_json(add, site.url(), code=1)
    assert result["trouble"]["reason"] == "bot_wall"
    assert any("publisher" in advice for advice in result["trouble"]["advice"])
    assert len(site.asked) <= 6, "nobody keeps knocking at a wall"


def test_a_feed_behind_which_pages_are_walled(add: Command, folder: Path) -> None:
    """The feed carries whole articles: they can be had without the pages."""
    items = list_items(4)
    entries = "".join(
        f"<item><title>{i.story.title}</title><link>BASE{i.path}</link><guid>{i.path}</guid>"
        f"<pubDate>{i.at:%a, %d %b %Y %H:%M:%S} +0000</pubDate><content:encoded><![CDATA["
        + "".join(f"<p>{line}</p>" for line in i.story.lines)
        + "]]></content:encoded></item>"
        for i in items
    )
    feed = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Fjordposten - siste nytt</title>{entries}</channel></rss>"
    )
    wall = page("<html><body>403</body></html>", 403)

    def build(base: str) -> dict[str, Answer]:
        walled = {item.path: wall for item in items}
        return make_paper(base, items=[]) | walled | {"/nytt.xml": xml(feed.replace("BASE", base))}

    with serve_site(build) as site:
        result = add_json(add, site.url(), "--yes")
    (source,) = load_job([folder / "fjordposten.yaml"]).sources
    assert source.full_text == "feed"
    assert result["sample"][0]["words"] > 80
    assert any("failed: forbidden" in remark for remark in result["remarks"])


@pytest.mark.parametrize("path", ["/", "/nyheter/"])
def test_robots_txt_forbids(add: Command, path: str) -> None:
    robots = f"User-agent: other\nAllow: /\n\nUser-agent: *\nDisallow: {path}\n"
    with serve_site(lambda base: make_paper(base, robots=robots)) as site:
        result = add_json(add, site.url(), code=1)
    assert result["trouble"]["reason"] == "robots_disallowed"
    assert f"/robots.txt: Disallow: {path}" in result["trouble"]["detail"]
    asked = [one for one in site.asked if one != "/robots.txt"]
    assert not [one for one in asked if one.startswith(path) and (path != "/" or one)]


def test_no_article_on_the_pages(add: Command) -> None:
    empty = page("<html><head><title>x</title></head><body><div id=root></div></body></html>")

    def build(base: str) -> dict[str, Answer]:
        answers = make_paper(base)
        return {p: empty if p.startswith("/nyheter") else a for p, a in answers.items()}

    with serve_site(build) as site:
        result = add_json(add, site.url(), code=1)
    assert result["trouble"]["reason"] == "no_article"
    assert "no_text" in result["trouble"]["detail"]
    assert any("body_xpath" in advice for advice in result["trouble"]["advice"])


def test_neither_page_nor_feed(add: Command) -> None:
    picture = Answer(b"\x89PNG\r\n\x1a\n\x00\x00", "image/png")
    with serve_site(lambda base: {"/logo.png": picture}) as site:
        result = add_json(add, site.url("/logo.png"), code=1)
    assert result["trouble"]["reason"] == "not_html"


def test_addresses_that_lead_nowhere(add: Command, newsbeam: Command, folder: Path) -> None:
    result = add_json(add, "http://nothing-here.invalid/", code=1)
    assert result["trouble"]["reason"] == "dns_failed"
    result = add_json(add, "ftp://example.org/", code=1)
    assert result["trouble"]["reason"] == "unsupported_scheme"
    code, out, _ = newsbeam(["source", "add", "http://127.0.0.41/", "--json", "--to", str(folder)])
    assert code == 1
    trouble = json.loads(out)["trouble"]
    assert trouble["reason"] == "forbidden_address"
    assert any("--allow-address" in advice for advice in trouble["advice"])


def test_old_feeds_and_topics_give_way(add: Command) -> None:
    def build(base: str) -> dict[str, Answer]:
        answers = make_paper(base)
        old = list_items(3, datetime.now(UTC) - timedelta(days=200))
        links = "".join(
            f'<link rel="alternate" type="application/rss+xml" href="{path}">'
            for path in ("/gammel.xml", "/tag/fotball/feed", "/kopi.xml", "/nytt.xml")
        )
        front = f"<html lang=nb><head><title>x</title>{links}</head><body>x</body></html>"
        return answers | {
            "/": page(front),
            "/gammel.xml": xml(sites.render_rss(base, old, "Gammelt")),
            "/tag/fotball/feed": xml(sites.render_rss(base, list_items(2), "Fotball")),
            "/kopi.xml": xml(sites.render_rss(base, list_items(5), "Kopi")),
        }

    with serve_site(build) as site:
        result = add_json(add, site.url())
    left = {feed["url"].removeprefix(site.base): feed["left_out"] for feed in result["feeds"]}
    assert left["/nytt.xml"] is None
    assert "two months" in left["/gammel.xml"]
    assert "one tag" in left["/tag/fotball/feed"]
    assert "same entries" in left["/kopi.xml"]


HOSTILE = "\x1b[31m</script><script>alert(1)</script> [bold]x[/] \u202egnidaer\x07 # : {y} 'q'"


def test_hostile_texts_are_shown_and_written_as_text(add: Command, folder: Path) -> None:
    items = list_items(4)
    items = [
        replace(i, story=replace(i.story, title=f"{i.story.title} {HOSTILE}", author=HOSTILE))
        for i in items
    ]
    evil = 'Fjord "posten"\u202e\n# x: [1] <b>'

    def build(base: str) -> dict[str, Answer]:
        # XML cannot hold control characters: the feed has them as a parser would pass them on.
        answers = make_paper(base, items=items, name=NAME_IN_HTML)
        plain = [replace(i, story=replace(i.story, title="Sak")) for i in items]
        return answers | {"/nytt.xml": xml(sites.render_rss(base, plain, evil))}

    with serve_site(build) as site:
        code, out, err = add([site.url(), "--yes"])
    assert code == 0, err
    for text in (out, err):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "\x07" not in text
    assert "<script>alert(1)</script>" in out, "harmless, and not hidden"
    assert "[bold]x[/]" in out
    (file,) = (f for f in folder.iterdir() if f.name != "defaults.yaml")
    written = file.read_text(encoding="utf-8")
    assert written.isprintable() or all(c.isprintable() or c == "\n" for c in written)
    (source,) = load_job([file]).sources
    assert source.name is not None
    assert "Fjord" in source.name


NAME_IN_HTML = "Fjord &quot;posten&quot;\u202e # x: [1] &lt;b&gt;\x1b[0m"


def test_nothing_is_written_over(add: Command, newsbeam: Command, folder: Path) -> None:
    with serve_site(lambda base: make_paper(base)) as site:
        mine = folder / "mine.yaml"
        mine.write_text("# mine\n")
        code, _, err = newsbeam(
            ["source", "add", site.url(), "--to", str(mine), "--yes", *LOOPBACK]
        )
        assert (code, mine.read_text()) == (2, "# mine\n")
        assert "--force" in err
        assert site.asked == [], "said before anybody was asked"
        assert add([site.url(), "--yes", "--id", "fjord", "--sample", "1"])[0] == 0
        code, _, err = add([site.url(), "--yes", "--id", "fjord2", "--sample", "1"])
        assert code == 2
        assert "fjord.yaml polls" in err
        assert add([site.url(), "--yes", "--id", "fjord", "--force", "--sample", "1"])[0] == 0


def test_without_a_terminal_it_wants_yes(add: Command) -> None:
    with serve_site(lambda base: make_paper(base)) as site:
        code, _, err = add([site.url()])
    assert code == 2
    assert "--yes" in err
    assert site.asked == []


@pytest.mark.parametrize("options", [["--id", "../x"], ["--allow-address", "x"], ["--sample", "0"]])
def test_wrong_options(add: Command, options: list[str]) -> None:
    code, _, err = add(["https://example.org", "--yes", *options])
    assert code == 2
    assert "Invalid value" in err
    assert options[0] in err
    assert err.endswith("See newsbeam source add --help\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "code"), [pytest.param("y", 0, marks=pytest.mark.slow), ("n", 1)]
)
def test_on_a_terminal_it_asks(folder: Path, answer: str, code: int) -> None:
    with serve_site(lambda base: make_paper(base)) as site:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "newsbeam", "source", "add", site.url(), "--to",
                   str(folder), "--sample", "1", *LOOPBACK]  # fmt: skip
        asking = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, cwd=ROOT
        )
        try:
            seen = b""
            while b"[y/N]" not in seen:
                assert select.select([ours], [], [], 90)[0], seen
                seen += os.read(ours, 65536)
            assert not (folder / "fjordposten.yaml").exists()
            os.write(ours, f"{answer}\n".encode())
            assert asking.wait(30) == code
        finally:
            asking.kill()
            os.close(theirs)
            os.close(ours)
    assert (folder / "fjordposten.yaml").exists() == (answer == "y")


SAVED = SHARED / "pages" / "publishers"


def read_saved(publisher: str) -> list[tuple[str, str, bytes, str]]:
    """Path, title, page and squeezed text by a person's hand, of a publisher's saved pages."""
    found = []
    for row in json.loads((SAVED / "truth.json").read_text(encoding="utf-8")):
        if row["publisher"] == publisher:
            body = row["gt"]["body"]
            lines = list(body["summary"])
            for section in body["sections"]:
                lines += [*section["headline"], *section["paragraphs"]]
            content = gzip.decompress((SAVED / f"{row['page']}.html.gz").read_bytes())
            path = f"/sak/{len(found)}"
            found.append((path, row["gt"]["title"], content, squeeze("".join(lines))))
    return found


def serve_saved(pages: list[tuple[str, str, bytes, str]], base: str) -> dict[str, Answer]:
    entries = "".join(
        f"<item><title>{escape(title)}</title><link>{base}{path}</link></item>"
        for path, title, _, _ in pages
    )
    front = '<link rel="alternate" type="application/rss+xml" href="/nytt.xml"><p>x</p>'
    return {path: Answer(content, "text/html") for path, _, content, _ in pages} | {
        "/": page(f"<html><head>{front}</head></html>"),
        "/nytt.xml": xml(f'<rss version="2.0"><channel>{entries}</channel></rss>'),
    }


@pytest.mark.slow
@pytest.mark.skipif(not SAVED.is_dir(), reason="the saved pages are not at hand")
@pytest.mark.parametrize("publisher", ["DW", "FAZ", "HamburgerAbendblatt", "Aftonbladet", "NTV"])
def test_saved_pages_as_a_site(add: Command, folder: Path, publisher: str) -> None:
    pages = read_saved(publisher)
    with serve_site(lambda base: serve_saved(pages, base)) as site:
        result = add_json(add, site.url(), "--yes")
    assert len(result["sample"]) == len(pages)
    assert not [one["origin"] for one in result["sample"] if one["rejected"]]
    proposed = {rule["name"] for rule in result["proposals"]["rules"]} | {"prune_xpath"}
    for article, (_, _, _, text) in zip(result["sample"], pages, strict=True):
        taken = [squeeze(r["text"]) for r in article["removed"] if r["rule"] in proposed]
        assert not [line for line in taken if line in text]
    language = "sv" if publisher == "Aftonbladet" else "de" if publisher != "DW" else None
    (source,) = load_job([Path(result["written"])]).sources
    assert language in (None, source.language)
