"""``newsbeam check`` on an object store: finds each kind of damage, and none in a sound lake."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.s3.lakes import commit_keys
from tests.support.s3.proxy import run_proxy
from tests.support.s3.server import BUCKET, Server

Command = Callable[[list[str]], tuple[int, str, str]]


def find_damage(newsbeam: Command, place: ObjectPath, *options: str) -> dict[str, str]:
    """What is wrong, by kind."""
    code, out, err = newsbeam(["check", str(place), "--json", *options])
    findings = json.loads(out)["findings"]
    assert code == any(finding["is_damage"] for finding in findings), err
    assert all(finding["file"].startswith(f"{place}/") for finding in findings)
    return {finding["kind"]: f"{finding['what']}; {finding['remedy']}" for finding in findings}


@pytest.fixture
def folder(server: Server, place: ObjectPath) -> Path:
    """Where the server has the objects of the lake."""
    return server.folder / BUCKET / place.key


def test_nothing_is_wrong_with_a_sound_lake(
    lake: Lake, place: ObjectPath, newsbeam: Command
) -> None:
    commit_keys(lake, ["a", "b"])
    assert find_damage(newsbeam, place) == {}
    assert find_damage(newsbeam, place, "--deep") == {}
    assert json.loads(newsbeam(["status", str(place), "--json"])[1])["last_check"]["damage"] == []


def test_files_that_are_missing_or_short(
    lake: Lake, place: ObjectPath, newsbeam: Command, folder: Path
) -> None:
    commit_keys(lake, ["a"])
    [path] = [folder / "articles" / name for name in list_files(lake.open(ARTICLES))]
    data = path.read_bytes()
    path.write_bytes(data[:-20])
    assert "bytes, and not" in find_damage(newsbeam, place)["data"]
    path.unlink()
    found = find_damage(newsbeam, place)
    assert found["data"].startswith("is missing; put back an older version of the object")


def test_readers_leave_out_what_cannot_be_read_where_they_are_told_to(
    lake: Lake, place: ObjectPath, newsbeam: Command, folder: Path, tmp_path: Path
) -> None:
    commit_keys(lake, ["a", "b"])
    commit_keys(lake, ["c"])
    path = folder / "articles" / min(list_files(lake.open(ARTICLES)))
    path.write_bytes(path.read_bytes()[:-20])
    query = "SELECT string_agg(title, '' ORDER BY title) FROM articles"
    code, _, err = newsbeam(["sql", str(place), query])
    assert code == 1
    assert f"{path.name} has " in err
    left = newsbeam(["sql", str(place), query, "--skip-damaged"])[1].splitlines()[1]
    assert left in ("ab", "c")
    report = ["report", str(place), "--output", str(tmp_path / "report.html")]
    for arguments in (["status", str(place)], report):
        assert newsbeam([*arguments, "--skip-damaged"])[0] == 0


def test_every_byte_is_read(lake: Lake, place: ObjectPath, newsbeam: Command, folder: Path) -> None:
    commit_keys(lake, ["a"])
    [path] = [folder / "articles" / name for name in list_files(lake.open(ARTICLES))]
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert find_damage(newsbeam, place) == {}
    assert "its bytes are not those" in find_damage(newsbeam, place, "--deep")["data"]


def test_log_that_is_damaged(
    lake: Lake, place: ObjectPath, newsbeam: Command, folder: Path
) -> None:
    commit_keys(lake, ["a"])
    [entry] = (folder / "articles" / "_delta_log").glob("*1.json")
    entry.write_bytes(entry.read_bytes()[:-10])
    assert "no JSON" in find_damage(newsbeam, place)["log"]
    code, _, err = newsbeam(["repair", str(place), "--apply"])
    assert code == 1
    assert "on an object store no log is written anew; put back an older version" in err
    entry.unlink()
    commit = find_damage(newsbeam, place)
    assert "stray" in commit  # what it named belongs to no table now


def test_files_that_no_log_names(
    lake: Lake, place: ObjectPath, newsbeam: Command, folder: Path
) -> None:
    commit_keys(lake, ["a"])
    [name] = list_files(lake.open(ARTICLES))
    lost = place / "articles" / name.replace("part-", "part-0")
    (place / "articles" / name).copy_to(lost)
    assert list(find_damage(newsbeam, place)) == ["leftover"]
    (place / "_staging" / "dead" / "articles.intent.json").write_bytes(b"{}")
    assert "intent" in find_damage(newsbeam, place)


def test_what_is_lost_leaves_the_table(
    place: ObjectPath, newsbeam: Command, folder: Path, config: Path
) -> None:
    run = ["run", str(config), "--output", str(place), "--json"]
    assert newsbeam(run)[0] == 0
    for number in range(2):
        (config.parent / "texts" / f"more{number}.txt").write_text(
            f"Mer {number}\n\n– Dette er mer om sak {number}, sier Kari Dahl.\n"
        )
        assert newsbeam(run)[0] == 0
    lake = Lake(place)
    gone, hurt, *_ = [
        folder / "articles" / name for name in sorted(list_files(lake.open(ARTICLES)))
    ]
    gone.unlink()
    hurt.write_bytes(hurt.read_bytes()[:-20])
    (place / "pages/source=avis/2026-11-30/one.warc.gz").write_bytes(b"no archive")
    stray = place / "articles" / "source=avis" / "published_month=2026-11" / "part-none.parquet"
    stray.write_bytes(b"no file")
    found = find_damage(newsbeam, place)
    assert "says what can be mended" in found["data"]
    code, out, err = newsbeam(["repair", str(place)])
    assert code == 0, err
    assert "--apply does it" in out
    assert find_damage(newsbeam, place) == found
    code, out, err = newsbeam(["repair", str(place), "--apply", "--json"])
    assert code == 0, err
    plan = json.loads(out)["tables"]["articles"]
    assert len(plan["removed"]) == 2
    assert find_damage(newsbeam, place, "--deep") == {}
    assert (folder / "_damaged").is_dir()
    assert hurt.name in {path.name for path in (folder / "_damaged").rglob("*.parquet")}
    # What was lost comes in again, and is told of.
    count = json.loads(newsbeam(run)[1])["sources"]["avis"]
    assert count["new"] == json.loads(out)["lost"]["avis"]
    assert count["new"] + count["known"] == 14
    code, _, err = newsbeam(["retry", str(place), "--lost"])
    assert code == 0, err


def test_archives(lake: Lake, place: ObjectPath, newsbeam: Command) -> None:
    (place / "pages/source=avis/2026-11-30/one.warc.gz").write_bytes(b"no archive")
    assert "archive" in find_damage(newsbeam, place)


def test_no_lake_is_no_lake(place: ObjectPath, newsbeam: Command) -> None:
    code, _, err = newsbeam(["check", str(place)])
    assert code == 2
    assert "holds no lake" in err


def test_requests(
    lake: Lake,
    place: ObjectPath,
    newsbeam: Command,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file costs two, and its commit four: nothing is asked again and again."""
    from newsbeam.transforms.lake import object_path

    commit_keys(lake, ["a"])
    counts = []
    with run_proxy(server.address) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.address)
        for keys in (["b"], ["c"]):
            object_path._open_store.cache_clear()
            proxy.counts.clear()
            assert find_damage(newsbeam, place) == {}
            counts.append(proxy.counts.total())
            commit_keys(lake, keys)
    object_path._open_store.cache_clear()
    assert counts[1] - counts[0] <= 6
