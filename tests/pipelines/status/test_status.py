"""``newsbeam status`` on real lakes: what it reads, says and exits with."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console

from newsbeam.pipelines.cli.status import parse_problems
from newsbeam.pipelines.status.as_json import status_to_json
from newsbeam.pipelines.status.gather import Status, read_status
from newsbeam.pipelines.status.metrics import format_metrics
from newsbeam.pipelines.status.show import StatusOptions, show_status
from newsbeam.transforms.errors import NoLakeError, UnknownSourceError
from newsbeam.transforms.lake.commit import commit_articles, commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import (
    ARTICLES,
    FEED_POLLS,
    REJECTS,
    Row,
    Table,
    make_reject_row,
    make_row,
)
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Article, Block, Metadata, Provenance, Rejection
from tests.support.workplace import ROOT

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED = "https://avis.example/rss"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "out")
    lake.create()
    return lake


def store(lake: Lake, table: Table, rows: Iterable[Row]) -> None:
    run = f"run-{os.urandom(4).hex()}"
    staging = Staging(lake.root, run)
    with staging.create():
        files = stage_rows(staging, table, rows)
        if table is ARTICLES:
            commit_articles(lake, staging, files, lake.version(table))
        else:
            commit_rows(lake, staging, table, files, lake.version(table))
        staging.remove()


def poll_row(at: datetime, feed: str = FEED, source: str = "avis", **values: Any) -> Row:
    row: Row = {column.name: None for column in FEED_POLLS.columns}
    return (
        row
        | {
            "source": source,
            "feed": feed,
            "polled_at": at,
            "polled_date": at.date(),
            "url": feed,
            "outcome": "parsed",
            "status": 200,
            "entries": 30,
            "new": 1,
            "changed": 0,
            "failed_pages": 0,
            "next_poll_at": at + HOUR,
            "failures": 0,
            "blocked": [],
            "pending": [],
        }
        | values
    )


def article_row(key: str, at: datetime, words: int = 100, source: str = "avis") -> Row:
    article = Article(
        Provenance(source, key, key, "0" * 64),
        Metadata(title=key, authors=("Kari Dahl",), published_at=at, published_at_from="jsonld"),
        (Block("ord " * words + key),),
        "nb",
    )
    return make_row(article, run_id="r", started_at=at)


def reject_row(origin: str, at: datetime, stage: Any = "extract", reason: str = "no_text") -> Row:
    rejection = Rejection("avis", stage, reason, "nothing there", origin)
    return make_reject_row(rejection, run_id="r", started_at=at)


def call(lake: Lake, now: datetime = NOW, **options: Any) -> tuple[int, str, str]:
    """Exit code, what is printed on 80 columns, what is said of errors."""
    output = Console(file=io.StringIO(), width=80)
    errors = Console(file=io.StringIO(), width=80)
    is_fine = show_status(StatusOptions(lake.root, **options), now, output, errors)
    code = 0 if is_fine else 1
    return code, output.file.getvalue(), errors.file.getvalue()  # type: ignore[attr-defined]


def feed_of(status: Status) -> dict[str, Any]:
    (feed,) = status_to_json(status)["sources"][0]["feeds"]
    return dict(feed)


def test_lake_of_files_tells_articles_last_run_and_rejects(lake: Lake) -> None:
    store(lake, ARTICLES, [article_row(f"a{n}", NOW - n * DAY) for n in range(10)])
    again = [reject_row("b.html", NOW - hours * HOUR) for hours in (1, 2, 30)]
    store(lake, REJECTS, [*again, reject_row("c.txt", NOW - HOUR, "read", "too_large")])
    code, text, _ = call(lake)
    assert code == 0
    (line,) = [line for line in text.splitlines() if line.startswith("avis ")]
    assert line.split() == ["avis", "-", "-", "-", "1", "7", "10", "2", "fine"]
    assert "avis: rejected in 24 h: 1 extract no_text, 1 read too_large" in text
    source = status_to_json(read_status(lake.root, NOW))["sources"][0]
    assert source["last_ingested_at"] == "2026-11-22T12:00:00+00:00"
    assert source["drift"]["judged"] is False


def test_feed_tells_polls_news_and_what_waits(lake: Lake) -> None:
    store(lake, FEED_POLLS, [poll_row(NOW - n * HOUR, new=2) for n in range(50, 1, -1)])
    store(
        lake,
        FEED_POLLS,
        [
            poll_row(
                NOW - HOUR / 2,
                changed=3,
                failed_pages=1,
                is_false_304=True,
                moved_to="https://avis.example/new",
                blocked=[{"domain": "avis.example", "until": NOW + HOUR}],
                pending=[{"request": "{}", "retry_at": NOW}] * 4,
            )
        ],
    )
    feed = feed_of(read_status(lake.root, NOW))
    assert feed["last_poll_at"] == "2026-11-22T11:30:00+00:00"
    assert feed["next_poll_at"] == "2026-11-22T12:30:00+00:00"
    assert (feed["new"], feed["new_24h"], feed["new_7d"]) == (1, 45, 99)
    assert (feed["changed"], feed["failed_pages"], feed["pending_pages"]) == (3, 1, 4)
    assert (feed["status"], feed["false_304s_7d"]) == (200, 1)
    assert feed["blocked"] == [{"domain": "avis.example", "until": "2026-11-22T13:00:00+00:00"}]
    _, text, _ = call(lake)
    assert "moved to https://avis.example/new: put that into the config" in text
    assert "nothing is asked of avis.example before 2026-11-22 13:00 UTC" in text
    assert "304" in text
    assert len([line for line in text.splitlines() if FEED in line]) == 1
    _, text, _ = call(lake, all_feeds=True)
    (line,) = [line for line in text.splitlines() if line.endswith(FEED) and "min" in line]
    assert line.split() == ["avis", "30", "min", "30", "min", "45", "99", "fine", FEED]


def silent_rows(source: str = "avis", feed: str = FEED) -> list[Row]:
    """A feed that brought something every hour for ten days and then nothing for two."""
    return [
        poll_row(NOW - n * HOUR, feed, source, new=int(n > 48), outcome="parsed")
        for n in range(300, -1, -1)
    ]


def failing_rows(source: str, feed: str, reason: str = "server_error") -> list[Row]:
    rows = [poll_row(NOW - n * HOUR, feed, source) for n in range(30, 3, -1)]
    for n in range(3, 0, -1):
        at = NOW - n * HOUR / 2
        rows.append(
            poll_row(
                at, feed, source, outcome="failed", status=503, reason=reason,
                detail="the server said\x1b[31m no", failures=4 - n, new=0,
            )
        )  # fmt: skip
    return rows


def drifting_rows(source: str = "avis") -> list[Row]:
    good = [article_row(f"{source}{n}", NOW - 30 * DAY + n * HOUR, 200 + n % 50, source)
            for n in range(400)]  # fmt: skip
    bad = [article_row(f"{source}x{n}", NOW - 20 * HOUR + n * HOUR, 15, source) for n in range(20)]
    return [*good, *bad]


def test_problems_are_told_in_words_and_by_the_exit_code(lake: Lake) -> None:
    store(lake, FEED_POLLS, silent_rows())
    store(lake, FEED_POLLS, failing_rows("blad", "https://blad.example/rss"))
    store(lake, ARTICLES, drifting_rows("blad"))
    code, text, errors = call(lake)
    assert (code, errors) == (0, "")
    assert "silent: nothing new for 2 d (since 2026-11-20 11:00 UTC)" in text
    assert "failing: 3 in a row, last answer 4 h ago: HTTP 503, server_error: " in text
    assert "20 of the newest 20 articles have fewer than" in text
    assert "\x1b" not in text
    assert max(map(len, text[: text.index("\n\n")].splitlines())) <= 80

    code, _, errors = call(lake, fail_on=("silent", "failing", "drift"))
    assert code == 1
    assert errors.splitlines() == [
        f"newsbeam: silent: avis {FEED}",
        "newsbeam: failing: blad https://blad.example/rss",
        "newsbeam: drift: blad",
    ]
    assert call(lake, fail_on=("overdue",))[0] == 0
    assert call(lake, source="avis", fail_on=("failing", "drift"))[0] == 0
    assert call(lake, source="blad", fail_on=("failing",))[0] == 1


def test_rejects_without_text_are_drift_once_an_item(lake: Lake) -> None:
    good = [article_row(f"a{n}", NOW - 30 * DAY + n * HOUR) for n in range(400)]
    store(lake, ARTICLES, good)
    store(lake, REJECTS, [reject_row("same.html", NOW - n * HOUR) for n in range(60)])
    assert read_status(lake.root, NOW).find_problems()["drift"] == []
    store(lake, REJECTS, [reject_row(f"{n}.html", NOW - HOUR) for n in range(12)])
    status = read_status(lake.root, NOW)
    assert status.find_problems()["drift"] == ["avis"]
    (change,) = status.sources[0].drift.changes
    assert change.sign == "no_text"


def test_json_is_one_document_with_the_documented_keys(lake: Lake) -> None:
    store(lake, FEED_POLLS, silent_rows())
    store(lake, ARTICLES, drifting_rows())
    code, text, _ = call(lake, as_json=True)
    assert code == 0
    document = json.loads(text)
    guide = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")

    def walk(value: Any) -> Iterable[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    assert {key for key in walk(document) if f"`{key}`" not in guide} == set()
    assert document["problems"] == {
        "silent": [f"avis {FEED}"], "failing": [], "drift": ["avis"], "overdue": [], "clock": [],
    }  # fmt: skip


def test_metrics_are_what_prometheus_reads(lake: Lake, tmp_path: Path) -> None:
    odd = 'https://avis.example/rss?a="b"\\c'
    store(lake, FEED_POLLS, [*silent_rows(), *failing_rows("blad", odd)])
    store(lake, ARTICLES, drifting_rows())
    store(lake, REJECTS, [reject_row("c.txt", NOW - HOUR, "read", "too_large")])
    file = tmp_path / "newsbeam.prom"
    file.write_text("what was there before", encoding="utf-8")
    code, text, _ = call(lake, metrics=file)
    assert (code, text) == (0, "")
    assert sorted(os.listdir(tmp_path)) == ["newsbeam.prom", "out"]
    families = {
        family.name: family
        for family in text_string_to_metric_families(file.read_text(encoding="utf-8"))
    }
    assert all(name.startswith("newsbeam_") for name in families)
    assert all(family.documentation and family.type == "gauge" for family in families.values())

    def value(name: str, **labels: str) -> float:
        (found,) = [s.value for s in families[name].samples if s.labels == labels]
        return float(found)

    assert value("newsbeam_feed_silent", source="avis", feed=FEED) == 1
    assert value("newsbeam_feed_failing", source="blad", feed=odd) == 1
    assert value("newsbeam_feed_http_status", source="blad", feed=odd) == 503
    assert value("newsbeam_source_drift", source="avis") == 1
    assert value("newsbeam_source_stored_revisions", source="avis") == 420
    assert value("newsbeam_status_timestamp_seconds") == NOW.timestamp()
    assert value("newsbeam_source_rejects_24h", source="avis", stage="read", reason="too_large")
    guide = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert {name for name in families if f"`{name}`" not in guide} == set()


def test_metrics_file_that_cannot_be_written_is_an_error(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        call(lake, metrics=tmp_path / "nowhere" / "newsbeam.prom")


def test_metrics_of_an_empty_lake_parse(lake: Lake) -> None:
    (family,) = text_string_to_metric_families(format_metrics(read_status(lake.root, NOW)))
    assert family.name == "newsbeam_status_timestamp_seconds"
    assert call(lake)[0] == 0


def test_scheduler_is_shown_where_there_was_one(lake: Lake) -> None:
    from newsbeam.pipelines.schedule.state import Batch, Heartbeat, hold_schedule, write_heartbeat

    assert "scheduler" not in call(lake)[1]
    batch = Batch(NOW - 3 * HOUR, 2.0, 1, None, "no space")
    heartbeat = Heartbeat(1, "host", NOW - DAY, NOW, "waiting", 4, 1, NOW + HOUR, batch)
    with hold_schedule(lake.root):
        write_heartbeat(lake.root, heartbeat)
        text = call(lake)[1]
        assert "scheduler: running; last batch 3 h ago (failed); next at 2026-11-22 13:00" in text
        assert status_to_json(read_status(lake.root, NOW))["scheduler"]["running"] is True
    assert "scheduler: not running" in call(lake)[1]
    (lake.root / "_cache" / "schedule.json").write_text("{", encoding="utf-8")
    assert "scheduler" not in call(lake)[1]


def test_what_was_read_is_kept_and_what_comes_in_is_added(lake: Lake) -> None:
    store(lake, FEED_POLLS, [poll_row(NOW - 30 * HOUR)])
    store(lake, ARTICLES, [article_row("a", NOW - 30 * HOUR)])
    first = status_to_json(read_status(lake.root, NOW))
    assert status_to_json(read_status(lake.root, NOW)) == first
    place = lake.root / "_cache" / "status" / "feed_polls.arrow"
    kept = place.stat()
    store(lake, FEED_POLLS, [poll_row(NOW - HOUR, new=5)])
    assert feed_of(read_status(lake.root, NOW))["new_7d"] == 6
    assert place.stat().st_ino != kept.st_ino
    whole = status_to_json(read_status(lake.root, NOW))
    for spoiled in (b"", b"nonsense"):
        place.write_bytes(spoiled)
        assert status_to_json(read_status(lake.root, NOW)) == whole


def test_compacted_table_gives_the_same(lake: Lake) -> None:
    for n in range(5):
        store(lake, FEED_POLLS, [poll_row(NOW - n * HOUR)])
    before = status_to_json(read_status(lake.root, NOW))
    lake.open(FEED_POLLS).optimize.compact()
    assert status_to_json(read_status(lake.root, NOW)) == before


def test_lake_that_cannot_be_written_is_read(lake: Lake) -> None:
    store(lake, FEED_POLLS, [poll_row(NOW - HOUR)])
    (lake.root / "_cache").mkdir(exist_ok=True)
    # A file where the cache's folder should be: stands for a lake that others own, as root too.
    (lake.root / "_cache" / "status").write_text("in the way", encoding="utf-8")
    assert feed_of(read_status(lake.root, NOW))["new_7d"] == 1


def test_a_clock_that_was_ahead_is_told_and_hides_no_other_feed(lake: Lake) -> None:
    ahead, other = NOW + 400 * DAY, "https://avis.example/sport"
    rows = [poll_row(NOW - hours * HOUR, feed=other) for hours in range(30, 0, -1)]
    store(lake, FEED_POLLS, [poll_row(ahead, poll_number=1), *rows])
    (source,) = read_status(lake.root, NOW).sources
    assert {feed.feed: (feed.problems, feed.is_dropped) for feed in source.feeds} == {
        FEED: (("clock",), False), other: ((), False),
    }  # fmt: skip
    code, out, _ = call(lake, fail_on=("clock",), all_feeds=True)
    assert code == 1
    assert "clock: its last poll was at 2027-12-27 12:00 UTC, which is in the" in out
    # A poll by the right clock is the newer one, whatever the instants say.
    store(lake, FEED_POLLS, [poll_row(NOW, poll_number=2)])
    assert call(lake, fail_on=("clock",))[0] == 0


def test_what_is_no_lake_and_unknown_sources_are_told(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(NoLakeError, match="holds no lake"):
        read_status(tmp_path / "nowhere", NOW)
    store(lake, ARTICLES, [article_row("a", NOW)])
    with pytest.raises(UnknownSourceError, match="its sources: avis"):
        read_status(lake.root, NOW, "vis")


def test_fail_on_takes_names_by_commas() -> None:
    assert parse_problems("drift, silent") == ("silent", "drift")
    for wrong in ("", "slient", "silent,gone"):
        with pytest.raises(Exception, match="silent, failing, drift, overdue"):
            parse_problems(wrong)
