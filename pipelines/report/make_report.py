"""``newsbeam report``: read a lake, write its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from newsbeam.pipelines.report.gather import gather_report
from newsbeam.pipelines.report.texts import ARTICLES_A_CHUNK, read_texts
from newsbeam.pipelines.report.window import Window, choose_window
from newsbeam.pipelines.report.write_page import write_page
from newsbeam.pipelines.status.gather import read_status
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.views import open_lake
from newsbeam.transforms.text.counts import show_count

# How often it is said how far the texts have come, in articles.
_EVERY = 5 * ARTICLES_A_CHUNK


class PlaceError(NewsbeamError):
    """The page cannot be written where it should be."""

    is_usage = True


@dataclass(frozen=True, slots=True)
class MadeReport:
    """A page that was written to ``path``, ``bytes`` long.

    ``articles`` are those of the ``window``, ``shown`` those that can be read in the page.
    """

    path: Path
    bytes: int
    articles: int
    shown: int
    sources: int
    window: Window

    def to_json(self) -> dict[str, Any]:
        """For scripts; keys are stable."""
        told = asdict(self) | {"path": str(self.path)}
        del told["window"]
        return told

    def __str__(self) -> str:
        newest = f" (the newest {self.shown:,} to read)" if self.shown < self.articles else ""
        return (
            f"{self.path}: {self.bytes / 1e6:.1f} MB, "
            f"{show_count(self.articles, 'article')}{newest} "
            f"of {show_count(self.sources, 'source')}{self._explain_none()}"
        )

    def _explain_none(self) -> str:
        if self.articles or not self.window.rows:
            return ""
        first, last = self.window.since or "the first day", self.window.until or "the newest day"
        return f"; none is of {first} to {last}: give another --since or --until"


def make_report(
    lake: LakePath,
    path: Path,
    *,
    title: str,
    most: int,
    now: datetime,
    show: Callable[[str], None],
    skip_damaged: bool = False,
    since: timedelta | date | None = None,
    until: date | None = None,
) -> MadeReport:
    """Write the page of ``lake``, with its newest ``most`` articles to read, to ``path``.

    It is of the days from ``since`` to ``until``; a time counts back from that day, or from its
    newest article; where none is given, of all of a lake, or of the last 90 days of a large one.
    ``show`` is told how far it has come. With ``skip_damaged`` files that cannot be read are left
    out.

    Raises:
        NoLakeError: the folder holds no lake.
        DamagedLake: a file of it cannot be read.
        PlaceError: ``path`` is a folder, in none that is there, or among the lake's own files.
        OSError: it cannot be written.
    """
    path = path.resolve()
    check_place(lake.resolve(), path)
    show("reading how feeds and sources are doing …")
    status = read_status(lake, now, skip_damaged=skip_damaged)
    is_whole = (
        skip_damaged and since is None and until is None
    )  # its log may not tell how large it is
    window = Window(None, 0) if is_whole else choose_window(lake, since, now, until)
    with open_lake(lake, skip_damaged=skip_damaged) as connection:
        show("counting …")
        data = gather_report(connection, status, title=title, most=most, now=now, window=window)
        meta = data["meta"]
        texts = _tell_progress(read_texts(connection, most), meta["shown"], show)
        size = write_page(path, data, texts)
    totals = meta["totals"]
    return MadeReport(path, size, totals["articles"], meta["shown"], totals["sources"], window)


def check_place(lake: LakePath, path: Path) -> None:
    """Refuse places where the page would be lost, or taken for a part of the lake.

    Raises:
        PlaceError: it is such a place.
    """
    if path.is_dir():
        raise PlaceError(f"{path} is a folder; --output wants a file")
    if not path.parent.is_dir():
        raise PlaceError(f"{path.parent} is no folder; make it first")
    if isinstance(lake, Path) and path.is_relative_to(lake) and path.parent != lake:
        raise PlaceError(f"{path} is among the lake's own files; write it somewhere else")


def _tell_progress(
    texts: Iterator[list[dict[str, Any]]], shown: int, show: Callable[[str], None]
) -> Iterator[list[dict[str, Any]]]:
    done = 0
    for chunk in texts:
        yield chunk
        done += len(chunk)
        if done % _EVERY == 0:
            show(f"{done:,} of {show_count(shown, 'text')} packed")
