"""Exactly-once commits: replays, races, crashes between any two steps."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.errors import LakeBusy
from newsbeam.transforms.lake import commit as commit_module
from newsbeam.transforms.lake.commit import (
    CommitCount,
    commit_articles,
    commit_rows,
    stage_rows,
)
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, REJECTS, Row, make_reject_row, make_row
from newsbeam.transforms.lake.settle import settle_revisions
from newsbeam.transforms.lake.staged_files import RowFacts, StagedFile
from newsbeam.transforms.lake.staging import Staging, StagingLost
from newsbeam.transforms.records import Article, Block, Metadata, Provenance, Rejection

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def row(key: str, text: str = "Tekst.", revision: int = 1, run_id: str = "r") -> Row:
    article = Article(
        Provenance("avis", key, key, "0" * 64), Metadata(title=key), (Block(text),), "nb"
    )
    return make_row(article, run_id=run_id, started_at=NOW) | {"revision": revision}


@given(
    st.sampled_from([None, "feed", "feed_day", "meta"]), st.sampled_from([None, "feed"]),
    st.sampled_from(["published_at", "modified_at"]),
)  # fmt: skip
def test_instants_that_only_the_feed_tells_make_no_revision(
    published_from: str | None, modified_from: str | None, moved: str
) -> None:
    metadata = Metadata(
        title="Kaia", published_at=NOW, published_at_from=published_from, modified_at=NOW,
        modified_at_from=modified_from,
    )  # fmt: skip
    hashes = set()
    for told in (metadata, replace(metadata, **{moved: NOW + timedelta(minutes=1)})):
        article = Article(Provenance("avis", "a", "a", "0" * 64), told, (Block("Tekst."),), "nb")
        hashes.add(make_row(article, run_id="r", started_at=NOW)["content_hash"])
    is_of_feed = (published_from or "").startswith("feed") if moved[0] == "p" else modified_from
    assert len(hashes) == (1 if is_of_feed else 2)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    lake.create()
    return lake


def commit(lake: Lake, run_id: str, rows: list[Row], base: int | None = None) -> CommitCount:
    staging = Staging(lake.root, run_id)
    base = lake.version(ARTICLES) if base is None else base
    with staging.create():
        counts = commit_articles(lake, staging, stage_rows(staging, ARTICLES, rows), base)
    return counts.get("avis", CommitCount())


def stored(lake: Lake) -> list[tuple[str, int, str]]:
    """What Delta holds, after checking that a plain reader sees the same."""
    columns = ["article_id", "revision", "text"]
    table = lake.open(ARTICLES).to_pandas()[columns]
    plain = pd.read_parquet(lake.root / "articles")
    plain = plain[columns] if len(plain) else table
    rows = sorted(map(tuple, table.to_numpy().tolist()))
    assert rows == sorted(map(tuple, plain.to_numpy().tolist()))
    return rows


def test_rows_arrive_with_their_partition(lake: Lake) -> None:
    count = commit(lake, "one", [row("a"), row("b")])
    assert (count.new, count.revised, count.known) == (2, 0, 0)
    table = lake.open(ARTICLES).to_pandas()
    assert set(table["source"]) == {"avis"}
    assert set(table["published_date"]) == {date(2026, 11, 22)}
    assert list((lake.root / "articles").glob("source=avis/published_month=2026-11/*.parquet"))


def test_replay_of_a_commit_changes_nothing_and_counts_the_same(lake: Lake) -> None:
    staging = Staging(lake.root, "one")
    with staging.create():
        files = stage_rows(staging, ARTICLES, [row("a"), row("b")])
        first = commit_articles(lake, staging, files, 0)
        version = lake.version(ARTICLES)
        assert commit_articles(lake, staging, files, 0) == first
    assert lake.version(ARTICLES) == version
    assert len(stored(lake)) == 2


def test_race_on_the_same_articles_keeps_each_once(lake: Lake) -> None:
    base = lake.version(ARTICLES)
    commit(lake, "one", [row("a"), row("b")], base)
    count = commit(lake, "two", [row("b"), row("c")], base)
    assert (count.new, count.known) == (1, 1)
    assert [revision for _, revision, _ in stored(lake)] == [1, 1, 1]


def test_race_with_different_content_becomes_the_next_revision(lake: Lake) -> None:
    base = lake.version(ARTICLES)
    commit(lake, "one", [row("a", "Første.")], base)
    count = commit(lake, "two", [row("a", "Andre.")], base)
    assert (count.new, count.revised) == (0, 1)
    assert [(r, t) for _, r, t in stored(lake)] == [(1, "Første."), (2, "Andre.")]


def test_rows_compacted_meanwhile_are_known(lake: Lake) -> None:
    for key in "abc":
        commit(lake, key, [row(key)])
    lake.open(ARTICLES).optimize.compact()
    count = commit(lake, "late", [row("b"), row("d")], 0)
    assert (count.new, count.known) == (1, 1)


def test_run_that_cannot_see_what_came_in_meanwhile_commits_nothing(lake: Lake) -> None:
    for key in "abc":
        commit(lake, key, [row(key)])
    lake.open(ARTICLES).create_checkpoint()
    (lake.root / f"articles/_delta_log/{1:020d}.json").unlink()
    version = lake.version(ARTICLES)
    with pytest.raises(LakeBusy, match="start it again"):
        commit(lake, "late", [row("b"), row("d")], 0)
    assert lake.version(ARTICLES) == version
    assert commit(lake, "next", [row("d")]).new == 1


def test_run_sees_what_came_in_meanwhile_in_the_files_that_took_its_place(lake: Lake) -> None:
    for key in "abc":
        commit(lake, key, [row(key)])
    lake.open(ARTICLES).optimize.compact()
    lake.open(ARTICLES).vacuum(0, dry_run=False, enforce_retention_duration=False)
    count = commit(lake, "late", [row("b"), row("d")], 0)
    assert (count.new, count.known) == (1, 1)


def test_a_commit_opens_its_table_once_and_none_without_files(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    original = Lake.open

    def count(self: Lake, *arguments: Any) -> DeltaTable:
        opened.append(arguments)
        return original(self, *arguments)

    monkeypatch.setattr(Lake, "open", count)
    commit(lake, "one", [row("a")])
    commit(lake, "two", [row("b")], 0)
    assert len(opened) == 2
    staging = Staging(lake.root, "three")
    with staging.create():
        assert commit_articles(lake, staging, [], 0) == {}
        commit_rows(lake, staging, REJECTS, [], 0)
    assert len(opened) == 2


def test_commit_that_loses_the_race_in_the_last_moment_repeats(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run commits between our look at the table and our commit."""
    original = commit_module._commit
    raced = []

    def race(*arguments: object) -> bool:
        if not raced:
            raced.append(True)
            commit(lake, "other", [row("a"), row("x")], 0)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(commit_module, "_commit", race)
    count = commit(lake, "mine", [row("a"), row("b")], 0)
    assert raced
    assert (count.new, count.known) == (1, 1)
    assert len(stored(lake)) == 3


