"""Shows on the way how far a local run has come."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from newsbeam.transforms.text.counts import show_count


@dataclass(frozen=True)
class Progress:
    """Where progress goes: ``show`` is called with a line every ``seconds``."""

    show: Callable[[str], None]
    seconds: float


@contextmanager
def watch_progress(tallies: Path, progress: Progress | None) -> Iterator[None]:
    """Show how the tallies grow while the block runs."""
    if progress is None:
        yield
        return
    stop = threading.Event()
    began = monotonic()

    def watch() -> None:
        while not stop.wait(progress.seconds):
            progress.show(describe_progress(tallies, monotonic() - began))

    thread = threading.Thread(target=watch, name="newsbeam-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def describe_progress(tallies: Path, seconds: float) -> str:
    """One line: files found, items read, articles done, articles a second."""
    files, items, articles = (_read_tally(tallies / name) for name in ("files", "read", "enriched"))
    if not files:
        return "starting …"
    rate = f" ({articles / seconds:.1f}/s)" if articles else ""
    return ", ".join(
        (
            f"{show_count(files, 'file')} found",
            f"{show_count(items, 'item')} read",
            f"{show_count(articles, 'article')} enriched{rate}",
        )
    )


def _read_tally(file: Path) -> int:
    """How much was counted: a byte each (``transforms.stage``)."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
