"""The stream's graph on Beam's own test engine: windows, lateness, commits, repeats."""

from __future__ import annotations

import pickle
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import apache_beam as beam
import pandas as pd
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing import test_stream as beam_test_stream
from deltalake import DeltaTable

import newsbeam.transforms.extract.article
from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.runners.flink import find_master
from newsbeam.pipelines.stream import StreamOptions, build_stream, complete_arguments
from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.poll.wanted import PageOutcome
from newsbeam.transforms.records import Article, Clock, Document, Rejection
from newsbeam.transforms.stream.ledger import Item, Ledger, PaneCommitter
from newsbeam.transforms.stream.visits import Memory, Visit, Visitor, _VisitSites
from tests.support.accounts import check_accounts
from tests.support.newspaper import Newspaper, Servers, make_site, serve
from tests.support.small_disk import small_disk

Command = Callable[[list[str]], tuple[int, str, str]]
TEXT = "Brua er åpen\n\n– Endelig, sier ordfører Kari Dahl.\n"
# What differs from run to run.
PASSING = ["run_id", "ingested_at", "fetched_at", "origin"]


@pytest.fixture
def site() -> Iterator[tuple[Newspaper, Servers]]:
    paper = make_site(3, start=datetime.now(UTC) - timedelta(hours=2))
    with serve(paper) as servers:
        servers.set_time(datetime.now(UTC))
        yield paper, servers


def read_rows(table: Path) -> list[dict[str, Any]]:
    rows = DeltaTable(str(table)).to_pyarrow_table().drop_columns(PASSING).to_pylist()
    return sorted(rows, key=lambda row: (row["article_id"], row["revision"]))


def run_stream(job: Job, output: Path, ticks: int, ahead: timedelta = timedelta()) -> None:
    """A stream of so many ticks; the lake's clock is ``ahead``."""
    stream = beam_test_stream.TestStream()
    for number in range(ticks):
        stream = stream.advance_watermark_to(number * 5).add_elements([number])
        stream = stream.advance_processing_time(5)
    run_ticks(stream, job, output, ahead)


def run_ticks(
    stream: beam_test_stream.TestStream,
    job: Job,
    output: Path,
    ahead: timedelta = timedelta(),
) -> None:
    Lake(output).create()
    options = PipelineOptions([])
    options.view_as(StandardOptions).streaming = True
    pipeline = beam.Pipeline(runner="BundleBasedDirectRunner", options=options)
    ticks = pipeline | stream.advance_watermark_to_infinity()
    _ = build_stream(ticks, job, output, StreamOptions(), Clock(ahead))
    pipeline.run().wait_until_finish()
    check_accounts(Lake(output))


def test_what_is_published_is_committed_once(
    site: tuple[Newspaper, Servers], tmp_path: Path
) -> None:
    paper, servers = site
    job = load_job(paper.write_configs(tmp_path))
    output = tmp_path / "lake"
    run_stream(job, output, 4)
    rows = pd.read_parquet(output / "articles")
    assert {a.id for url in rows["url"] if (a := paper.article_at(url))} == set(paper.articles)
    assert len(rows) == 3
    polls = pd.read_parquet(output / "feed_polls")
    assert list(polls["outcome"]) == ["parsed"]
    asked = len(servers.log)

    run_stream(job, output, 4)  # nothing is due, and no memory is needed to know that
    assert len(servers.log) == asked
    assert len(pd.read_parquet(output / "articles")) == 3


def test_what_is_late_or_out_of_order_is_committed_too(
    site: tuple[Newspaper, Servers], tmp_path: Path
) -> None:
    """Panes are of time as it passes; what ticks say of the time decides nothing."""
    job, output = load_job(site[0].write_configs(tmp_path)), tmp_path / "lake"
    late = beam_test_stream.TimestampedValue("late", 10)
    stream = beam_test_stream.TestStream().advance_watermark_to(1_000_000).add_elements([late])
    early = beam_test_stream.TimestampedValue("early", 2_000_000)
    stream = stream.advance_processing_time(60).add_elements([early, late])
    run_ticks(stream.advance_processing_time(60), job, output)
    assert len(pd.read_parquet(output / "articles")) == 3
    assert len(pd.read_parquet(output / "feed_polls")) == 1


