"""Lists of names as this project writes them: sections of names apart by commas."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def read_fact(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (section, name) of a list: the section is what stands between [ and ]."""
    kind = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            yield from ((kind, name.strip()) for name in line.split(",") if name.strip())
