"""From globs to documents: finds the files of the sources, opens them, skips what is known."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from apache_beam.io.filesystem import BeamIOError, CompressionTypes, FileSystem
from apache_beam.io.filesystems import FileSystems

from newsbeam.transforms.lake.known import Known, KnownVersion, NewestKnown, is_outdated, load_known
from newsbeam.transforms.lake.object_path import ObjectPath
from newsbeam.transforms.read.cuts import cut_archive
from newsbeam.transforms.read.formats import FORMATS, read_documents, split_suffix
from newsbeam.transforms.read.input_file import WHOLE, InputFile, Stretch
from newsbeam.transforms.read.row_fields import NAMELESS
from newsbeam.transforms.read.sites import choose_sites
from newsbeam.transforms.records import Count, Document, Rejection
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.identity import article_id

# Below this size (bytes) a file of many items is not worth reading more than once.
_LARGE_FILE = 1_000_000
_ARCHIVE = ".warc"
# Bytes that a request asks for of an archive on an object store. Ours.
_READ_AT_ONCE = 8_000_000
# Ours: of fields that mean nothing so many are told by name, and by so many letters of it: names
# may be data.
_MOST_NAMES = 50
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class FileSet:
    """A source's globs. Relative ones are relative to ``folder``, or to a lake on an object store,
    whose archive they find. What lies at ``apart`` is read in stretches, and not as one."""

    source: str
    globs: tuple[str, ...]
    folder: str | ObjectPath
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of a source, or the part ``shard`` of ``shards`` of its items; of an archive, those in
    the ``stretch``.

    ``key`` is its path relative to the config, or its URL. ``size`` and ``changed`` (seconds since
    1970) are what its file system says, if it does.
    """

    source: str
    path: str | ObjectPath
    key: str
    shard: int = 0
    shards: int = 1
    stretch: Stretch = WHOLE
    size: int = 0
    changed: float = 0.0


def match_files(files: FileSet, shards: int = 1) -> Iterator[FoundFile | Rejection]:
    """The files that the globs match, each once, in order; a rejection for a glob without any.

    Globs are those of Beam's file systems: ``*``, ``?``, ``[ab]``, and ``**`` for any depth, the
    folder that it stands in among them. A large file of many items comes as that many ``shards``.
    A link to nothing that a glob matches is ``unreadable``.
    """
    if isinstance(files.folder, ObjectPath):
        yield from _match_objects(files.source, files.globs, files.folder, shards)
        return
    found: dict[str, list[FoundFile]] = {}
    broken: set[str] = set()
    for glob in files.globs:
        pattern = glob if "://" in glob else os.path.normpath(os.path.join(files.folder, glob))
        patterns = _match_no_folder(pattern)
        try:
            matches = [m for r in FileSystems.match(patterns) for m in r.metadata_list]
        except (BeamIOError, ValueError, OSError) as error:
            yield Rejection(files.source, "read", "unreadable", f"{pattern}: {error}", glob)
            continue
        dangling = _find_dangling(patterns, {match.path for match in matches})
        for link in sorted(dangling - broken):
            told = f"a link to {os.readlink(link)}, which is not there"
            yield Rejection(files.source, "read", "unreadable", told, link)
        broken |= dangling
        if not matches and not dangling:
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
            size, changed = match.size_in_bytes, match.last_updated_in_seconds or 0.0
            parts = shards if _is_worth_sharing(match.path, size) else 1
            found[match.path] = [
                FoundFile(files.source, match.path, key, part, parts, WHOLE, size, changed)
                for part in range(parts)
            ]
    for path in sorted(found.keys() - files.apart):
        yield from found[path]


def _match_no_folder(pattern: str) -> list[str]:
    """``pattern``, and it without each ``**/``: Beam's stands for one folder or more."""
    *folders, name = pattern.split("/")
    choices = [(folder,) if folder != "**" else (folder, None) for folder in folders]
    chosen = ([part for part in parts if part is not None] for parts in product(*choices))
    return list(dict.fromkeys("/".join([*parts, name]) for parts in chosen))


