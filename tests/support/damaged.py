"""A lake with every kind of file that lakes have, and ways to damage one of them."""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.pipelines.cli.main import main
from newsbeam.pipelines.maintain import MaintainOptions, maintain_lake
from newsbeam.transforms.fetch.archive import ArchiveWriter
from newsbeam.transforms.files import move, write_file
from newsbeam.transforms.lake.commit import stage_rows
from newsbeam.transforms.lake.feed_state import FeedState, make_poll_row
from newsbeam.transforms.lake.guard import leave_note
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import Document, Entry, PageRequest, Provenance, Response
from tests.support.stored import article, store

Command = Callable[[list[str]], tuple[int, str, str]]
SOURCES = ("avis", "blad")
# Models would take long, and change nothing about files.
CONFIG = """\
id: {0}
language: nb
files: ['in/{0}/*.txt']
enrich: {{pipelines: {{nb: null}}}}
"""
_KEY = ("article_id", "revision")
STORY = "Om {0}\n\nDet er en sak om {0}, og den er lang nok til å være en artikkel for {1}.\n"


def write_articles(folder: Path, first: int, last: int) -> None:
    """Files of articles number ``first`` to ``last - 1`` of each source."""
    for source in SOURCES:
        # Runs read them meanwhile: none may be seen half written.
        write_file(folder / f"{source}.yaml", CONFIG.format(source).encode())
        place = folder / "in" / source
        place.mkdir(parents=True, exist_ok=True)
        for number in range(first, last):
            write_file(place / f"{number}.txt", STORY.format(number, source).encode())


def run_sources(folder: Path, lake: Path, newsbeam: Command) -> tuple[int, str, str]:
    """`newsbeam run` with both sources."""
    configs = [str(folder / f"{source}.yaml") for source in SOURCES]
    return newsbeam(["run", *configs, "--output", str(lake), "--json"])


def make_lake(folder: Path) -> Path:
    """A lake in ``folder / "lake"``: three runs, a merge that waits, polls, rejects, stories, an
    archive, caches, locks, a checkpoint, and the intent of a run that died before its commit."""
    lake = folder / "lake"

    def newsbeam(arguments: list[str]) -> tuple[int, str, str]:
        return main(arguments), "", ""

    for last in (3, 5, 7):
        write_articles(folder, 0, last)
        (folder / "in/avis/broken.txt").write_bytes(b"")  # a reject
        code, _, err = run_sources(folder, lake, newsbeam)
        assert code == 0, err
        if last == 5:
            maintain_lake(lake, MaintainOptions(timedelta(hours=1)))
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for hour in range(3):
        polled = at + timedelta(hours=hour)
        state = FeedState("avis", "f", "https://a.example/", "https://a.example/", polled, "parsed")
        store(Lake(lake), FEED_POLLS, [make_poll_row(state, "r")])
    Lake(lake).open(FEED_POLLS).create_checkpoint()
    Lake(lake).read_feed_states(keep=True)
    _archive(lake, at)
    (lake / "_cache/polling").mkdir(exist_ok=True)
    (lake / "_cache/polling/avis.lock").touch()
    assert newsbeam(["status", str(lake)])[0] == 0  # leaves its caches
    leave_note(Lake(lake))
    _die_before_commit(lake)
    return lake


def _archive(lake: Path, at: datetime) -> None:
    staging = Staging(lake, uuid.uuid4().hex)
    with staging.create(), ArchiveWriter(staging, "avis") as archive:
        for number in range(4):
            url = f"https://a.example/{number}"
            provenance = Provenance("avis", url, url, "0" * 64, url, at)
            response = Response(url, 200, {"content-type": "text/html"}, b"<p>Hei</p>" * 50, at)
            request = PageRequest("avis", "f", Entry(url, url, "0" * 16))
            archive.add(Document(provenance, "text/html", response.body), response, request)
    staging.remove()


def _die_before_commit(lake: Path) -> None:
    staging = Staging(lake, "died")
    with staging.create():
        (file,) = stage_rows(staging, ARTICLES, [article("never", "avis")])
        staging.write_intent(ARTICLES.name, [file.place])
        move(staging.folder / file.name, lake / ARTICLES.name / file.place)


def list_targets(lake: Path) -> list[Path]:
    """All files of the lake, the kinds in turn, so that rare ones are not drowned by many."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(lake.rglob("*")):
        if path.is_file():
            top, *rest = path.relative_to(lake).parts
            kind = f"{top} {rest[0] if rest[0].startswith('_') else ''} {path.suffix}"
            kinds.setdefault(kind, []).append(path)
    return [
        paths[number % len(paths)]
        for number in range(max(map(len, kinds.values())))
        for paths in kinds.values()
    ]


def delete(path: Path, dice: random.Random) -> None:
    path.unlink()


def truncate(path: Path, dice: random.Random) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: dice.randrange(len(data))] if data else b"")


def flip(path: Path, dice: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(3):
        if data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    path.write_bytes(data)


def swap(path: Path, dice: random.Random) -> None:
    """An older file of the kind in its place."""
    others = [p for p in sorted(path.parent.iterdir()) if p.suffix == path.suffix and p != path]
    if path.suffix == ".parquet" and not others:
        table = next(p for p in path.parents if (p / "_delta_log").is_dir())
        others = [p for p in sorted(table.glob("*=*/**/*.parquet")) if p != path]
    others = [p for p in others if p.is_file()]
    if others:
        shutil.copyfile(others[0], path)
    else:
        truncate(path, dice)


def block(path: Path, dice: random.Random) -> None:
    """Unreadable for everybody, root too."""
    path.unlink()
    path.mkdir()


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (delete, truncate, flip, swap, block)


def list_rows(lake: Path) -> list[tuple[str, int]]:
    """(article, revision) of all rows that plain readers see, but for files that are damaged."""
    files = sorted((lake / "articles").glob("source=*/**/*.parquet"))
    return [row for path in files for row in list_keys(read_whole(path, [*_KEY]))]


def list_keys(rows: pa.Table | None) -> list[tuple[str, int]]:
    """(article, revision) of each of ``rows``."""
    return [] if rows is None else list(zip(*(rows[n].to_pylist() for n in _KEY), strict=True))


def read_whole(path: Path, columns: list[str] | None = None) -> pa.Table | None:
    """What a file holds; ``None`` where any of it is damaged."""
    try:
        file = pq.read_table(
            path, columns=columns, partitioning=None, page_checksum_verification=True
        )
        file.validate(full=True)
    except (OSError, ValueError):
        return None
    return file if set(file.schema.names) >= set(_KEY) else None
