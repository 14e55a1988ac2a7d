"""Checks of sources, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newsbeam.pipelines.source.check import SourceCheck
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.text.counts import show_count


def show_checks(checks: Sequence[SourceCheck], output: Console) -> None:
    """Print a line a source, and under the table what is wrong."""
    table = Table(box=None, pad_edge=False)
    for name in ("source", "feeds", "newest", "articles", "words", "result"):
        table.add_column(name, no_wrap=name != "result")
    for check in checks:
        alive = sum(feed.problem is None for feed in check.feeds)
        newest = max((feed.newest for feed in check.feeds if feed.newest), default=None)
        result = "ok" if not check.problems else show_count(len(check.problems), "problem")
        table.add_row(
            Text(check.id),
            f"{alive}/{len(check.feeds)}",
            f"{newest:%Y-%m-%d %H:%M}" if newest else "-",
            f"{len(check.articles)}/{check.sampled}",
            str(_find_median(check) or "-"),
            Text(result, style="red" if check.problems else "green"),
        )
    output.print(table)
    for check in checks:
        for problem in check.problems:
            line = Text(show_safe(f"{check.id}: {problem}"), style="red")
            output.print(line, soft_wrap=True)
        for remark in check.remarks:
            output.print(Text(show_safe(f"{check.id}: {remark}"), style="dim"), soft_wrap=True)


def checks_to_json(checks: Sequence[SourceCheck]) -> list[dict[str, Any]]:
    """The checks as JSON values."""
    return [
        {
            "id": check.id,
            "file": str(check.file),
            "ok": not check.problems,
            "feeds": [
                {
                    "url": feed.url,
                    "entries": feed.entries,
                    "newest": feed.newest.isoformat() if feed.newest else None,
                    "problem": feed.problem,
                }
                for feed in check.feeds
            ],
            "sampled": check.sampled,
            "articles": len(check.articles),
            "median_words": _find_median(check),
            "problems": list(check.problems),
            "remarks": list(check.remarks),
        }
        for check in checks
    ]


def _find_median(check: SourceCheck) -> int | None:
    words = [len(article.text.split()) for article in check.articles]
    return round(median(words)) if words else None
