"""``newsbeam run`` and its readers on an object store, by the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsbeam.pipelines.door.lake import OpenLake
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath
from tests.support.s3.lakes import check_lake, commit_keys
from tests.support.s3.proxy import run_proxy
from tests.support.s3.server import BUCKET, Server, run_server
from tests.support.workplace import ROOT

Command = Callable[[list[str]], tuple[int, str, str]]
# What differs from run to run.
PASSING = "EXCLUDE (run_id, ingested_at, fetched_at, origin)"


def list_rows(lake: str) -> list[tuple[Any, ...]]:
    query = f"SELECT * {PASSING} FROM articles ORDER BY article_id"
    return [tuple(map(repr, row)) for row in OpenLake(lake).sql(query).fetchall()]


def test_rows_are_those_of_a_local_lake(
    newsbeam: Command, config: Path, place: ObjectPath, server: Server, tmp_path: Path
) -> None:
    assert newsbeam(["run", str(config), "--output", str(tmp_path / "out")])[0] == 0
    code, out, err = newsbeam(["run", str(config), "--output", str(place), "--json"])
    assert code == 0, err
    assert json.loads(out)["sources"]["avis"]["new"] == 12
    assert list_rows(str(place)) == list_rows(str(tmp_path / "out"))
    assert len(check_lake(Lake(place), server.folder)) == 12
    code, out, _ = newsbeam(["run", str(config), "--output", str(place), "--json"])
    assert json.loads(out)["sources"]["avis"]["known"] == 12
    assert newsbeam(["sql", str(place), "SELECT count(*) AS n FROM articles"])[1] == "n\n12\n"
    code, out, _ = newsbeam(["sql", str(place), "SELECT count(*) AS n FROM stories"])
    assert out == "n\n12\n"
    assert newsbeam(["sql", str(place), "FROM read_text('/etc/hostname')"])[0] == 2
    code, out, _ = newsbeam(["status", str(place), "--json"])
    assert code == 0
    assert json.loads(out)["sources"][0]["stored"] == 12
    page = tmp_path / "report.html"
    assert newsbeam(["report", str(place), "--output", str(page)])[0] == 0
    assert "Overskrift 11" in page.read_text(encoding="utf-8")


def test_three_runs_at_once(
    config: Path, place: ObjectPath, server: Server, tmp_path: Path
) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "newsbeam", "run", config, "--output", str(place), "--json"],
            env={**os.environ, **server.environment(tmp_path / f"cache{number}", 30),
                 "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
        )
        for number in range(3)
    ]  # fmt: skip
    said = [json.loads(run.communicate()[0])["sources"]["avis"] for run in runs]
    assert sorted(count["new"] for count in said) == [0, 0, 12]
    assert sum(count["known"] for count in said) == 24
    assert len(check_lake(Lake(place), server.folder)) == 12
    told = OpenLake(str(place)).sql("SELECT count(*), count(DISTINCT article_id) FROM stories")
    assert told.fetchall() == [(12, 12)]


FAULTS = {
    "wrong key": ({"AWS_ACCESS_KEY_ID": "stranger"}, BUCKET, "does not accept the credentials"),
    "wrong secret": ({"AWS_SECRET_ACCESS_KEY": "wrong"}, BUCKET, "does not accept the credentials"),
    "no bucket": ({}, "missing", "there is no bucket s3://missing"),
    "no server": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, BUCKET, "does not answer"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_is_one_sentence(
    newsbeam: Command, config: Path, place: ObjectPath, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsbeam.transforms.lake import object_path

    changed, bucket, sentence = FAULTS[name]
    for variable, value in changed.items():
        monkeypatch.setenv(variable, value)
    object_path._open_store.cache_clear()
    for arguments in (
        ["run", str(config), "--output", f"s3://{bucket}/{place.key}"],
        ["sql", f"s3://{bucket}/{place.key}", "SELECT 1"],
    ):
        code, _, err = newsbeam(arguments)
        assert code == 1
        said = [line for line in err.splitlines() if line.startswith("newsbeam: ")]
        assert len(said) == 1
        assert sentence in said[0]
        assert "Traceback" not in err
        assert "not-a-secret" not in err
    object_path._open_store.cache_clear()


def test_bucket_that_cannot_be_written(
    newsbeam: Command, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from newsbeam.transforms.lake import object_path

    with run_server(tmp_path / "other", "--readonly") as server:
        for name, value in server.environment(tmp_path / "cache").items():
            monkeypatch.setenv(name, value)
        object_path._open_store.cache_clear()
        code, _, err = newsbeam(["run", str(config), "--output", f"s3://{BUCKET}/lake"])
    object_path._open_store.cache_clear()
    assert code == 1
    assert "may not be written" in err
    assert "Traceback" not in err


def test_server_that_goes_away_under_a_run(
    lake: Lake, newsbeam: Command, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends with a sentence; what was in the lake stays as it was."""
    from newsbeam.transforms.lake import object_path
    from newsbeam.transforms.lake.object_staging import ObjectStaging

    with run_server(tmp_path / "other") as server:
        for name, value in server.environment(tmp_path / "cache").items():
            monkeypatch.setenv(name, value)
        object_path._open_store.cache_clear()
        original = ObjectStaging.bring_out

        def vanish(*arguments: Any) -> None:
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            original(*arguments)

        monkeypatch.setattr(ObjectStaging, "bring_out", vanish)
        code, _, err = newsbeam(["run", str(config), "--output", f"s3://{BUCKET}/lake"])
    object_path._open_store.cache_clear()
    assert code == 1
    assert "does not answer" in err


def test_what_cannot_be_done_here_is_refused_in_one_sentence(
    lake: Lake, newsbeam: Command, place: ObjectPath
) -> None:
    code, _, err = newsbeam(["maintain", str(place), "--partition", "year"])
    assert code == 2
    assert "copy it into a folder" in err


def test_nothing_of_the_credentials_is_in_the_lake_or_its_caches(
    lake: Lake, server: Server, tmp_path: Path
) -> None:
    commit_keys(lake, ["a"])
    files = [p for folder in (server.folder, tmp_path) for p in folder.rglob("*") if p.is_file()]
    assert files
    assert not [path for path in files if b"not-a-secret" in path.read_bytes()]


def test_requests(config: Path, place: ObjectPath, server: Server, tmp_path: Path) -> None:
    """What a run asks for where nothing is new, and where one article is: no more than it did."""

    def count(address: str, told: Counter[str]) -> int:
        told.clear()
        subprocess.run(
            [sys.executable, "-m", "newsbeam", "run", config, "--output", str(place)],
            env={**os.environ, **server.environment(tmp_path / "cache", 900),
                 "AWS_ENDPOINT_URL": address, "PYTHONPATH": str(ROOT)},
            check=True,
        )  # fmt: skip
        return told.total()

    with run_proxy(server.address) as proxy:
        count(proxy.address, proxy.counts)
        count(proxy.address, proxy.counts)  # keeps in mind what the first one left
        assert count(proxy.address, proxy.counts) <= 12
        for number in range(2):
            text = f"Ny sak {number}\n\n– Ja, sier ordfører Kari Dahl.\n"
            (tmp_path / "texts" / f"new{number}.txt").write_text(text)
            asked = count(proxy.address, proxy.counts)
            # 9 listings, and 4 more on a machine so slow that a run takes more than a minute.
            assert asked - proxy.counts["LIST"] <= 35
            assert proxy.counts["LIST"] <= 13
