"""``newsbeam source check`` against real servers on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newsbeam.pipelines.source.check import is_cut_short
from tests.support import sites
from tests.support.sites import Answer, Item, list_items, make_paper, page, serve_site, xml

Command = Callable[[list[str]], tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "defaults.yaml").write_text(
        "timezone: Europe/Oslo\n"
        "fetch: {seconds_between_requests: 0, allow_addresses: [127.0.0.0/8], tries: 1}\n"
    )
    return tmp_path


def write_config(folder: Path, name: str, *feeds: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f'id: {name}\nlanguage: "no"\nfeeds: {json.dumps(feeds)}\n')
    return path


def check(newsbeam: Command, folder: Path, *arguments: str, code: int) -> list[dict[str, Any]]:
    found, out, err = newsbeam(["source", "check", "--configs", str(folder), "--json", *arguments])
    assert found == code, out + err
    result: list[dict[str, Any]] = json.loads(out)
    return result


def test_a_sound_source(newsbeam: Command, folder: Path) -> None:
    with serve_site(make_paper) as site:
        file = write_config(folder, "fjord", site.url("/nytt.xml"))
        (found,) = check(newsbeam, folder, "fjord", code=0)
        assert found["ok"]
        assert found["articles"] == found["sampled"] == 4
        assert found["median_words"] > 100
        for of_all in (file, folder):
            code, out, _ = newsbeam(["source", "check", str(of_all)])
            assert code == 0
            assert "fjord" in out
            assert "ok" in out


def test_unknown_ids_are_wrong_usage(newsbeam: Command, folder: Path) -> None:
    write_config(folder, "fjord", "https://example.org/feed")
    code, _, err = newsbeam(["source", "check", "fjrd", "--configs", str(folder)])
    assert code == 2
    assert "did you mean 'fjord'" in err


def dated(items: list[Item], at: Callable[[int], datetime]) -> list[Item]:
    return [replace(item, at=at(place)) for place, item in enumerate(items)]


def problems_of(
    newsbeam: Command, folder: Path, build: Callable[[str], dict[str, Answer]]
) -> list[str]:
    with serve_site(build) as site:
        write_config(folder, "fjord", site.url("/nytt.xml"))
        (found,) = check(newsbeam, folder, "fjord", code=1)
    problems: list[str] = found["problems"]
    return problems


def test_dead_feeds(newsbeam: Command, folder: Path) -> None:
    with serve_site(make_paper) as site:
        write_config(folder, "fjord", site.url("/gone.xml"), site.url("/"), site.url("/nytt.xml"))
        (found,) = check(newsbeam, folder, "fjord", code=1)
    dead, page_there, alive = (feed["problem"] for feed in found["feeds"])
    assert dead.startswith("not_found")
    assert page_there.startswith("not_a_feed")
    assert alive is None
    assert found["articles"] == 4, "the others are looked at all the same"


@pytest.mark.parametrize(
    ("at", "problem"),
    [
        (lambda _: datetime.now(UTC) - timedelta(days=40), "nothing new since"),
        (lambda n: datetime.now(UTC) + timedelta(hours=20, minutes=n), "in the future"),
        (lambda _: datetime.now(UTC).replace(hour=0, minute=0), "same date"),
    ],
)
def test_implausible_dates(
    newsbeam: Command, folder: Path, at: Callable[[int], datetime], problem: str
) -> None:
    now = at(0).replace(microsecond=0)
    items = dated(list_items(5), lambda n: at(n) if problem == "in the future" else now)
    found = problems_of(newsbeam, folder, lambda base: make_paper(base, items=items))
    assert any(problem in one for one in found), found


def test_pages_without_text_or_with_little(newsbeam: Command, folder: Path) -> None:
    def empty(base: str) -> dict[str, Answer]:
        blank = page("<html><body><div></div></body></html>")
        return {p: blank if "sak" in p else a for p, a in make_paper(base).items()}

    assert problems_of(newsbeam, folder, empty) == ["4 of 4 sampled articles failed: no_text"]
    items = [
        replace(i, story=replace(i.story, paragraphs=(f"{i.story.paragraphs[0][:-20]} …",)))
        for i in list_items(5)
    ]
    short = problems_of(
        newsbeam, folder, lambda base: make_paper(base, items=items, has_furniture=False)
    )
    assert any("of the articles have at most" in one for one in short), short


WHOLE = "Marita Dahl (47) er ansatt som ny rektor ved Fjordvik skole. Hun begynner 1. august."


@pytest.mark.parametrize(
    ("text", "summary", "is_cut"),
    [
        (WHOLE, None, False),
        (WHOLE, "Marita Dahl er ny rektor.", False),
        ("– Jeg gleder meg, sier Marita Dahl, «endelig hjemme».", None, False),
        (WHOLE, f"{WHOLE} Les mer", True),
        (f"{WHOLE} Hun har tidligere vært", None, True),
        (f"{WHOLE} Hun har tidligere ...", None, True),
        (f"{WHOLE} Hun har tidligere …", None, True),
    ],
)
def test_what_looks_cut_short(text: str, summary: str | None, is_cut: bool) -> None:
    assert is_cut_short(text, summary) is is_cut


def test_a_paper_that_writes_short_is_no_problem(newsbeam: Command, folder: Path) -> None:
    """A local paper's notices, which the feed announces by a part of them."""
    short = []
    for item in list_items(5):
        first = item.story.paragraphs[0]
        story = replace(item.story, paragraphs=(f"{first} {WHOLE}",))
        short.append(replace(item, story=story))

    def build(base: str) -> dict[str, Answer]:
        return make_paper(base, items=short, has_furniture=False)

    with serve_site(build) as site:
        write_config(folder, "fjord", site.url("/nytt.xml"))
        (found,) = check(newsbeam, folder, "fjord", code=0)
    assert found["problems"] == []
    assert any("of the articles have at most" in one for one in found["remarks"])