def test_copies_of_an_article_in_one_run_are_dropped_or_numbered(lake: Lake) -> None:
    count = commit(lake, "one", [row("a"), row("a"), row("a", "Endret.")])
    assert (count.new, count.revised, count.known) == (1, 1, 1)
    assert [revision for _, revision, _ in stored(lake)] == [1, 2]


@pytest.mark.parametrize("step", ["write_intent", "replace", "create_write_transaction", "clear"])
def test_crash_at_any_step_leaves_a_lake_that_the_next_run_mends(
    lake: Lake, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def crash(*_: object, **__: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        if step == "write_intent":
            patch.setattr(Staging, "write_intent", crash)
        elif step == "replace":
            moves = iter([os.replace, os.replace, os.replace])  # area, intent, first file
            patch.setattr(
                os,
                "replace",
                lambda *a: next(moves, crash)(*a),  # the second file's move dies
            )
        elif step == "create_write_transaction":
            patch.setattr("deltalake.DeltaTable.create_write_transaction", crash)
        else:
            patch.setattr(Staging, "clear_intent", crash)
        staging = Staging(lake.root, "dead")
        with staging.create():
            files = [file for key in "ab" for file in stage_rows(staging, ARTICLES, [row(key)])]
            with pytest.raises(Crash):
                commit_articles(lake, staging, files, 0)
    assert lake.clean() == ["dead"]
    assert len(stored(lake)) == (2 if step == "clear" else 0)
    commit(lake, "next", [row("a"), row("b")], 0)
    assert len(stored(lake)) == 2
    assert not list((lake.root / "_staging").iterdir()) or lake.clean() == ["next"]


def test_bundle_that_is_tried_again_after_a_crash_takes_its_files_back(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    staging = Staging(lake.root, "one")
    with staging.create():
        files = stage_rows(staging, ARTICLES, [row("a")])
        with monkeypatch.context() as patch:
            patch.setattr(
                "deltalake.DeltaTable.create_write_transaction",
                lambda *a, **k: (_ for _ in ()).throw(OSError("no space")),
            )
            with pytest.raises(OSError, match="no space"):
                commit_articles(lake, staging, files, 0)
        assert commit_articles(lake, staging, files, 0)["avis"].new == 1
    assert len(stored(lake)) == 1


def test_living_runs_are_not_cleaned(lake: Lake) -> None:
    staging = Staging(lake.root, "alive")
    with staging.create():
        assert lake.clean() == []
        assert staging.folder.is_dir()
    assert lake.clean() == ["alive"]


def test_run_whose_area_was_cleaned_cannot_commit(lake: Lake) -> None:
    staging = Staging(lake.root, "zombie")
    with staging.create():
        files = stage_rows(staging, ARTICLES, [row("a")])
    lake.clean()
    with pytest.raises(StagingLost):
        commit_articles(lake, staging, files, 0)
    with pytest.raises(FileNotFoundError):
        stage_rows(staging, ARTICLES, [row("b")])
    assert stored(lake) == []


def test_giving_up_names_the_way_out(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commit_module, "_commit", lambda *_: False)
    with pytest.raises(LakeBusy, match="start this run again"):
        commit(lake, "one", [row("a")])


def test_rejects_are_committed_once(lake: Lake) -> None:
    rejection = Rejection("avis", "read", "empty", "nothing in it", "a.txt")
    staging = Staging(lake.root, "one")
    with staging.create():
        rows = [make_reject_row(rejection, run_id="one", started_at=NOW)]
        files = stage_rows(staging, REJECTS, rows)
        commit_rows(lake, staging, REJECTS, files, 0)
        commit_rows(lake, staging, REJECTS, files, 0)
    table = lake.open(REJECTS).to_pandas()
    assert table[["source", "reason", "origin"]].to_numpy().tolist() == [["avis", "empty", "a.txt"]]


def test_text_that_utf8_cannot_hold_is_stored_with_its_length_unchanged(lake: Lake) -> None:
    commit(lake, "one", [row("a", "x\ud800y")])
    assert [text for _, _, text in stored(lake)] == ["x?y"]


def test_of_copies_in_a_file_the_one_in_the_last_line_is_newest(lake: Lake) -> None:
    lines = [
        row("a", f"Tekst {line}.") | {"origin": f"x.jsonl#L{line}"} for line in (10, 9, 100, 1)
    ]
    commit(lake, "one", lines)
    newest = max(stored(lake), key=lambda found: found[1])
    assert newest[1:] == (4, "Tekst 100.")


facts = st.builds(
    RowFacts,
    st.sampled_from("abc"),
    st.integers(1, 3),
    st.sampled_from("xyz"),
    st.text(max_size=2),
    st.just(0),
    st.just(0),
)


@given(
    st.lists(st.lists(facts, min_size=1, max_size=5), max_size=4),
    st.dictionaries(
        st.sampled_from("abc"),
        st.tuples(st.integers(1, 5), st.sampled_from("xyz"), st.none()),
        max_size=3,
    ),
)
def test_settled_revisions_of_an_article_follow_one_another_without_repeats(
    batches: list[list[RowFacts]], since: dict[str, tuple[int, str, None]]
) -> None:
    files = [
        StagedFile(str(i), "articles", (), 0, len(rows), tuple(rows))
        for i, rows in enumerate(batches)
    ]
    settled = settle_revisions(files, since)
    by_article: dict[str, list[tuple[int, str]]] = {}
    for file in files:
        for facts, revision in zip(file.rows, settled[file.name], strict=True):
            if revision is not None:
                by_article.setdefault(facts.article_id, []).append((revision, facts.content_hash))
    for article, kept in by_article.items():
        kept.sort()
        revisions = [revision for revision, _ in kept]
        assert revisions == list(range(revisions[0], revisions[0] + len(kept)))
        if article in since:
            assert revisions[0] == since[article][0] + 1
        known = [since[article][1]] if article in since else []
        contents = known + [content for _, content in kept]
        assert all(one != other for one, other in pairwise(contents))
