"""What `newsbeam check` found, and the note of it for whoever asks later."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from newsbeam.transforms.files import write_file
from newsbeam.transforms.lake.object_path import LakePath

_NOTE = "check.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a lake: its ``kind`` (a stable word), the file, what is wrong with it,
    what that means for the rows (``rows``: how many, where that is known), and what to do.

    ``is_damage`` is false for what costs nothing and goes by itself.
    """

    kind: str
    file: LakePath
    what: str
    meaning: str
    remedy: str
    rows: int | None = None
    is_damage: bool = True

    def __str__(self) -> str:
        return f"{self.file} {self.what}: {self.meaning}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class LastCheck:
    """When a lake was last checked, whether every page was read, and what was damaged."""

    at: datetime
    is_deep: bool
    damage: tuple[str, ...]


def note_check(cache: Path, check: LastCheck) -> None:
    """Keep what was found in the folder ``cache``. Where it cannot be written, nobody will know."""
    note = asdict(check) | {"at": check.at.isoformat()}
    with suppress(OSError):
        write_file(cache / _NOTE, json.dumps(note).encode())


def read_last_check(cache: Path) -> LastCheck | None:
    """What the last check found; ``None`` where there was none."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads((cache / _NOTE).read_bytes())
        at = datetime.fromisoformat(note["at"])
        if at.tzinfo is not None:
            return LastCheck(at, bool(note["is_deep"]), tuple(map(str, note["damage"])))
    return None


def forget_check(cache: Path) -> None:
    """Forget what the last check found, after it was mended."""
    (cache / _NOTE).unlink(missing_ok=True)
