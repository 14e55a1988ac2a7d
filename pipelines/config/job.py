"""What configs add up to, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import Source


@dataclass(frozen=True, order=True)
class Fault:
    """What is wrong in a config, where, and what to do."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return (
            f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"
        )


class ConfigError(NewsbeamError):
    """All faults of all configs that were read."""

    is_usage = True

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


class Languages(dict[str, Language]):
    """Languages by code: those that ``load_shipped`` (a function of a module) returns, and ``own``.

    The former are loaded, not packed, where the object is unpacked: a run packs what its stages
    need many times, and words and names are most of that.
    """

    def __init__(
        self, load_shipped: Callable[[], Mapping[str, Language]], own: Mapping[str, Language]
    ) -> None:
        super().__init__({**load_shipped(), **own})
        self._made_of = load_shipped, own

    def __reduce__(self) -> tuple[type[Languages], tuple[Any, ...]]:
        """How to make it again."""
        return Languages, self._made_of


@dataclass(frozen=True)
class Job:
    """What the configs add up to. ``files`` maps a source's id to its config file."""

    sources: tuple[Source, ...]
    files: dict[str, Path]
    languages: Mapping[str, Language]

    @property
    def folders(self) -> dict[str, Path]:
        """The folders of the config files, which relative paths in them start from."""
        return {source: file.parent for source, file in self.files.items()}

    def __repr__(self) -> str:
        return f"Job({', '.join(source.id for source in self.sources)})"
