"""The shipped sources as rows to look at, and as files of one's own."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from newsbeam.pipelines.config.load import DEFAULTS_FILE, load_job
from newsbeam.pipelines.config.shipped import list_shipped
from newsbeam.transforms.errors import NewsbeamError, UnknownSourceError

# For editors, in the repository alone.
_SCHEMA = "# yaml-language-server: $schema=../source.schema.json\n"


class FileIsThereError(NewsbeamError):
    """A file that would be written is there already."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source: its id, its name, the tag of its language, and how many feeds it has."""

    id: str
    name: str | None
    language: str | None
    feeds: int


def list_rows() -> list[SourceRow]:
    """A row for each shipped source, by id."""
    job = load_job(list(list_shipped().values()))
    rows = [SourceRow(one.id, one.name, one.language, len(one.feeds)) for one in job.sources]
    return sorted(rows, key=lambda row: row.id)


def copy_sources(ids: Sequence[str], folder: Path) -> list[Path]:
    """Copy the configs of shipped sources into ``folder``, which is made if it is not there, and
    the defaults for them where it has none. All or none.

    Raises:
        UnknownSourceError: there is no such source; the message has a near one.
        FileIsThereError: ``folder`` has a file of that name.
        OSError: a file cannot be written.
    """
    shipped = list_shipped()
    for name in ids:
        if name not in shipped:
            near = difflib.get_close_matches(name, shipped, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UnknownSourceError(
                f"no source {name!r} comes with newsbeam{hint} (newsbeam source list)"
            )
    copies = {shipped[name]: folder / shipped[name].name for name in ids}
    for target in copies.values():
        if target.exists():
            raise FileIsThereError(f"{target} is there already: edit it, or delete it first")
    defaults = folder / DEFAULTS_FILE
    if not defaults.exists():
        copies[next(iter(copies)).parent / DEFAULTS_FILE] = defaults
    folder.mkdir(parents=True, exist_ok=True)
    for origin, target in copies.items():
        text = origin.read_text(encoding="utf-8")
        target.write_text(text.removeprefix(_SCHEMA), encoding="utf-8")
    return list(copies.values())
