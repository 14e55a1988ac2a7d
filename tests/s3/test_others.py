"""What else works on an object store: streams, stories, archives, schedulers, learning."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.testing import test_stream as beam_test_stream

from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.door.lake import OpenLake
from newsbeam.pipelines.schedule.state import ScheduleHeld, hold_schedule
from newsbeam.pipelines.stream import StreamOptions, build_stream
from newsbeam.transforms.fetch.archive import ArchiveWriter
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.poll.source_locks import hold_sources
from newsbeam.transforms.records import Clock
from tests.support.fetched import REQUEST, make_document, make_response
from tests.support.s3.lakes import check_lake, commit_keys
from tests.support.s3.server import BUCKET, Server
from tests.support.waiting import wait_until
from tests.support.workplace import ROOT

Command = Callable[[list[str]], tuple[int, str, str]]


def test_stream(config: Path, lake: Lake, place: ObjectPath, server: Server) -> None:
    options = PipelineOptions([])
    options.view_as(StandardOptions).streaming = True
    pipeline = beam.Pipeline(runner="BundleBasedDirectRunner", options=options)
    stream = beam_test_stream.TestStream()
    for number in range(2):
        stream = stream.advance_watermark_to(number * 5).add_elements([number])
        stream = stream.advance_processing_time(5)
    ticks = pipeline | stream.advance_watermark_to_infinity()
    _ = build_stream(ticks, load_job([config]), place, StreamOptions(), Clock())
    pipeline.run().wait_until_finish()
    assert len(check_lake(lake, server.folder)) == 12
    assert OpenLake(str(place)).sql("SELECT count(*) FROM stories").fetchall() == [(12,)]


def test_stories(lake: Lake, place: ObjectPath, server: Server, newsbeam: Command) -> None:
    commit_keys(lake, ["a", "b"])
    assert newsbeam(["stories", str(place)])[0] == 0
    assert OpenLake(str(place)).sql("SELECT count(*) FROM stories").fetchall() == [(2,)]
    assert check_lake(lake, server.folder) == ["a", "b"]


def test_archive(lake: Lake, server: Server) -> None:
    response = make_response()
    with lake.stage("one").create(), ArchiveWriter(lake.stage("one"), "avisa") as writer:
        writer.add(make_document(response), response, REQUEST)
    assert isinstance(lake.place, ObjectPath)
    [archive] = (server.folder / BUCKET / lake.place.key / "pages").rglob("*.warc.gz")
    assert archive.read_bytes()[:2] == b"\x1f\x8b"
    assert archive.parent.parent.name == "source=avisa"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_replay(
    config: Path, lake: Lake, place: ObjectPath, newsbeam: Command, workers: str
) -> None:
    text = "<p>Ordfører Kari Dahl åpnet i dag den nye brua over sundet i Bodø.</p>" * 3
    request = replace(REQUEST, source="avis", known_as=None)
    with lake.stage("one").create(), ArchiveWriter(lake.stage("one"), "avis") as writer:
        for number in range(3):
            page = f"<html><title>Sak {number}</title><h1>Sak {number}</h1>{text}</html>"
            response = make_response(page.encode(), f"https://avisa.no/{number}")
            document = make_document(response, request)
            document = replace(document, provenance=replace(document.provenance, key=response.url))
            writer.add(document, response, request)
    run = ["run", str(config), "--output", str(place), "--replay", "--json", "--workers", workers]
    for kind in ("new", "known"):
        code, out, err = newsbeam(run)
        assert code == 0, err
        assert json.loads(out)["sources"]["avis"][kind] == 3, out
    titles = OpenLake(str(place)).sql("SELECT title FROM articles ORDER BY title").fetchall()
    assert titles == [("Sak 0",), ("Sak 1",), ("Sak 2",)]


def test_feeds_are_asked_by_one_run(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hold_sources(lake, ["a", "b"]) as held:
        assert held == {"a", "b"}
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other machine"))
        with hold_sources(lake, ["b", "c"]) as others:
            assert others == {"c"}
    with hold_sources(lake, ["b"]) as free:
        assert free == {"b"}


def test_schedulers_of_two_machines(
    lake: Lake, place: ObjectPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hold_schedule(place):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other machine"))
        with pytest.raises(ScheduleHeld, match="on another machine"), hold_schedule(place):
            pass
    with hold_schedule(place):
        pass


def test_schedule(config: Path, place: ObjectPath, server: Server, tmp_path: Path) -> None:
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "newsbeam", "schedule", config, "--output", str(place)],
        env={**os.environ, **server.environment(tmp_path / "cache", 20), "PYTHONPATH": str(ROOT)},
    )
    try:
        wait_until(lambda: Lake(place).version(ARTICLES) > 0, 280)
    finally:
        scheduler.terminate()
    assert scheduler.wait() == 0
    assert len(check_lake(Lake(place), server.folder)) == 12


def test_learning(config: Path, lake: Lake, place: ObjectPath, newsbeam: Command) -> None:
    commit_keys(lake, [f"k{number}" for number in range(25)])
    rules = config.parent / "rules"
    code, out, err = newsbeam(
        ["learn-boilerplate", str(config), "--output", str(place), "--to", str(rules)]
    )
    assert code == 0, err
    assert "avis" in out
