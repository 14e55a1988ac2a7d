"""Files below ``<lake>/_cache``: copies of what the tables say, which may vanish at any time."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

FOLDER = "_cache"


def write_cache_file(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: readers see all of it or what was there before.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{uuid.uuid4().hex}.new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # else a power cut may leave the name without the content
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)
