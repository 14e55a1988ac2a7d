"""Puts the page together: one HTML file that needs nothing beside itself.

What strangers wrote is in it as JSON whose markup characters are escaped, or packed as base64, so
that no browser can take it for markup.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import vl_convert

from pipelines.report.texts import pack_chunk
from pipelines.terminal_text import show_safe

_PLACE = re.compile(r"\{\{(title|css|vega|js|data|texts)\}\}")
# What must not stand in a script element (HTML, "Restrictions for contents of script elements").
# In a JavaScript string, the only place where it could, a backslash within changes nothing.
_ENDINGS = re.compile(r"<(?=!--|/script)", re.IGNORECASE)
_MARKUP = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write_page(path: Path, data: dict[str, Any], texts: Iterable[list[dict[str, Any]]]) -> int:
    """Write the page to ``path``, all of it or nothing; returns its size in bytes.

    Raises:
        OSError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            for piece in assemble_page(data, texts):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        size = draft.stat().st_size
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    return size


def assemble_page(data: dict[str, Any], texts: Iterable[list[dict[str, Any]]]) -> Iterator[str]:
    """The page in pieces, in their order; ``texts`` are packed on the way."""
    folder = files("pipelines.report")
    template = (folder / "page.html").read_text(encoding="utf-8")
    for at, part in enumerate(_PLACE.split(template)):
        if at % 2 == 0:
            yield part
        elif part == "title":
            yield escape(show_safe(data["meta"]["title"]))
        elif part == "css":
            yield _read_all(".css")
        elif part == "js":
            yield _read_all(".js")
        elif part == "vega":
            yield make_vega()
        elif part == "data":
            yield f'<script type="application/json" id="report-data">{encode(data)}</script>'
        else:
            for number, chunk in enumerate(texts):
                yield (
                    f'<script type="text/plain" class="texts" data-chunk="{number}">'
                    f"{pack_chunk(chunk)}</script>\n"
                )


def encode(data: object) -> str:
    """JSON for a script element: ASCII without <, > and &, which stand as \\uXXXX."""
    # Only strings can hold the three: JSON's own signs are others.
    return json.dumps(data, separators=(",", ":"), allow_nan=False).translate(_MARKUP)


@cache
def make_vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as a script that sets ``window.vegaEmbed`` and no more."""
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    safe = _ENDINGS.sub(r"<\\", bundle)
    return f"(() => {{{safe}\n}})();"


def _read_all(suffix: str) -> str:
    """The page's own files of a kind, in the order of their names (page.js, page_charts.js, …)."""
    paths = sorted(
        (path for path in files("pipelines.report").iterdir() if path.name.endswith(suffix)),
        key=lambda path: path.name,
    )
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)
