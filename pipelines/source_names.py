"""What sources are called: runs keep it beside the tables, which know ids alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from newsbeam.transforms.files import write_file

_NAMES = "source_names.json"


def note_source_names(cache: Path, names: Mapping[str, str]) -> None:
    """Keep in mind what each source of the lake is called, for people who look at it."""
    before = read_source_names(cache)
    if any(before.get(source) != name for source, name in names.items()):
        with suppress(OSError):
            write_file(
                cache / _NAMES,
                json.dumps({**before, **names}, ensure_ascii=False).encode(),
            )


def read_source_names(cache: Path) -> dict[str, str]:
    """The names that ``note_source_names`` kept, by source."""
    with suppress(OSError, ValueError, AttributeError):
        found = json.loads((cache / _NAMES).read_bytes())
        return {str(source): str(name) for source, name in found.items()}
    return {}
