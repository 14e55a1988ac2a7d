"""``newsbeam report``: read a lake, write its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.monitoring.status import read_status
from pipelines.report.gather import gather_report
from pipelines.report.texts import ARTICLES_A_CHUNK, read_texts
from pipelines.report.write_page import write_page
from pipelines.sql.lake_views import open_lake

# How often it is said how far the texts have come, in articles.
_EVERY = 5 * ARTICLES_A_CHUNK


class PlaceError(Exception):
    """The page cannot be written where it should be."""


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A page that was written to ``path``, ``bytes`` long.

    ``articles`` are those of the lake, ``shown`` those that can be read in the page.
    """

    path: Path
    bytes: int
    articles: int
    shown: int
    sources: int

    def to_json(self) -> dict[str, Any]:
        """For scripts; keys are stable."""
        return {
            "path": str(self.path),
            "bytes": self.bytes,
            "articles": self.articles,
            "shown": self.shown,
            "sources": self.sources,
        }

    def __str__(self) -> str:
        newest = f" (the newest {self.shown:,} to read)" if self.shown < self.articles else ""
        return (
            f"{self.path}: {self.bytes / 1e6:.1f} MB, {self.articles:,} articles{newest} of "
            f"{self.sources:,} sources"
        )


def make_report(
    lake: Path,
    path: Path,
    *,
    title: str,
    most: int,
    now: datetime,
    show: Callable[[str], None],
) -> MadeReport:
    """Write the page of ``lake``, with its newest ``most`` articles to read, to ``path``.

    ``show`` is told how far it has come.

    Raises:
        NoLakeError: the folder holds no lake.
        UnreadableLakeError: the log of a table cannot be read.
        PlaceError: ``path`` is a folder, in none that is there, or among the lake's own files.
        OSError: it cannot be written.
    """
    path = path.resolve()
    check_place(lake.resolve(), path)
    show("reading how feeds and sources are doing …")
    status = read_status(lake, now)
    with open_lake(lake) as connection:
        show("counting …")
        data = gather_report(connection, status, title=title, most=most, now=now)
        meta = data["meta"]
        texts = _tell_progress(read_texts(connection, most), meta["shown"], show)
        size = write_page(path, data, texts)
    totals = meta["totals"]
    return MadeReport(path, size, totals["articles"], meta["shown"], totals["sources"])


def check_place(lake: Path, path: Path) -> None:
    """Refuse places where the page would be lost, or taken for a part of the lake.

    Raises:
        PlaceError: it is such a place.
    """
    if path.is_dir():
        raise PlaceError(f"{path} is a folder; --output wants a file")
    if not path.parent.is_dir():
        raise PlaceError(f"{path.parent} is no folder; make it first")
    inside = path.parent.relative_to(lake).parts if path.is_relative_to(lake) else ()
    if inside:
        raise PlaceError(f"{path} is among the lake's own files; write it somewhere else")


def _tell_progress(
    texts: Iterator[list[dict[str, Any]]], shown: int, show: Callable[[str], None]
) -> Iterator[list[dict[str, Any]]]:
    done = 0
    for chunk in texts:
        yield chunk
        done += len(chunk)
        if done % _EVERY == 0:
            show(f"{done:,} of {shown:,} texts packed")
