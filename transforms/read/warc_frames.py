"""Cut a WARC archive (ISO 28500) into records, and go on behind a damaged one.

The framing is ours because neither library does it: on a Content-Length that lies, on cut records
and on damaged gzip members, fastwarc and warcio either hand out the cut record as a whole one or
give up the rest of the archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import BinaryIO

from newsbeam.transforms.read.input_file import WHOLE, Stretch
from newsbeam.transforms.read.sites import SiteChooser
from newsbeam.transforms.read.warc_segments import (
    TRUNCATED,
    Part,
    SegmentFault,
    iterate_gzip_part,
    iterate_plain_part,
)

HEADER_BYTES = 65_536  # more than any header block, the WARC's or HTTP's, comes to
_RECORD_START = b"WARC/"
# Not only after a newline: a record that was cut off runs straight into the next one.
_NEXT_RECORD = re.compile(rb"WARC/\d\.\d{1,2}\r?\n(?:WARC|Content)-", re.IGNORECASE)
_NEXT_RECORD_BYTES = 24  # more than _NEXT_RECORD can match
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_CONTENT_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r?\n", re.IGNORECASE)
_RECORD_END = re.compile(rb"\r\n\r\n|\n\n")

_NO_RECORD = SegmentFault(
    "broken_record", "no WARC record here; skipped what comes before the next one"
)
_NO_HEADER_END = SegmentFault("broken_record", "the record's header does not end")
_NO_LENGTH = SegmentFault("broken_record", "the record has no valid Content-Length")
_WRONG_LENGTH = SegmentFault(
    "broken_record", "Content-Length does not lead to the end of the record"
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A record as it lies in the archive, or what is left of a damaged one.

    ``offset`` is the record's byte offset in the file; of a compressed archive the offset of its
    gzip member, with ``+`` and the offset in the decompressed member where that is not 0.
    ``header`` holds the version line and the named fields. ``block`` holds the whole content
    block or, where ``is_cut``, its first 64 KiB. ``fault`` tells why the record is unusable.
    """

    offset: str
    header: bytes = b""
    block: bytes = b""
    is_cut: bool = False
    fault: SegmentFault | None = None


class _Window:
    """The part of a segment that is in memory. ``position`` is that of its first byte."""

    def __init__(self, parts: Iterator[Part], file: BinaryIO | None, position: int = 0) -> None:
        self._parts = parts
        self._file = file  # a plain archive, which can be read again
        self.buffer = bytearray()
        self.position = position
        self.damage: SegmentFault | None = None

    def fill(self, size: int) -> bool:
        """Read until ``size`` bytes are there; false where the segment ends first."""
        while len(self.buffer) < size:
            part = next(self._parts, None)
            if part is None:
                return False
            self.damage = self.damage or part.damage
            self.buffer += part.data
        return True

    def drop(self, size: int) -> bool:
        """Drop ``size`` bytes, in memory or yet to be read; false where the segment ends first."""
        while size > len(self.buffer):
            size -= len(self.buffer)
            self.position += len(self.buffer)
            self.buffer.clear()
            if not self.fill(1):
                return False
        del self.buffer[:size]
        self.position += size
        return True

    def drop_newlines(self) -> None:
        while self.fill(1) and self.buffer[0] in b"\r\n":
            self.drop(len(self.buffer) - len(self.buffer.lstrip(b"\r\n")))

    def find_header_end(self) -> int | None:
        """Return the length of the header block with its empty line."""
        size = 0
        while size < HEADER_BYTES:
            size += 4096
            is_all = not self.fill(size)
            found = _HEADER_END.search(self.buffer)
            if found:
                return found.end()
            if is_all:
                return None
        return None

    def rewind(self, position: int) -> None:
        """Move to ``position``, or stay where what was dropped cannot be read again."""
        if position >= self.position:
            self.drop(position - self.position)
        elif self._file is not None and self._file.seekable():
            self._file.seek(position)
            self._parts = iterate_plain_part(self._file)
            self.buffer.clear()
            self.position = position

    def find_record(self) -> bool:
        """Go to the next version line behind this byte, or to the segment's end."""
        while True:
            found = _NEXT_RECORD.search(self.buffer, 1)
            if found:
                return self.drop(found.start())
            self.drop(max(0, len(self.buffer) - _NEXT_RECORD_BYTES))
            if not self.fill(len(self.buffer) + 1):
                self.drop(len(self.buffer))
                return False


