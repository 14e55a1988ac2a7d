"""The status of a lake as metrics, for the textfile collector of Prometheus' node exporter.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, version 0.0.4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from newsbeam.pipelines.status.gather import Status
from newsbeam.pipelines.status.health import FeedHealth, SourceHealth
from newsbeam.transforms.files import replace_file

_Sample = tuple[dict[str, str], float | None]

_FEED: tuple[tuple[str, str, Callable[[FeedHealth], float | None]], ...] = (
    ("last_poll_timestamp_seconds", "When the feed was last polled.",
     lambda f: _posix(f.newest.polled_at)),
    ("last_answer_timestamp_seconds", "When a poll was last answered.",
     lambda f: _posix(f.answered_at)),
    ("next_poll_timestamp_seconds", "When the feed is due again.",
     lambda f: _posix(f.due_at)),
    ("last_new_timestamp_seconds", "When a poll last brought a new entry.",
     lambda f: _posix(f.silence.since)),
    ("new_entries_24h", "New entries of the last 24 hours.", lambda f: f.new_day),
    ("changed_entries_24h", "Changed entries of the last 24 hours.", lambda f: f.changed_day),
    ("failures", "Failed polls in a row.", lambda f: f.newest.failures),
    ("http_status", "HTTP status of the last poll, where there was one.",
     lambda f: f.newest.status),
    ("pending_pages", "Pages that wait to be tried again.", lambda f: f.newest.pending),
    ("false_304s_7d", "304 answers of the last 7 days that proved false.",
     lambda f: f.false_304s),
    ("silent", "1 if nothing new came for longer than the feed's past makes likely.",
     lambda f: "silent" in f.problems),
    ("failing", "1 if the feed cannot be polled.", lambda f: "failing" in f.problems),
    ("overdue", "1 if nobody polls the feed although it is due.",
     lambda f: "overdue" in f.problems),
    ("clock", "1 if the last poll lies in the future: a clock is or was wrong.",
     lambda f: "clock" in f.problems),
)  # fmt: skip

_SOURCE: tuple[tuple[str, str, Callable[[SourceHealth], float | None]], ...] = (
    ("stored_revisions", "Rows of the table articles.", lambda s: s.stored),
    ("articles_24h", "New articles of the last 24 hours.", lambda s: s.articles_day),
    ("last_ingested_timestamp_seconds", "When the run began that last stored an article.",
     lambda s: _posix(s.ingested_at)),
    ("drift", "1 if the newest articles look as if the site had changed its layout.",
     lambda s: bool(s.drift.changes)),
)  # fmt: skip


def write_metrics(status: Status, path: Path) -> None:
    """Replace ``path`` by the metrics in one step. The collector wants its name to end in .prom.

    Raises:
        OSError: it cannot be written.
    """
    with replace_file(path) as draft:  # not *.prom: the collector does not read it half written
        draft.write_text(format_metrics(status), encoding="utf-8")


def format_metrics(status: Status) -> str:
    """The metrics as text. Feeds that are in no config any more are left out."""
    sources = status.sources
    feeds = [feed for source in sources for feed in source.feeds if not feed.is_dropped]
    lines = list(
        _format("newsbeam_status_timestamp_seconds", "When these figures were taken.",
                [({}, status.now.timestamp())])
    )  # fmt: skip
    if status.scheduler is not None:
        lines += _format(
            "newsbeam_scheduler_up", "1 if `newsbeam schedule` runs.",
            [({}, float(status.scheduler.is_running))],
        )  # fmt: skip
    for name, text, read in _FEED:
        lines += _format(
            f"newsbeam_feed_{name}", text,
            [({"source": feed.source, "feed": feed.feed}, read(feed)) for feed in feeds],
        )  # fmt: skip
    for name, text, count in _SOURCE:
        lines += _format(
            f"newsbeam_source_{name}", text,
            [({"source": source.source}, count(source)) for source in sources],
        )  # fmt: skip
    lines += _format(
        "newsbeam_source_sign_share", "Share of the newest articles that show a sign of drift.",
        [({"source": source.source, "sign": sign}, share)
         for source in sources for sign, share in source.drift.shares],
    )  # fmt: skip
    lines += _format(
        "newsbeam_source_rejects_24h", "Items of the last 24 hours that could not go on.",
        [({"source": source.source, "stage": stage, "reason": reason}, count)
         for source in sources for stage, reason, count in source.rejects],
    )  # fmt: skip
    lines += _format(
        "newsbeam_backfill_requests_left", "Requests that a backfill is still to make, about.",
        [({"source": name}, float(past.counts.left)) for name, past in status.backfills.items()],
    )  # fmt: skip
    return "\n".join(lines) + "\n"


def _format(name: str, text: str, samples: Iterable[_Sample]) -> Iterator[str]:
    known = [(labels, value) for labels, value in samples if value is not None]
    if not known:
        return
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
    for labels, value in known:
        inside = ",".join(f'{label}="{_escape(text)}"' for label, text in labels.items())
        yield f"{name}{{{inside}}} {float(value)!r}" if inside else f"{name} {float(value)!r}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _posix(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()
