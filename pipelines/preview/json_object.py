"""A preview as one JSON object, for programs."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from newsbeam.pipelines.preview.examine import Examination
from newsbeam.pipelines.terminal_text import escape_json
from newsbeam.transforms.lake.schema import make_row
from newsbeam.transforms.records import Rejection

# What only a run can tell.
_OF_A_RUN = frozenset(
    {"article_id", "revision", "source", "published_date", "removed", "content_hash"}
    | {"document_id", "ingested_at", "run_id"}
)


def make_json(examination: Examination, source: str) -> str:
    """``source``, ``origin``, ``rejection`` (null or an object), ``article`` (null or the columns
    of the table `articles` that do not depend on a run) and ``lines``: each with its ``text``,
    ``kind`` and the ``rule`` that takes it out; ``missing``, the columns for which there is nothing
    to look with in its language.

    Whatever a terminal might obey is escaped.
    """
    article = examination.article
    row = make_row(article, run_id="", started_at=datetime.now(UTC)) if article else None
    return _dump(
        source,
        examination.document.provenance.origin,
        examination.rejection,
        {k: v for k, v in row.items() if k not in _OF_A_RUN} if row else None,
        [{"text": line.text, "rule": line.rule, "kind": line.kind} for line in examination.lines],
        examination.missing,
    )


def make_rejection_json(rejection: Rejection) -> str:
    """The same of an item that could not even be read."""
    return _dump(rejection.source, rejection.origin, rejection, None, [], ())


def pack_rejection(rejection: Rejection | None) -> dict[str, str] | None:
    """Where and why an item was rejected."""
    if rejection is None:
        return None
    return {"stage": rejection.stage, "reason": rejection.reason, "detail": rejection.detail}


def _dump(
    source: str,
    origin: str,
    rejection: Rejection | None,
    article: dict[str, Any] | None,
    lines: list[dict[str, str | None]],
    missing: tuple[str, ...],
) -> str:
    value = {
        "source": source,
        "origin": origin,
        "rejection": pack_rejection(rejection),
        "article": article,
        "lines": lines,
        "missing": missing,
    }
    return escape_json(json.dumps(value, ensure_ascii=False, indent=2, default=_pack_time))


def _pack_time(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"not part of an article: {type(value).__name__}")
