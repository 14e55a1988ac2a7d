"""Puts a page together: one HTML file that needs nothing beside itself.

What strangers wrote is in it as JSON whose markup characters are escaped, or packed as base64, so
that no browser can take it for markup.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from newsbeam.pipelines.report.texts import pack_chunk
from newsbeam.pipelines.report.vega import make_vega
from newsbeam.pipelines.terminal_text import show_safe
from newsbeam.transforms.files import replace_file

_PLACE = re.compile(r"\{\{(policy|title|css|data|texts|scripts)\}\}")
_MARKUP = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def write_page(path: Path, data: dict[str, Any], texts: Iterable[list[dict[str, Any]]]) -> int:
    """Write the report's page to ``path``, all of it or nothing; returns its size in bytes.

    Raises:
        OSError: it cannot be written.
    """
    script = read_scripts("report", "page", "report")
    page = assemble_page(data["meta"]["title"], data, script, vega=make_vega(), texts=texts)
    with replace_file(path) as draft:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.writelines(page)
        return draft.stat().st_size


def assemble_page(
    title: str,
    data: dict[str, Any],
    script: str,
    *,
    vega: str = "",
    texts: Iterable[list[dict[str, Any]]] = (),
) -> Iterator[str]:
    """A page in pieces, in their order: ``data`` is what ``script`` draws; ``texts`` are packed on
    the way.

    Its policy (CSP 3) lets it run its own scripts, which are known by their hashes, and nothing
    come from or go anywhere. ``vega`` makes functions of strings, and styles.
    """
    css = _read_file("report", "page.css")
    values = {
        "policy": f"default-src 'none'; script-src {_hash(script)}"
        + (f" {_hash(vega)} 'unsafe-eval'; style-src 'unsafe-inline'" if vega
           else f"; style-src {_hash(css)}")
        + "; img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'",
        "title": escape(show_safe(title)),
        "css": css,
        "data": encode(data),
        "scripts": (f"<script>{vega}</script>\n" if vega else "")
        + f'<script type="module">{script}</script>',
    }  # fmt: skip
    for at, part in enumerate(_PLACE.split(_read_file("report", "page.html"))):
        if at % 2 == 0:
            yield part
        elif part != "texts":
            yield values[part]
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


def read_scripts(package: str, *beginnings: str) -> str:
    """The scripts in a folder of pipelines whose names begin so, in the order of their names."""
    names = sorted(path.name for path in files(f"newsbeam.pipelines.{package}").iterdir())
    return "".join(
        _read_file(package, name)
        for name in names
        if name.endswith(".js") and name.startswith(beginnings)
    )


def _read_file(package: str, name: str) -> str:
    return (files(f"newsbeam.pipelines.{package}") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
