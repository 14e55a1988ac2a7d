"""What runs note of sources beside the tables, which know ids alone: JSON, by source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from newsbeam.transforms.files import write_file

RENAMED = "renamed.json"


class SourceNotes(StrEnum):
    """The notes' files: what each source is called, and which config it had last."""

    NAMES = "source_names.json"
    CONFIGS = "configs.json"


def keep_notes(cache: Path, kind: SourceNotes, notes: Mapping[str, str]) -> None:
    """Keep ``notes``, by source, for whoever comes without the configs; others stay."""
    before = read_notes(cache, kind)
    if any(before.get(source) != note for source, note in notes.items()):
        with suppress(OSError):  # a run goes on without
            write_file(cache / kind, json.dumps({**before, **notes}, ensure_ascii=False).encode())


def rename_note(cache: Path, kind: SourceNotes, old: str, new: str) -> None:
    """Keep what is noted of the source ``old`` as of ``new``, unless that has a note of its own."""
    notes = read_notes(cache, kind)
    if old in notes:
        moved = {new: notes.pop(old), **notes}
        with suppress(OSError):
            write_file(cache / kind, json.dumps(moved, ensure_ascii=False).encode())


def note_renamed(cache: Path, old: str, new: str) -> None:
    """Keep that the source ``old`` is called ``new`` now, for whoever still comes as ``old``."""
    notes = {was: new if now == old else now for was, now in read_notes(cache, RENAMED).items()}
    notes = {was: now for was, now in ({**notes, old: new}).items() if was != now}
    with suppress(OSError):
        write_file(cache / RENAMED, json.dumps(notes, ensure_ascii=False).encode())


def read_notes(cache: Path, kind: str) -> dict[str, str]:
    """The notes of a kind by source: a ``SourceNotes``, or ``RENAMED``, what old ids became."""
    with suppress(OSError, ValueError, AttributeError):
        found = json.loads((cache / kind).read_bytes())
        return {str(source): str(note) for source, note in found.items()}
    return {}
