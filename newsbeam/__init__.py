"""newsbeam: news articles in; clean text, entities, quotes, statements and partitioned Parquet out.

docs/python.md shows what can be done with what stands here. A name is imported when it is first
used: ``import newsbeam`` itself costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsbeam.pipelines.annotate import Annotation
    from newsbeam.pipelines.config.job import ConfigError, Job
    from newsbeam.pipelines.door.jobs import ingest, load_sources
    from newsbeam.pipelines.door.lake import OpenLake as Lake
    from newsbeam.pipelines.door.pages import clean, extract, preview, read_feed
    from newsbeam.pipelines.door.texts import annotate
    from newsbeam.pipelines.preview.examine import Examination
    from newsbeam.pipelines.runners.options import RunFailed
    from newsbeam.pipelines.status.gather import Status
    from newsbeam.pipelines.summary import Summary
    from newsbeam.transforms.errors import (
        NewsbeamError,
        NoLakeError,
        RejectedError,
        UnknownSourceError,
    )
    from newsbeam.transforms.records import (
        Article,
        Block,
        Entity,
        Entry,
        Heading,
        Metadata,
        ParsedFeed,
        Provenance,
        Quote,
        RemovedLine,
        Segment,
        Statement,
    )
    from newsbeam.transforms.settings.source import Source

    __version__: str

__all__ = [
    "Annotation", "Article", "Block", "ConfigError", "Entity", "Entry", "Examination", "Heading",
    "Job", "Lake", "Metadata", "NewsbeamError", "NoLakeError", "ParsedFeed", "Provenance", "Quote",
    "RejectedError", "RemovedLine", "RunFailed", "Segment", "Source", "Statement", "Status",
    "Summary", "UnknownSourceError", "__version__", "annotate", "clean", "extract", "ingest",
    "load_sources", "preview", "read_feed",
]  # fmt: skip

# Where each name is at home: what stands above, for when it is used (a test compares them).
_HOMES = {
    "newsbeam.pipelines.annotate": "Annotation",
    "newsbeam.pipelines.config.job": "ConfigError Job",
    "newsbeam.pipelines.door.jobs": "ingest load_sources",
    "newsbeam.pipelines.door.lake": "OpenLake",
    "newsbeam.pipelines.door.pages": "clean extract preview read_feed",
    "newsbeam.pipelines.door.texts": "annotate",
    "newsbeam.pipelines.preview.examine": "Examination",
    "newsbeam.pipelines.runners.options": "RunFailed",
    "newsbeam.pipelines.status.gather": "Status",
    "newsbeam.pipelines.summary": "Summary",
    "newsbeam.transforms.errors": "NewsbeamError NoLakeError RejectedError UnknownSourceError",
    "newsbeam.transforms.records": "Article Block Entity Entry Heading Metadata ParsedFeed "
    "Provenance Quote RemovedLine Segment Statement",
    "newsbeam.transforms.settings.source": "Source",
}


if not TYPE_CHECKING:  # else all names were known to type checkers, also wrong ones

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            value = import_module("importlib.metadata").version("newsbeam")
        else:
            theirs = "OpenLake" if name == "Lake" else name
            homes = [home for home, names in _HOMES.items() if theirs in names.split()]
            if not homes or name not in __all__:
                raise AttributeError(f"module 'newsbeam' has no attribute {name!r}")
            value = getattr(import_module(homes[0]), theirs)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