def test_rows_are_those_of_a_batch(
    site: tuple[Newspaper, Servers], tmp_path: Path, newsbeam: Command
) -> None:
    paper, _ = site
    configs = paper.write_configs(tmp_path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "sak.txt").write_text(TEXT, encoding="utf-8")
    with configs[0].open("a", encoding="utf-8") as file:
        file.write("files: [texts/*.txt]\n")
    code, _, err = newsbeam(["run", *map(str, configs), "--output", str(tmp_path / "batch")])
    assert code == 0, err
    run_stream(load_job(configs), tmp_path / "stream", 5)
    batch, stream = (read_rows(tmp_path / name / "articles") for name in ("batch", "stream"))
    assert len(batch) == 4
    assert batch == stream


@pytest.mark.slow
def test_files_are_read_when_they_come_and_when_they_grow(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nfiles: [texts/*.txt]\n", encoding="utf-8")
    job, output = load_job([config]), tmp_path / "lake"
    run_stream(job, output, 3)
    assert not any((output / "articles").glob("source=*"))
    (folder / "sak.txt").write_text(TEXT, encoding="utf-8")
    run_stream(job, output, 3)
    run_stream(job, output, 3)  # its memory is gone; the lake knows the file
    (folder / "sak.txt").write_text(f"{TEXT}\nOg det var alt.\n", encoding="utf-8")
    run_stream(job, output, 3)
    rows = pd.read_parquet(output / "articles")
    assert sorted(rows["revision"]) == [1, 2]


def test_an_item_that_newsbeam_fails_at_is_rejected_and_the_stream_goes_on(
    site: tuple[Newspaper, Servers], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, _ = site
    poisoned = next(iter(paper.articles.values())).addresses[0].path
    extract = newsbeam.transforms.extract.article.extract_article

    def fail_at_one(document: Document, **options: Any) -> Article | Rejection:
        if poisoned in document.provenance.origin:
            raise KeyError("a bug")
        return extract(document, **options)

    monkeypatch.setattr("newsbeam.transforms.extract.article.extract_article", fail_at_one)
    run_stream(load_job(paper.write_configs(tmp_path)), tmp_path / "lake", 4)
    assert len(pd.read_parquet(tmp_path / "lake" / "articles")) == 2
    (reject,) = pd.read_parquet(tmp_path / "lake" / "rejects").to_dict("records")
    assert (reject["stage"], reject["reason"]) == ("extract", "internal_error")
    assert "KeyError" in reject["detail"]
    assert len(pd.read_parquet(tmp_path / "lake" / "feed_polls")) == 1


@pytest.mark.slow
def test_an_output_that_cannot_be_written_stops_the_stream(
    site: tuple[Newspaper, Servers], tmp_path: Path
) -> None:
    paper, _ = site
    output = tmp_path / "lake"
    Lake(output).create()
    (output / "_staging").write_text("in the way", encoding="utf-8")
    job = load_job(paper.write_configs(tmp_path))
    with pytest.raises(Exception, match="_staging"):
        run_stream(job, output, 4)
    (output / "_staging").unlink()
    run_stream(job, output, 4)
    assert len(pd.read_parquet(output / "articles")) == 3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "1m") as place:
        yield place


@pytest.mark.slow
def test_a_full_disk_stops_the_stream_and_room_lets_it_go_on(
    site: tuple[Newspaper, Servers], tmp_path: Path, disk: Path
) -> None:
    job, output = load_job(site[0].write_configs(tmp_path)), disk / "lake"
    Lake(output).create()
    filler = disk / "filler"
    filler.write_bytes(bytes(shutil.disk_usage(disk).free - 8192))
    with pytest.raises(Exception, match="No space left on device"):
        run_stream(job, output, 4)
    table = output / "articles"
    files = [path for path in table.rglob("*.parquet") if path.stat().st_size]
    assert len(files) == len(DeltaTable(str(table)).file_uris())
    filler.unlink()
    run_stream(job, output, 4)
    assert len(pd.read_parquet(table)) == 3
    assert len(pd.read_parquet(output / "feed_polls")) == 1


class Rehearsal:
    """A visitor and a committer without an engine, so that any step can be repeated."""

    def __init__(self, paper: Newspaper, folder: Path) -> None:
        self.job = load_job(paper.write_configs(folder))
        self.output = folder / "lake"
        Lake(self.output).create()
        self.sources = {source.id: source for source in self.job.sources}
        self.visitor = Visitor(self.output, self.job.sources, Clock())
        self.committer = PaneCommitter(self.output, self.sources, {}, Clock())

    def visit(self, memory: Memory) -> tuple[Memory, list[Item]]:
        """A step of the visitor, its pages as articles."""
        memory, coming = self.visitor.step(memory)
        items: list[Item] = []
        for item in coming:
            if isinstance(item, Document):
                source = self.sources[item.provenance.source]
                items.append(
                    extract_article(item, language="nb", timezone=ZoneInfo(source.timezone))
                )
            else:
                items.append(item)
        outcomes = [item for item in items if isinstance(item, PageOutcome)]
        return Memory.unpack(self.visitor.rest(memory, outcomes, []).pack()), items

    def count(self, table: str) -> int:
        return int(DeltaTable(str(self.output / table)).to_pyarrow_table().num_rows)


@pytest.fixture
def rehearsal(site: tuple[Newspaper, Servers], tmp_path: Path) -> Rehearsal:
    return Rehearsal(site[0], tmp_path)


def test_a_pane_that_is_repeated_changes_nothing(rehearsal: Rehearsal) -> None:
    _, items = rehearsal.visit(Memory())
    first = next(item for item in items if isinstance(item, Article))
    at, request = first.provenance.origin, first.provenance.request
    source = first.provenance.source
    items[items.index(first)] = Rejection(source, "extract", "no_text", "", at, request)
    ledger = Ledger().pack()
    for _ in range(3):  # the engine falls back to what it kept before the commit
        rehearsal.committer.commit(Ledger.unpack(ledger), items)
    assert [rehearsal.count(t) for t in ("articles", "rejects", "feed_polls")] == [2, 1, 1]


@pytest.mark.parametrize("order", [1, -1])
def test_a_poll_is_committed_when_all_of_it_is(rehearsal: Rehearsal, order: int) -> None:
    _, items = rehearsal.visit(Memory())
    ledger = Ledger()
    for item in items[::order]:
        assert rehearsal.count("feed_polls") == 0
        rehearsal.committer.commit(ledger, [item])
        ledger = Ledger.unpack(ledger.pack())
    assert rehearsal.count("feed_polls") == 1
    assert rehearsal.count("articles") == 3
    assert ledger == Ledger()


def test_a_stream_killed_before_a_commit_asks_again_and_loses_nothing(
    rehearsal: Rehearsal,
) -> None:
    rehearsal.visit(Memory())
    _, items = rehearsal.visit(Memory())  # killed: neither memory nor ledger is left
    rehearsal.committer.commit(Ledger(), items[:2])
    _, items = rehearsal.visit(Memory())
    rehearsal.committer.commit(Ledger(), items)
    assert [rehearsal.count(t) for t in ("articles", "rejects", "feed_polls")] == [3, 0, 1]


def test_an_edit_between_fetch_and_commit_is_not_taken_for_known(rehearsal: Rehearsal) -> None:
    _, items = rehearsal.visit(Memory())
    late = PaneCommitter(rehearsal.output, rehearsal.sources, {}, Clock(timedelta(hours=1)))
    late.commit(Ledger(), items)
    rows = pd.read_parquet(rehearsal.output / "articles")
    assert (rows["ingested_at"] <= rows["fetched_at"]).all()


def test_what_is_underway_is_not_asked_for_again(
    rehearsal: Rehearsal, site: tuple[Newspaper, Servers]
) -> None:
    memory, items = rehearsal.visit(Memory())
    asked = len(site[1].log)
    for _ in range(3):
        memory, nothing = rehearsal.visit(memory)
        assert [type(item) for item in nothing] == [Visit]
    assert len(site[1].log) == asked
    assert memory.underway
    rehearsal.committer.commit(Ledger(), items)
    memory, _ = rehearsal.visit(memory)
    assert not memory.underway


def test_ticks_that_waited_ask_for_one_step(rehearsal: Rehearsal) -> None:
    do_fn = _VisitSites(str(rehearsal.output), rehearsal.job.sources, Clock())
    kept = Kept()
    waited = [("visitor", time.time())] * 3
    steps = [list(do_fn.process(tick, kept)) for tick in waited]
    assert [bool(step) for step in steps] == [True, False, False]
    assert list(do_fn.process(("visitor", time.time()), kept))


class Kept:
    """What an engine keeps for a key."""

    value: bytes | None = None

    def read(self) -> bytes | None:
        return self.value

    def write(self, value: bytes) -> None:
        self.value = value


def test_memory_of_another_version_is_forgotten() -> None:
    assert Memory.unpack(b'{"queue": [1]}') == Memory()
    assert Memory.unpack(b"nonsense") == Memory()
    assert Ledger.unpack(b"nonsense") == Ledger()
    assert Ledger.unpack(pickle.dumps("nonsense")) == Ledger()


def test_a_stream_needs_an_engine_and_a_way_to_stop_it(newsbeam: Command, tmp_path: Path) -> None:
    (tmp_path / "avis.yaml").write_text("id: avis\nfiles: [texts/*.txt]\n", encoding="utf-8")
    command = ["stream", str(tmp_path / "avis.yaml"), "--output", str(tmp_path / "lake")]
    code, _, err = newsbeam([*command, "--", "--runner=DirectRunner"])
    assert (code, "name an engine" in err) == (2, True)
    code, _, err = newsbeam([*command, "--", "--runner=PortableRunner"])
    assert (code, "--flink_master" in err) == (2, True)
    assert not (tmp_path / "lake").exists()


def test_settings_of_the_engine_are_completed_where_they_are_not_given() -> None:
    completed = complete_arguments(
        ["--runner=FlinkRunner", "--checkpointing_interval=3000"], Path("a")
    )
    assert completed[:2] == ["--runner=FlinkRunner", "--checkpointing_interval=3000"]
    names = [argument.partition("=")[0] for argument in completed]
    assert len(names) == len(set(names))
    assert {"--max_bundle_time_mills", "--job_name", "--streaming"} <= set(names)
    assert "--finish_bundle_before_checkpointing" in completed
    assert completed[-2:] == complete_arguments([], Path("b/../a"))[-2:]
    assert completed[-2:] != complete_arguments([], Path("b"))[-2:]
    of_prism = complete_arguments(["--runner=PrismRunner"], Path("a"))
    assert of_prism == ["--runner=PrismRunner", *completed[-2:]]


@pytest.mark.parametrize(
    ("argument", "master"),
    [
        ("--flink_master=flink:8081", "http://flink:8081"),
        ("--flink_master=https://flink", "https://flink"),
        ("--flink_master=[auto]", None),
        ("--job_endpoint=flink:8099", None),
    ],
)
def test_the_address_of_flink_is_found(argument: str, master: str | None) -> None:
    assert find_master(["--parallelism=2", argument]) == master
