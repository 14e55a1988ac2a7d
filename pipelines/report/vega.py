"""Vega, which draws the charts: bundled once for each version of it, which takes longer than all
else of a report, and kept in the user's own folder for what may vanish."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from newsbeam.pipelines.extras import need_extra
from newsbeam.transforms.files import write_file
from newsbeam.transforms.lake.machine import user_cache

with need_extra("report", "the report"):
    import vl_convert

# What must not stand in a script element (HTML, "Restrictions for contents of script elements").
# In a JavaScript string, the only place where it could, a backslash within changes nothing.
_ENDINGS = re.compile(r"<(?=!--|/script)", re.IGNORECASE)


@cache
def make_vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as a script that sets ``window.vegaEmbed`` and no more."""
    # Not in the lake: what others may write there must not run in a reader's browser.
    place = user_cache() / f"vega-{version('vl-convert-python')}.js"
    kept = _read(place)
    if kept is not None:
        return kept
    bundle = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    safe = _ENDINGS.sub(r"<\\", bundle)
    script = f"(() => {{{safe}\n}})();"
    with suppress(OSError):  # a machine that keeps nothing
        write_file(place, f"{_digest(script)}\n{script}".encode())
    return script


def _read(place: Path) -> str | None:
    """The script that was kept there, if it is whole."""
    try:
        digest, _, script = place.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return script if digest == _digest(script) else None


def _digest(script: str) -> str:
    return hashlib.sha256(script.encode()).hexdigest()
