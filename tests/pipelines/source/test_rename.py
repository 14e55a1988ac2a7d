"""A source under another id: the same rows, nothing new at the next run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from newsbeam.pipelines.source_notes import RENAMED, SourceNotes, note_renamed, read_notes
from newsbeam.transforms.backfill.listings import Listing
from newsbeam.transforms.backfill.read_listing import PastPage
from newsbeam.transforms.backfill.renamed import rename_past, take_over
from newsbeam.transforms.backfill.state import PastState, page_key
from newsbeam.transforms.fetch.kept_answers import KeptAnswers
from newsbeam.transforms.poll.documents import canonicalize
from newsbeam.transforms.records import FetchFault
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.identity import article_id
from newsbeam.transforms.text.spans import EVER
from tests.support.past_paper import PastPaper, serve_past
from tests.support.workplace import Workplace

NOW = datetime(2026, 11, 22, tzinfo=UTC)
Command = Callable[[list[str]], tuple[int, str, str]]
CONFIG = "id: {}\nlanguage: nb\nfiles: ['in/*']\nenrich: {{pipelines: {{nb: null}}}}\n"


def test_a_renamed_source_brings_nothing_anew(workplace: Workplace, newsbeam: Command) -> None:
    for number in range(4):
        workplace.write(f"{number}.txt", f"Sak {number}\n\nDette er en sak om tallet {number}.\n")
    line = {"id": "x", "url": "https://a.example/x", "title": "X", "text": "En sak om x og mer."}
    workplace.write("lines.jsonl", json.dumps(line))
    workplace.write("bad.txt", b"")
    workplace.configure(CONFIG.format("avis"))
    assert workplace.run()["new"] == 5
    before = workplace.articles()
    code, out, err = newsbeam(
        ["source", "rename", "avis", "avisen", "--lake", str(workplace.output), "--json"]
    )
    assert code == 0, err
    assert json.loads(out)["rows"]["articles"] == 5
    after = pd.read_parquet(workplace.output / "articles")
    assert set(after["source"]) == {"avisen"}
    assert sorted(after["text"]) == sorted(before["text"])
    workplace.configure(CONFIG.format("avisen"))
    arguments = ["run", str(workplace.folder / "avis.yaml"), "--output", str(workplace.output)]
    code, out, err = newsbeam([*arguments, "--json"])
    assert code == 0, err
    count = json.loads(out)["sources"]["avisen"]
    assert (count["new"], count["revised"], count["known"]) == (0, 0, 5)
    code, out, err = newsbeam([*arguments, "--json", "--reprocess"])
    count = json.loads(out)["sources"]["avisen"]
    assert (count["new"], count["revised"]) == (0, 0)
    assert newsbeam(["check", str(workplace.output), "--deep"])[0] == 0
    workplace.configure(CONFIG.format("avis"))
    _, _, err = newsbeam([*arguments, "--dry-run"])
    assert "avis was renamed to avisen in this lake: write `id: avisen` in its config" in err


def test_renames_are_noted_until_they_are_taken_back(tmp_path: Path) -> None:
    note_renamed(tmp_path, "a", "b")
    note_renamed(tmp_path, "b", "c")
    assert read_notes(tmp_path, RENAMED) == {"a": "c", "b": "c"}
    note_renamed(tmp_path, "c", "a")
    assert read_notes(tmp_path, RENAMED) == {"b": "a", "c": "a"}


def test_a_source_that_is_not_there_is_told(workplace: Workplace, newsbeam: Command) -> None:
    workplace.write("1.txt", "Sak\n\nDette er en sak om noe.\n")
    workplace.configure(CONFIG.format("avis"))
    workplace.run()
    rename = ["source", "rename", "annen", "ny", "--lake", str(workplace.output)]
    code, _, err = newsbeam(rename)
    assert (code, "nothing of a source 'annen'" in err) == (2, True)


@pytest.mark.slow
def test_a_backfill_and_notes_go_along(tmp_path: Path, newsbeam: Command) -> None:
    """What was asked under the old id is not asked again, and what waits still waits."""
    paper = PastPaper(months=6, a_month=6, missing=frozenset({2}))
    lake, config = tmp_path / "lake", tmp_path / "avisen.yaml"
    with serve_past(paper) as site:
        first = paper.month(0)
        backfill = ["backfill", str(config), "--output", str(lake),
                    "--since", f"{first[0]}-{first[1]:02}-01"]  # fmt: skip
        config.write_text(site.config("avisen"), encoding="utf-8")
        assert newsbeam([*backfill, "--limit", "20"])[0] == 0
        assert not set(paper.there(0)) & set(site.asked())
        rename = ["source", "rename", "avisen", "bladet", "--lake", str(lake)]
        code, _, err = newsbeam(rename)
        assert code == 0, err
        assert not list((lake / "_backfill").glob("avisen*"))
        assert read_notes(lake / "_cache", SourceNotes.CONFIGS) == {"bladet": str(config)}
        config.write_text(site.config("bladet"), encoding="utf-8")
        code, _, err = newsbeam(backfill)
        assert code == 0, err
        # Maps that may have grown are asked again, and what is listed there is known.
        pages = Counter(site.asked("/nyheter/"))
        assert set(pages.values()) == {1}
        listed = [paper.path(month, a) for month in range(6) for a in paper.listed(month)]
        assert sorted(pages) == sorted(listed)
        rows = pd.read_parquet(lake / "articles")
        assert set(rows["source"]) == {"bladet"}
        there = [f"{site.base}{path}" for month in range(6) for path in paper.there(month)]
        assert sorted(rows["url"]) == sorted(there)


def test_answers_that_wait_go_along(tmp_path: Path) -> None:
    """A backfill was killed with an answer in hand, and its source renamed then."""
    source = Source(id="bladet", feeds=("https://a.no/rss",), url={"drop_parameters": ("fra",)})
    url = "https://a.no/sak?fra=kart"
    before, now = (article_id(name, "https://a.no/sak") for name in ("avisen", "bladet"))
    listing = Listing("https://a.no/sitemap.xml", "sitemap")
    with PastState(tmp_path / "avisen.sqlite") as state:
        state.add_listings([listing])
        found = state.next_listing(EVER, NOW)
        assert found is not None
        spell = partial(canonicalize, rules=source.url)
        state.add_found(found, [PastPage(url, EVER)], "avisen", spell, NOW, lambda: None)
    KeptAnswers(tmp_path / "avisen").keep(before, FetchFault("timeout", "no answer", True, "a.no"))
    for _ in range(2):  # again, as after a kill
        rename_past(tmp_path, "avisen", "bladet", {})
    answers = KeptAnswers(tmp_path / "bladet")
    with PastState(tmp_path / "bladet.sqlite") as state:
        take_over(state, answers, source)
        (page,) = state.find_pages(page_key(name) for name in answers.names())
        assert (page.page.url, list(answers.names())) == (url, [now])
        take_over(state, answers, source)
        assert state.find_pages([page_key(now)]) == [page]
