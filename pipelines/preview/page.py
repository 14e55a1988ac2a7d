"""A preview as one HTML page that needs nothing else: the report's page with one article in it."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from newsbeam.pipelines.preview.json_object import pack_rejection
from newsbeam.pipelines.preview.view import View
from newsbeam.pipelines.report.marks import pack_marks
from newsbeam.pipelines.report.write_page import assemble_page, read_scripts
from newsbeam.transforms.lake.schema import make_row


def make_page(view: View) -> str:
    """``view`` as an HTML document, which `pipelines/preview/preview.js` draws in the browser."""
    script = read_scripts("report", "page") + read_scripts("preview", "preview")
    return "".join(assemble_page(f"{view.title} – newsbeam preview", _pack_view(view), script))


def _pack_view(view: View) -> dict[str, Any]:
    article = view.article
    if article is None:
        marked = pack_marks("\n".join(line.text for line in view.lines if line.rule is None))
    else:
        row = make_row(article, run_id="", started_at=datetime.now(UTC))
        keys = ("text", "headings", "entities", "quotes", "statements")
        marked = pack_marks(*(row[key] for key in keys))
    return {
        "version": version("newsbeam"),
        "title": view.title,
        "language": article.language if article else None,
        "fields": [[field.name, field.value, field.origin] for field in view.fields],
        "rejection": pack_rejection(view.rejection),
        "summary": "; ".join(view.summary),
        "article": marked,
        "lines": [[line.rule, line.text, line.kind] for line in view.lines],
        "structure": [[line.rule, line.text] for line in view.structure],
    }
