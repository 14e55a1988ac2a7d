"""The sources that come with newsbeam, and its sample articles, wherever it is installed."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

# The id of the two sample articles.
SAMPLE = "seeds"


def list_shipped() -> dict[str, Path]:
    """The config files of the shipped news sources, by id."""
    return {
        file.stem: file
        for file in sorted((_folder() / "sources").glob("*.yaml"))
        if file.name != "defaults.yaml"
    }


def find_shipped(name: str) -> Path | None:
    """The shipped config that ``name`` is the id of; the sample articles' too."""
    sample = _folder() / f"{SAMPLE}.yaml"
    return sample if name == SAMPLE else list_shipped().get(name)


def _folder() -> Path:
    return Path(str(resources.files("newsbeam.configs")))
