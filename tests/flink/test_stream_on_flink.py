"""``newsbeam stream`` on Flink beside a newspaper that publishes: once each, whatever is killed.

FLINK_MINUTES (2) is how long the undisturbed stream is watched.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import sleep

import pytest

from tests.support.engines.commands import Stream
from tests.support.engines.paper import (
    WITHOUT_MODEL,
    catch_up,
    check_rows,
    count_rows,
    list_delays,
    make_running_paper,
    read_rows,
    write_configs,
)
from tests.support.flink.cluster import Cluster
from tests.support.flink.running import compare_halves, run_stream, take_sample, watch
from tests.support.newspaper import Newspaper, Servers, serve
from tests.support.waiting import wait_until

MINUTES = float(os.environ.get("FLINK_MINUTES", "2"))
LONG = timedelta(hours=1)
# Within which a revision is there though something was killed: heartbeats, restarts, two cores.
AFTER = timedelta(seconds=60)


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[tuple[Newspaper, Servers, Path]]:
    """One that goes on for an hour, an article every 4 s; its servers, and configs for it."""
    paper = make_running_paper(datetime.now(UTC), LONG, every=4)
    with serve(paper) as servers:
        yield paper, servers, write_configs(paper, tmp_path / "configs", WITHOUT_MODEL)


def list_pages(servers: Servers) -> set[tuple[str, int]]:
    """Which revisions of which pages were asked for, all of them once."""
    pages = [(r.target, r.revision) for r in servers.log if r.kind == "page"]
    assert len(pages) == len(set(pages))
    return set(pages)


def stop(stream: Stream) -> None:
    assert stream.stop() == 0, stream.tail()


def note(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} killed {what}", flush=True)


@pytest.mark.timeout(int(MINUTES * 60) + 300)
def test_a_stream_holds_what_is_published(cluster: Cluster, tmp_path: Path) -> None:
    every = 2.0 if MINUTES <= 5 else 3.0
    lasts = timedelta(minutes=MINUTES)
    paper = make_running_paper(datetime.now(UTC), lasts + LONG, every=every)
    output = tmp_path / "lake"
    with serve(paper) as servers:
        configs = write_configs(paper, tmp_path / "configs")
        with run_stream(cluster, configs, output, tmp_path / "stream.log") as stream:
            catch_up(paper, output)
            began = datetime.now(UTC)
            job = cluster.job
            samples = watch(lasts.total_seconds(), lambda: take_sample(cluster))
            ended = datetime.now(UTC)
            catch_up(paper, output)
            sizes = [c["state_size"] for c in cluster.checkpoints(job)
                     if c["trigger_timestamp"] >= began.timestamp() * 1000]  # fmt: skip
            restarts = cluster.restarts(job)
            sleep(20)  # edits come later than articles
            stop(stream)
        requests = len(servers.log)
    number = check_rows(read_rows(output), paper, ended, timedelta(seconds=45))
    delays = sorted(d for d in list_delays(output, paper, began))
    print(
        f"\n{lasts} watched: {count_rows(output)} rows, {number} revisions that had to be there, "
        f"{requests} requests, {restarts} restarts"
        f"\nreadable after: median {median(delays):.1f} s, "
        f"95 % {delays[len(delays) * 95 // 100]:.1f} s, "
        f"most {delays[-1]:.1f} s"
        f"\ncheckpoints: {len(sizes)}, of {min(sizes)} to {max(sizes)} bytes; "
        f"second and last quarter {compare_halves(sizes)}"
    )
    for name in samples[0].memory:
        memory = [sample.memory.get(name, 0) for sample in samples]
        print(f"memory of {name}: second and last quarter, most, MB: "
              f"{compare_halves(memory)}, {max(memory)}")  # fmt: skip
    assert restarts == 0
    assert median(delays) < 30
    assert delays[len(delays) * 95 // 100] < 60
    before, after = compare_halves(sizes)
    assert after < 1.5 * before + 100_000
    for name in samples[0].memory:
        before, after = compare_halves([sample.memory.get(name, 0) for sample in samples])
        assert after < 1.25 * before + 100, name


@pytest.mark.timeout(700)
def test_nothing_is_lost_or_twice_whoever_is_killed(
    cluster: Cluster, tmp_path: Path, paper: tuple[Newspaper, Servers, Path]
) -> None:
    published, _, configs = paper
    output = tmp_path / "lake"

    with run_stream(cluster, configs, output, tmp_path / "first.log") as stream:
        catch_up(published, output)
        job = cluster.job
        cluster.wait_for_checkpoint(job)

        cluster.task_managers[-1].kill()
        cluster.start_task_manager()
        note("a TaskManager")
        wait_until(lambda: cluster.restarts(job) >= 1, 60, "a restart")
        catch_up(published, output)
        cluster.wait_for_checkpoint(job)

        restarts = cluster.restarts(job)
        cluster.workers.kill()
        cluster.start_workers()
        note("the Python workers")
        wait_until(lambda: cluster.restarts(job) > restarts, 60, "a restart")
        catch_up(published, output)
        assert cluster.job == job

        cluster.job_manager.kill()
        cluster.start_job_manager()
        note("the JobManager")
        wait_until(lambda: cluster.jobs("RUNNING") == [job], 120, "the same job")
        catch_up(published, output)
        cluster.wait_for_checkpoint(job)

        # Its job goes on, until the next stream on this output takes its place.
        stream.process.kill()
        note("newsbeam stream")
        with run_stream(cluster, configs, output, tmp_path / "second.log") as second:
            wait_until(lambda: cluster.jobs("RUNNING") not in ([], [job]), 120, "another job")
            assert len(cluster.jobs("RUNNING", "RESTARTING")) == 1
            catch_up(published, output)
            ended = datetime.now(UTC)
            stop(second)
    number = check_rows(read_rows(output), published, ended, AFTER)
    print(f"{number} revisions had to be there, {count_rows(output)} are")
    assert number > 10


@pytest.mark.timeout(500)
def test_a_stream_goes_on_with_other_feeds(
    cluster: Cluster, tmp_path: Path, paper: tuple[Newspaper, Servers, Path]
) -> None:
    published, servers, configs = paper
    output = tmp_path / "lake"
    first, second = sorted(configs.glob("avis-*.yaml"))
    aside = tmp_path / second.name
    shutil.move(second, aside)
    mine = {a.id for a in published.articles.values() if f"{a.host}:" in first.read_text("utf-8")}
    assert 0 < len(mine) < len(published.articles)

    with run_stream(cluster, configs, output, tmp_path / "first.log") as stream:
        wait_until(lambda: count_rows(output) >= 8, 120, "rows")
        cluster.wait_for_checkpoint(cluster.job)
        path = cluster.stop_with_savepoint(cluster.job)
        wait_until(lambda: stream.process.poll() is not None, 60, "the end of the stream")
        assert stream.process.returncode == 0, stream.tail()
    before = list_pages(servers)
    rows_before = count_rows(output)
    servers.clear_log()

    shutil.move(aside, second)  # one is added, and of the other a feed is taken out
    text = first.read_text("utf-8")
    taken_out = next(line for line in text.splitlines() if line.startswith("- "))
    first.write_text(text.replace(f"{taken_out}\n", ""), encoding="utf-8")
    with run_stream(
        cluster, configs, output, tmp_path / "second.log", f"--savepoint_path={path}"
    ) as stream:
        wait_until(lambda: count_rows(output) >= rows_before + 12, 120, "new rows")
        cluster.stop_with_savepoint(cluster.job, drain=True)
        wait_until(lambda: stream.process.poll() is not None, 60, "the end of the stream")
        assert stream.process.returncode == 0, stream.tail()
    after = list_pages(servers)
    assert not after & before
    left_alone = taken_out.removeprefix("- ")
    assert not [r for r in servers.log if left_alone.endswith(f"{r.path}") and r.host in left_alone]
    rows = read_rows(output)
    assert set(rows["source"]) == {"avis-2", "avis-3"}
    assert not rows.duplicated(["article_id", "revision"]).any()
    assert not rows.duplicated(["article_id", "content_hash"]).any()
    # What was under way came through the first stop in the savepoint, and out by the drain.
    assert len(rows) == len(before | after)


@pytest.mark.timeout(400)
def test_a_stream_outlives_an_output_that_cannot_be_written(
    cluster: Cluster, tmp_path: Path, paper: tuple[Newspaper, Servers, Path]
) -> None:
    published, _, configs = paper
    output = tmp_path / "lake"
    with run_stream(cluster, configs, output, tmp_path / "stream.log") as stream:
        catch_up(published, output)
        job = cluster.job
        staging = output / "_staging"
        aside = output / "_aside"
        staging.rename(aside)
        staging.write_text("in the way", encoding="utf-8")
        wait_until(lambda: cluster.restarts(job) >= 1, 90, "a restart")
        assert any("_staging" in complaint for complaint in cluster.complaints(job))
        staging.unlink()
        shutil.rmtree(aside)
        catch_up(published, output)
        ended = datetime.now(UTC)
        stop(stream)
    check_rows(read_rows(output), published, ended, AFTER)