def test_robots_txt_is_named(newsbeam: Command, folder: Path) -> None:
    robots = "User-agent: *\nDisallow: /nytt\n"
    found = problems_of(newsbeam, folder, lambda base: make_paper(base, robots=robots))
    assert "Disallow: /nytt" in found[0]


@pytest.mark.slow
def test_with_a_lake(newsbeam: Command, folder: Path) -> None:
    with serve_site(make_paper) as site:
        file = write_config(folder, "fjord", site.url("/nytt.xml"))
        code, _, err = newsbeam(["source", "check", "fjord", "--configs", str(folder),
                                 "--lake", str(folder / "none")])  # fmt: skip
        assert code == 2
        assert "no lake" in err
        lake = str(folder / "lake")
        assert newsbeam(["run", str(file), "--output", lake, "--limit", "2"])[0] == 0
        (found,) = check(newsbeam, folder, "fjord", "--lake", lake, code=0)
        assert found["ok"]
        write_config(folder, "andre", site.url("/nytt.xml"))
        (found,) = check(newsbeam, folder, "andre", "--lake", lake, code=0)
        assert "nothing of it" in found["remarks"][0]
        # Three failed polls in a row are what the tables call failing.
        site.answers["/nytt.xml"] = Answer(status=500)
        for _ in range(3):
            assert newsbeam(["run", str(file), "--output", lake, "--all"])[0] == 1
        site.answers["/nytt.xml"] = xml(sites.render_rss(site.base, list_items(), "x"))
        (found,) = check(newsbeam, folder, "fjord", "--lake", lake, code=1)
    assert any("failing" in problem for problem in found["problems"])


def test_titles_cannot_command_the_terminal(newsbeam: Command, folder: Path) -> None:
    with serve_site(lambda base: {"/nytt.xml": Answer(b"\x1b[31m\xe2\x80\xae evil")}) as site:
        write_config(folder, "fjord", site.url("/nytt.xml"))
        code, out, err = newsbeam(["source", "check", "fjord", "--configs", str(folder)])
    assert code == 1
    assert "\x1b" not in out + err
    assert "\u202e" not in out + err
