"""Which source's settings an article is read with."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from newsbeam.pipelines.config.load import (
    DEFAULTS_FILE,
    LANGUAGE_FOLDER,
    RULE_FILE_SUFFIX,
    SUFFIXES,
    load_job,
    load_shipped_languages,
    load_unnamed,
)
from newsbeam.pipelines.config.yaml_lines import YamlError, parse_yaml
from newsbeam.transforms.errors import UnknownSourceError
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import Source


@dataclass(frozen=True, slots=True)
class ChosenSource:
    """A source, the languages for it, and its config file; ``None``: there is none."""

    source: Source
    languages: Mapping[str, Language]
    file: Path | None = None


def choose_source(wanted: Source | Path | str | None, folder: Path | None = None) -> ChosenSource:
    """The source that ``wanted`` names: a config file, or the id of one in ``folder`` or a folder
    right in it. Without a ``folder``, that is ``configs`` if it is there, else this one.

    ``None`` for ``wanted`` gives a source with the defaults of all settings; a ``Path`` of a folder
    one with those of its defaults.yaml, and its languages; a source is itself.

    Raises:
        UnknownSourceError: there is no such id or path.
        ConfigError: the source's config has faults.
    """
    if wanted is None:
        return ChosenSource(*load_unnamed())
    if isinstance(wanted, Source):
        return ChosenSource(wanted, load_shipped_languages())
    path = Path(wanted)
    if isinstance(wanted, Path):
        if path.is_dir():
            return ChosenSource(*load_unnamed(path))
        if not path.is_file():
            raise UnknownSourceError(f"{path}: no such file or folder")
    file = (
        path
        if path.suffix in SUFFIXES or path.is_file()
        else _find_config(str(wanted), folder or _usual_folder())
    )
    job = load_job([file])
    return ChosenSource(job.sources[0], job.languages, job.files[job.sources[0].id])


def _usual_folder() -> Path:
    return Path("configs") if Path("configs").is_dir() else Path()


def _find_config(source: str, folder: Path) -> Path:
    found = dict(_list_id(folder))
    if source in found:
        return found[source]
    near = difflib.get_close_matches(source, found, n=1)
    hint = (
        f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(found)) or 'none'}"
    )
    raise UnknownSourceError(
        f"no config in {folder} has the id {source!r}; {hint} (--configs names another folder)"
    )


def _list_id(folder: Path) -> Iterator[tuple[str, Path]]:
    """The ids of the sources in ``folder``, without checking their configs: a fault of
    one is no reason not to find another."""
    for file in sorted([*folder.glob("*"), *folder.glob("*/*")]):
        if (
            file.suffix not in SUFFIXES
            or file.name == DEFAULTS_FILE
            or file.name.endswith(RULE_FILE_SUFFIX)
            or file.parent.name == LANGUAGE_FOLDER
            or not file.is_file()
        ):
            continue
        try:
            data = parse_yaml(file.read_text(encoding="utf-8")).data
        except (OSError, UnicodeDecodeError, YamlError):
            continue
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            yield data["id"], file