def _find_dangling(patterns: Iterable[str], matched: Set[str]) -> set[str]:
    """The links to nothing on this machine that ``patterns`` match, which Beam passes over: they
    are not ``matched``."""
    found: set[str] = set()
    for pattern in patterns:
        fixed = re.match(r"[^[*?]*", pattern)
        if "://" in pattern or fixed is None or fixed[0] == pattern:
            continue
        wanted = re.compile(FileSystem.translate_pattern(pattern))
        deepest = None if "**" in pattern else pattern.count("/")
        for folder, inner, names in os.walk(os.path.dirname(fixed[0])):
            if folder.count("/") + 1 == deepest:
                inner.clear()
            others = {os.path.join(folder, name) for name in names} - matched
            found |= {path for path in others if wanted.match(path) and os.path.islink(path)}
    return {path for path in found if not os.path.exists(path)}


def find_archives(files: FileSet, least: int) -> list[FoundFile]:
    """The WARC archives of at least ``least`` bytes that the globs match."""
    suffixes = (split_suffix(glob)[0] for glob in files.globs)
    if all(suffix in FORMATS and suffix != _ARCHIVE for suffix in suffixes):
        return []  # no need to look
    return [
        found
        for found in match_files(files)
        if isinstance(found, FoundFile)
        and found.size >= least
        and split_suffix(str(found.path))[0] == _ARCHIVE
    ]


def cut_file(file: FoundFile, length: int) -> list[FoundFile]:
    """An archive in stretches of some ``length`` bytes; as it is where it cannot be cut or read."""
    try:
        with _open_file(file.path) as stream:
            if not stream.seekable():
                return [file]
            compressed = split_suffix(str(file.path))[1]
            stretches = cut_archive(stream, file.size, length, compressed)
    except (BeamIOError, OSError):
        return [file]  # reading it will tell
    return [replace(file, stretch=stretch) for stretch in stretches]


def share_files(files: Iterable[FoundFile], shards: int) -> Iterator[FoundFile | Count]:
    """Each stretch of a file as ``shards`` parts of its items; a file's first one counts it."""
    for file in files:
        if file.stretch.first == 0:
            yield Count(file.source, "files")
        for shard in range(shards):
            yield replace(file, shard=shard, shards=shards)


def _match_objects(
    source: str, globs: Iterable[str], place: ObjectPath, shards: int
) -> Iterator[FoundFile]:
    for path in sorted({path for glob in globs for path in place.glob(glob)}):
        key = str(path).removeprefix(f"{place}/")
        parts = shards if _is_worth_sharing(path.name, path.read_size()) else 1
        for part in range(parts):
            yield FoundFile(source, path, key, part, parts)


def _open_file(path: str | ObjectPath) -> BinaryIO:
    if isinstance(path, ObjectPath):
        return path.open(buffering=_READ_AT_ONCE)
    opened: BinaryIO = FileSystems.open(
        path,
        mime_type="application/octet-stream",
        compression_type=CompressionTypes.UNCOMPRESSED,
    )
    return opened


def _is_worth_sharing(path: str, size: int) -> bool:
    chosen = FORMATS.get(split_suffix(path)[0])
    return chosen is not None and chosen.holds_many and size >= _LARGE_FILE


def read_file(file: FoundFile, source: Source) -> Iterator[Document | Rejection | Count]:
    """The documents in ``file``, or rejections of what cannot be read of it; and, behind them, how
    many records were passed over: of sites that nobody wants (``left_out:other_site``), and of
    archives what is no page (``other_type``) or no good answer (``other_status``).

    A shard takes every n-th item. All shards read the whole file, which costs little beside what
    comes after, works for compressed files, and keeps line numbers right.
    """
    item = InputFile(
        source=file.source,
        path=str(file.path),
        key=file.key,
        timezone=ZoneInfo(source.timezone),
        max_bytes=source.extract.max_bytes,
        fields=source.fields,
        sites=choose_sites(source),
        stretch=file.stretch,
    )
    try:
        stream = _open_file(file.path)
    except (BeamIOError, OSError) as error:
        if file.shard == 0:
            yield item.reject("unreadable", str(error))
        return
    with stream:
        yield from islice(read_documents(stream, item), file.shard, None, file.shards)
    if file.shard == 0:
        if item.sites is not None and item.sites.passed:
            yield Count(file.source, "left_out:other_site", item.sites.passed)
        for why, number in sorted(item.passed.items()):
            yield Count(file.source, f"left_out:{why}", number)


