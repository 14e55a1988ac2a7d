"""Sites without feeds: a page that lists stories is polled in place of one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from newsbeam.pipelines.config.load import load_job
from tests.support.sites import Answer, Item, list_items, make_paper, serve_site

Command = Callable[[list[str]], tuple[int, str, str]]
DEFAULTS = "fetch: {seconds_between_requests: 0, contact: a@example.org, tries: 1}\n"


def make_items(count: int) -> list[Item]:
    """The newest first; their addresses have the numbers that articles' have."""
    items = list_items(count)
    return [replace(one, path=f"/nyheter/sak-{10_000 + count - n}") for n, one in enumerate(items)]


def make_site(base: str, items: list[Item]) -> dict[str, Answer]:
    answers = make_paper(base, feeds="none", items=items)
    rest = '<a href="/nyheter">Alle</a><a href="https://example.org/sak-99999">Annonse</a></body>'
    front = answers["/"].body.replace(b"</body>", rest.encode())
    return {**answers, "/": replace(answers["/"], body=front)}


@pytest.mark.slow
def test_stories_come_from_a_page_once_each(newsbeam: Command, tmp_path: Path) -> None:
    configs, lake = tmp_path / "configs", tmp_path / "lake"
    configs.mkdir()
    (configs / "defaults.yaml").write_text(DEFAULTS)
    items = make_items(9)
    with serve_site(lambda base: make_site(base, items[1:])) as site:
        options = ["--to", str(configs), "--allow-address", "127.0.0.0/8", "--yes"]
        code, out, err = newsbeam(["source", "add", site.url(), *options])
        assert code == 0, err
        assert "second best" in out
        (file,) = configs.glob("fjordposten.yaml")
        (feed,) = load_job([file]).sources[0].feeds
        assert (feed.url, feed.front_page) == (site.url(), True)

        run = ["run", str(file), "--output", str(lake), "--all", "--json"]
        assert newsbeam(run)[0] == 0
        site.answers = make_site(site.base, items)
        before = len(site.asked)
        code, out, err = newsbeam(run)
        assert code == 0, err
        (count,) = json.loads(out)["sources"].values()
        assert (count["new"], count["revised"], count["rejected"]) == (1, 0, {})
        assert [path for path in site.asked[before:] if path != "/robots.txt"] == [
            "/",
            items[0].path,
        ]

        code, out, err = newsbeam(["source", "check", str(file), "--json"])
        assert code == 0, out + err
        (check,) = json.loads(out)
        assert check["feeds"][0]["entries"] == 9
    rows = pd.read_parquet(lake / "articles")
    assert sorted(rows["title"]) == sorted(one.story.title for one in items)
    assert rows["published_at"].notna().all(), "the pages tell their own dates"


def test_a_page_that_lists_nothing_is_a_feed_in_trouble(newsbeam: Command, tmp_path: Path) -> None:
    with serve_site(lambda base: make_site(base, make_items(6))) as site:
        (tmp_path / "defaults.yaml").write_text(
            DEFAULTS.replace("tries", "allow_addresses: [127.0.0.0/8], tries")
        )
        file = tmp_path / "avis.yaml"
        file.write_text(
            f"id: avis\nfeeds: [{{url: '{site.url()}', front_page: true, links: /sport/}}]\n"
        )
        run = ["run", str(file), "--output", str(tmp_path / "lake"), "--json"]
        code, out, _ = newsbeam(run)
    assert code == 1
    assert json.loads(out)["sources"]["avis"]["rejected"] == {"no_links": 1}
    assert "/nyheter" not in "".join(site.asked)


def test_no_feed_reader_is_given_a_page(newsbeam: Command, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "id: a\nfeeds: [{url: 'https://a.example/', front_page: true}]\n"
    )
    (tmp_path / "b.yaml").write_text("id: b\nfeeds: ['https://b.example/rss']\n")
    code, out, err = newsbeam(["source", "export", str(tmp_path)])
    assert code == 0, err
    assert "b.example" in out
    assert "a.example" not in out


def test_links_are_those_of_a_page(newsbeam: Command, tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("id: a\nfeeds: [{url: 'https://a.example/rss', links: /nyheter/}]\n")
    code, _, err = newsbeam(["run", str(file), "--output", str(tmp_path / "lake")])
    assert code == 2
    assert "front_page: true" in err
