"""From globs to documents: finds the files of the sources, opens them, skips what is known."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import apache_beam as beam
from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems
from apache_beam.metrics import Metrics

from transforms.formats import FORMATS, read_documents, split_suffix
from transforms.identity import article_id
from transforms.input_file import InputFile
from transforms.outcomes import REJECTED, route
from transforms.records import Document, Rejection
from transforms.settings import Source
from transforms.tables.known import KnownVersion, NewestKnown, load_known
from transforms.tables.known_rows import Known
from transforms.tables.versions import is_outdated
from transforms.tally import FILES, ITEMS, add_to_tally

# Below this size (bytes) a file of many items is not worth reading more than once.
_LARGE_FILE = 1_000_000


@dataclass(frozen=True, slots=True)
class FileSet:
    """A source's globs. Relative ones are relative to ``folder``."""

    source: str
    globs: tuple[str, ...]
    folder: str


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a source, or the part ``shard`` of ``shards`` of its items.

    ``key`` is its path relative to the config, or its URL.
    """

    source: str
    path: str
    key: str
    shard: int = 0
    shards: int = 1


def match_files(files: FileSet, shards: int = 1) -> Iterator[FoundFile | Rejection]:
    """The files that the globs match, each once, in order; a rejection for a glob without any.

    Globs are those of Beam's file systems: ``*``, ``?``, ``[ab]``, and ``**`` for any depth. A
    large file of many items comes as that many ``shards``.
    """
    found: dict[str, list[FoundFile]] = {}
    for glob in files.globs:
        pattern = glob if "://" in glob else os.path.normpath(os.path.join(files.folder, glob))
        try:
            matches = FileSystems.match([pattern])[0].metadata_list
        except (BeamIOError, ValueError, OSError) as error:
            yield Rejection(files.source, "read", "unreadable", f"{pattern}: {error}", glob)
            continue
        if not matches:
            yield Rejection(
                files.source,
                "read",
                "no_files",
                f"no file matches {pattern}; correct `files` in the source's config",
                glob,
            )
        for match in matches:
            is_url = "://" in match.path
            key = (
                match.path if is_url else Path(os.path.relpath(match.path, files.folder)).as_posix()
            )
            parts = shards if _is_worth_sharing(match.path, match.size_in_bytes) else 1
            found[match.path] = [
                FoundFile(files.source, match.path, key, part, parts) for part in range(parts)
            ]
    for path in sorted(found):
        yield from found[path]


def _is_worth_sharing(path: str, size: int) -> bool:
    chosen = FORMATS.get(split_suffix(path)[0])
    return chosen is not None and chosen.holds_many and size >= _LARGE_FILE


def read_file(file: FoundFile, source: Source) -> Iterator[Document | Rejection]:
    """The documents in ``file``, or rejections of what cannot be read of it.

    A shard takes every n-th item. All shards read the whole file, which costs little beside what
    comes after, works for compressed files, and keeps line numbers right.
    """
    item = InputFile(
        source=file.source,
        path=file.path,
        key=file.key,
        timezone=ZoneInfo(source.timezone),
        max_bytes=source.extract.max_bytes,
    )
    try:
        stream = FileSystems.open(
            file.path,
            mime_type="application/octet-stream",
            compression_type=CompressionTypes.UNCOMPRESSED,
        )
    except (BeamIOError, OSError) as error:
        if file.shard == 0:
            yield item.reject("unreadable", str(error))
        return
    with stream:
        yield from islice(read_documents(stream, item), file.shard, None, file.shards)


class _MatchFiles(beam.DoFn):  # type: ignore[misc]
    def __init__(self, shards: int, tallies: str | None) -> None:
        self._shards = shards
        self._tallies = tallies

    def process(self, files: FileSet) -> Iterator[Any]:
        for outcome in match_files(files, self._shards):
            if isinstance(outcome, FoundFile):
                add_to_tally(self._tallies, FILES, int(outcome.shard == 0))
            else:
                Metrics.counter(files.source, "read").inc()
            yield route(outcome)


class _ReadFiles(beam.DoFn):  # type: ignore[misc]
    def __init__(
        self,
        sources: Mapping[str, Source],
        known: KnownVersion | NewestKnown | None,
        reprocess: bool,
        tallies: str | None,
    ) -> None:
        self._sources = sources
        self._known = known
        self._reprocess = reprocess
        self._tallies = tallies

    def process(self, file: FoundFile) -> Iterator[Any]:
        known = load_known(self._known) if self._known else Known()
        for outcome in read_file(file, self._sources[file.source]):
            Metrics.counter(file.source, "read").inc()
            add_to_tally(self._tallies, ITEMS)
            if isinstance(outcome, Document):
                provenance = outcome.provenance
                before = known.document(
                    provenance.known_as or article_id(provenance.source, provenance.key)
                )
                if before is not None and (
                    (before.document_hash == provenance.digest and not self._reprocess)
                    or is_outdated(provenance.fetched_at, before.fetched_at)
                ):
                    Metrics.counter(file.source, "known").inc()
                    continue
            yield route(outcome)


class ReadFiles(beam.PTransform):  # type: ignore[misc]
    """``FoundFile`` s to ``Document`` s; output ``REJECTED``; arguments as ``ReadDocuments``."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        known: KnownVersion | NewestKnown | None = None,
        reprocess: bool = False,
        tallies: str | None = None,
    ) -> None:
        super().__init__()
        self._do_fn = _ReadFiles(sources, known, reprocess, tallies)

    def expand(self, files: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return (
            files
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(self._do_fn).with_outputs(REJECTED, main="documents")
        )


class ReadDocuments(beam.PTransform):  # type: ignore[misc]
    """``FileSet`` s to ``Document`` s; output ``REJECTED`` holds what cannot be read.

    Only paths cross the shuffle that spreads the work; a large file of many items is spread over
    ``shards``. With ``known``, documents that the lake holds unchanged (unless ``reprocess``) or
    in a version that was fetched later are counted and left out.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        known: KnownVersion | None = None,
        reprocess: bool = False,
        shards: int = 1,
        tallies: str | None = None,
    ) -> None:
        super().__init__()
        self._sources = sources
        self._known = known
        self._reprocess = reprocess
        self._shards = shards
        self._tallies = tallies

    def expand(self, files: beam.PCollection) -> dict[str, beam.PCollection]:
        matched = files | "Match" >> beam.ParDo(
            _MatchFiles(self._shards, self._tallies)
        ).with_outputs(REJECTED, main="files")
        read = matched.files | ReadFiles(self._sources, self._known, self._reprocess, self._tallies)
        return {
            "documents": read.documents,
            REJECTED: (matched[REJECTED], read[REJECTED]) | beam.Flatten(),
        }