def find_files(sets: Iterable[FileSet], shards: int = 1) -> Iterator[FoundFile | Rejection | Count]:
    """What ``match_files`` finds of each of ``sets``, and counts: ``files``, and what is there and
    cannot be read as ``read``."""
    for files in sets:
        for outcome in match_files(files, shards):
            if isinstance(outcome, Rejection):
                if outcome.reason != "no_files":
                    yield Count(files.source, "read")
            elif outcome.shard == 0:
                yield Count(files.source, "files")
            yield outcome


def read_files(
    files: Iterable[FoundFile],
    sources: Mapping[str, Source],
    known: KnownVersion | NewestKnown | None = None,
    reprocess: bool = False,
) -> Iterator[Document | Rejection | Count]:
    """What ``read_file`` finds in each of ``files``, and counts of it: ``read``, and for fields of
    rows that mean nothing ``unread:NAME``.

    Of rows of one file that have one id and differ the last is the document; the others are
    counted as ``left_out:duplicate_id``.
    With ``known``, documents that the lake holds unchanged (unless ``reprocess``) or in a version
    that was fetched later are counted as ``known`` and left out.
    """
    held = load_known(known) if known else None
    names: set[str] = set()
    for file in files:
        copies = _Copies(file, sources[file.source])
        for outcome in read_file(file, sources[file.source]):
            if isinstance(outcome, Count):
                yield outcome
                continue
            is_known = isinstance(outcome, Document) and _is_known(outcome, held, reprocess)
            if isinstance(outcome, Document) and not is_known and copies.has_later(outcome):
                yield Count(outcome.provenance.source, "left_out:duplicate_id")
                continue
            source = outcome.provenance.source if isinstance(outcome, Document) else outcome.source
            yield Count(source, "read")
            if isinstance(outcome, Document):
                yield from _count_unread(outcome, names)
            if is_known:
                yield Count(source, "known")
            else:
                yield outcome


class _Copies:
    """Which rows of ``file`` a later one with the same id replaces. It reads the file once more, at
    the first row that is asked for: in a file that has not changed none is."""

    def __init__(self, file: FoundFile, source: Source) -> None:
        self._whole = replace(file, shard=0, shards=1)
        self._source = source
        self._last: dict[bytes, str] | None = None

    def has_later(self, document: Document) -> bool:
        """Whether another row, behind this one, says something else of the same id."""
        if not _is_row(document, self._whole):
            return False
        if self._last is None:
            self._last = self._find_last()
        digest = document.provenance.digest
        return self._last.get(_mark_id(document), digest) != digest

    def _find_last(self) -> dict[bytes, str]:
        """The digests of the last rows of those ids that stand in several."""
        seen: set[bytes] = set()
        last: dict[bytes, str] = {}
        for outcome in read_file(self._whole, self._source):
            if isinstance(outcome, Document):
                mark = _mark_id(outcome)
                if mark in seen:
                    last[mark] = outcome.provenance.digest
                seen.add(mark)
        return last


def _is_row(document: Document, file: FoundFile) -> bool:
    """Captures in archives, which have times of their own, are none."""
    chosen = FORMATS.get(split_suffix(str(file.path))[0])
    return chosen is not None and chosen.holds_many and document.provenance.fetched_at is None


def _mark_id(document: Document) -> bytes:
    """Eight bytes for an id, as a file may have millions."""
    identity = article_id(document.provenance.source, document.provenance.key)
    return bytes.fromhex(identity[:16])


def _count_unread(document: Document, names: set[str]) -> Iterator[Count]:
    for name in document.unread:
        if len(names) < _MOST_NAMES:
            names.add(name)
        shown = (name[:_LONGEST_NAME] or NAMELESS) if name in names else "(other names)"
        yield Count(document.provenance.source, f"unread:{shown}")


def _is_known(document: Document, held: Known | None, reprocess: bool) -> bool:
    if held is None:
        return False
    provenance = document.provenance
    before = held.document(provenance.known_as or article_id(provenance.source, provenance.key))
    if before is None:
        return False
    is_same = before.document_hash == provenance.digest and not reprocess
    return is_same or is_outdated(provenance.fetched_at, before.fetched_at)