def _ends_record(window: _Window, end: int) -> bool:
    """Whether a record may end at ``end`` in the window: before an empty line, a record, nothing.

    Looks far enough to reach the end of a gzip member, where its checksum is verified.
    """
    window.fill(end + 4)
    if _RECORD_END.match(window.buffer, end):
        return window.fill(end + 5) or window.damage is None
    # Some writers leave out one of the two newlines, or both, or use bare ones.
    for _ in range(4):
        if window.fill(end + 1) and window.buffer[end] in b"\r\n":
            end += 1
    window.fill(end + 5)
    rest = window.buffer[end : end + 5]
    return rest == _RECORD_START or (not rest and window.damage is None)


def _read_frame(
    window: _Window,
    offset: str,
    max_bytes: int,
    sites: SiteChooser | None = None,
) -> Frame | None:
    """Read the record at the window's beginning and move behind it; ``None`` where it is whole and
    passed over.

    Behind a fault the window stands at the end of the record's header, or as near to it as the
    archive can go back, so that the next record can be looked for.
    """
    size = window.find_header_end()
    if not window.buffer.startswith(_RECORD_START):
        return Frame(offset, fault=window.damage or _NO_RECORD)
    if size is None:
        return Frame(offset, bytes(window.buffer), fault=window.damage or _NO_HEADER_END)
    header = bytes(window.buffer[:size])
    if _NEXT_RECORD.search(header, 1):
        return Frame(offset, header, fault=_NO_HEADER_END)
    found = _CONTENT_LENGTH.search(header)
    if found is None:
        window.drop(size - 1)
        return Frame(offset, header, fault=_NO_LENGTH)
    length, start = int(found[1]), window.position
    is_passed = sites is not None and sites.is_other(header)
    is_cut = is_passed or length > max_bytes
    kept = min(length, HEADER_BYTES) if is_cut else length
    is_whole = window.fill(size + kept)
    block = bytes(window.buffer[size : size + kept])
    if is_cut:
        is_whole = window.drop(size + length)
    end = 0 if is_cut else size + length
    if is_whole and _ends_record(window, end):
        window.drop(end)
        if sites is not None and is_passed:
            sites.passed += 1
            return None
        return Frame(offset, header, block, is_cut)
    window.rewind(start + size - 1)
    return Frame(offset, header, block, is_cut, window.damage or _WRONG_LENGTH)


def iterate_frame(
    file: BinaryIO,
    max_bytes: int,
    compressed: bool,
    sites: SiteChooser | None = None,
    stretch: Stretch = WHOLE,
) -> Iterator[Frame]:
    """Yield the records in the ``stretch`` of an archive that begins at offset 0 of ``file``, and
    its faults, but for those that ``sites`` passes over.

    A block of more than ``max_bytes`` bytes is cut. A damaged record yields one frame with a
    ``fault``; reading goes on at the next version line, in a compressed archive at the latest at
    the next gzip member that begins with one.
    """
    if stretch.first:
        file.seek(stretch.first)
    parts = iterate_gzip_part(file, sites, stretch) if compressed else iterate_plain_part(file)
    for segment, group in groupby(parts, key=lambda part: part.segment):
        window = _Window(group, *((None, 0) if compressed else (file, stretch.first)))
        is_reported = False
        while True:
            window.drop_newlines()
            is_behind = stretch.end is not None and window.position >= stretch.end
            if not window.buffer or (is_behind and not compressed):
                break
            position = window.position
            plus = f"+{position}" if compressed and position else ""
            where = f"{segment if compressed else position}{plus}"
            frame = _read_frame(window, where, max_bytes, sites)
            if frame is None:
                continue
            if frame.fault is not None:
                is_reported = is_reported or frame.fault is window.damage
                is_last = not window.find_record()
                if is_last and not compressed and frame.fault in (_WRONG_LENGTH, _NO_HEADER_END):
                    frame = replace(frame, fault=TRUNCATED)
            yield frame
        if window.damage is not None and not is_reported:
            yield Frame(str(segment), fault=window.damage)
