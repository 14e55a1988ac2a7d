"""Read a WARC archive as segments: stretches of bytes that begin at a record.

A plain archive is one segment. In a compressed one every gzip member that begins with a record
begins a segment, so that damage to one record's member leaves the others alone.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from newsbeam.transforms.read.input_file import WHOLE, Stretch
from newsbeam.transforms.read.sites import SiteChooser

_CHUNK_BYTES = 65_536
# Of a member that may be passed over: its record's header, mostly.
_FIRST_BYTES = 2_048
_TRUSTED = 3  # Ours: so many members of one record each, and the next ones are believed to be.
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*(\d{1,18})[ \t]*\r?\n", re.IGNORECASE)
_HEAD_BYTES = 1024  # of a member, more than its first five bytes need
_RECORD_START = b"WARC/"
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")  # RFC 1952: magic, deflate, flags


class SegmentFault(NamedTuple):
    """Why a record is unusable: ``broken_record`` or ``truncated``, and what is wrong with it."""

    reason: str
    detail: str


TRUNCATED = SegmentFault(
    "truncated", "the archive ends within this record; fetch or write it again"
)


class Part(NamedTuple):
    """A piece of a segment: of the whole plain archive, or of members that begin a record.

    ``segment`` is the segment's offset in the file. ``damage`` ends a segment.
    """

    segment: int
    data: bytes
    damage: SegmentFault | None = None


def iterate_plain_part(file: BinaryIO) -> Iterator[Part]:
    """Read a plain archive from where the file stands."""
    while chunk := file.read(_CHUNK_BYTES):
        yield Part(0, chunk)


class _Inflater:
    """Reads a file's gzip members one after the other."""

    def __init__(self, file: BinaryIO, first: int = 0) -> None:
        self._file = file
        self._raw = b""  # read and not yet decompressed
        self._position = first  # of the end of _raw in the file

    def _refill(self) -> bool:
        chunk = self._file.read(_CHUNK_BYTES)
        self._raw += chunk
        self._position += len(chunk)
        return bool(chunk)

    @property
    def position(self) -> int:
        """Offset in the file of the first byte that is not yet decompressed."""
        return self._position - len(self._raw)

    def skip_padding(self) -> bool:
        """Skip zero bytes between members; false at the end of the file."""
        while True:
            self._raw = self._raw.lstrip(b"\0")
            if self._raw:
                return True
            if not self._refill():
                return False

    def find_member(self, after: int) -> bool:
        """Go to the next possible beginning of a member behind the offset ``after``.

        Bytes that were read already are looked at again where the file can seek.
        """
        if self._file.seekable():
            self._file.seek(after)
            self._raw, self._position = b"", after
        self._raw = self._raw[max(0, after - self.position) :]
        while True:
            found = _MEMBER.search(self._raw)
            if found:
                self._raw = self._raw[found.start() :]
                return True
            self._raw = self._raw[-3:]
            if not self._refill():
                return False

    def pass_over(self, most: int) -> bool:
        """Go behind the member whose rest is to be read next, without decompressing it: to the next
        one that begins a record, or the file's end. False where that is not within ``most`` bytes;
        then nothing has moved.

        In a member's data the beginning of another one is not to be met: five bytes of it and the
        word that it decompresses to would have to stand there by chance.
        """
        start = 0
        while True:
            found = _MEMBER.search(self._raw, start, most)
            if found and self.peek(found.start(), 5) != _RECORD_START:
                start = found.start() + 1
                continue
            if found or len(self._raw) >= most:
                self._raw = self._raw[found.start() :] if found else self._raw
                return found is not None
            start = max(start, len(self._raw) - 3)
            if not self._refill():
                self._raw = b""
                return True

    def peek(self, at: int, most: int) -> bytes:
        """The first bytes (``most``) of the member ``at`` bytes ahead; none where none is there."""
        while len(self._raw) < at + _HEAD_BYTES and self._refill():
            pass
        try:
            inflater = zlib.decompressobj(wbits=31)
            return inflater.decompress(self._raw[at : at + _HEAD_BYTES], most)
        except zlib.error:
            return b""

    def iterate_chunk(self, first: int) -> Iterator[bytes]:
        """Decompress one member, ``first`` bytes of it at first. ``zlib.error`` on damage,
        ``EOFError`` if the file ends first."""
        inflater, most = zlib.decompressobj(wbits=31), first
        while not inflater.eof:
            data = inflater.decompress(self._raw, most)
            most = _CHUNK_BYTES
            self._raw = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if data:
                yield data
            elif not inflater.eof and not self._raw and not self._refill():
                raise EOFError


class _Skipper:
    """Finds out where members can be passed over: where each holds one record, as those before it
    did."""

    def __init__(self, sites: SiteChooser) -> None:
        self.sites = sites
        self._whole = 0  # members in a row that were one record

    def judge(self, head: bytes) -> int | None:
        """How many bytes at most the rest of a member has that begins with ``head`` and is to be
        passed over; ``None`` where it is to be read."""
        size = _find_size(head)
        if size is None or self._whole < _TRUSTED or not self.sites.is_other(head):
            return None
        # Deflate makes nothing longer than by five bytes in 16 KiB (RFC 1951, 3.2.4).
        return size + size // 1024 + 256

    def note(self, head: bytes, size: int) -> None:
        """A member of ``size`` bytes that begins with ``head`` was read whole."""
        told = _find_size(head)
        is_one = told is not None and told <= size <= told + 4
        self._whole = self._whole + 1 if is_one else 0


def _find_size(head: bytes) -> int | None:
    """How many bytes the record has whose header stands in ``head``, but for its end."""
    end = _HEADER_END.search(head)
    length = _LENGTH.search(head, 0, end.end()) if end else None
    return end.end() + int(length[1]) if end and length else None


def iterate_gzip_part(
    file: BinaryIO, sites: SiteChooser | None = None, stretch: Stretch = WHOLE
) -> Iterator[Part]:
    """Decompress the ``stretch`` of an archive, at whose beginning ``file`` stands. A member that
    begins with ``WARC/`` begins a segment.

    Behind a damaged member, reading goes on at the next member that begins a record. Records that
    ``sites`` passes over are left out where each has a member of its own.
    """
    inflater = _Inflater(file, stretch.first)
    skipper = None if sites is None else _Skipper(sites)
    segment, recovering = stretch.first, False
    while inflater.skip_padding():
        if stretch.end is not None and inflater.position >= stretch.end:
            return
        member, head, has_begun, size = inflater.position, b"", False, 0
        first = b""
        is_passed = False
        damage: SegmentFault | None = None
        try:
            for chunk in inflater.iterate_chunk(_FIRST_BYTES if skipper else _CHUNK_BYTES):
                head += chunk
                size += len(chunk)
                if not has_begun and len(head) < len(_RECORD_START):
                    continue
                if not has_begun and head.startswith(_RECORD_START):
                    segment, recovering, first = member, False, head
                    most = skipper.judge(head) if skipper is not None else None
                    if skipper is not None and most is not None and inflater.pass_over(most):
                        skipper.sites.passed += 1
                        is_passed = True
                        break
                has_begun = True
                if not recovering:
                    yield Part(segment, head)
                head = b""
            if head and not recovering and not is_passed:
                yield Part(segment, head)
        except EOFError:
            damage = TRUNCATED
        except zlib.error as error:
            damage = SegmentFault("broken_record", f"the gzip member is damaged ({error})")
        if skipper is not None and not is_passed:
            skipper.note(first, 0 if damage else size)
        if damage and not recovering:
            # A member of its own that never began is not part of the segment before it.
            yield Part(segment if has_begun else member, b"", damage)
        if damage or recovering:
            recovering = True
            if not inflater.find_member(member + 1):
                return


def iterate_gzip_record(file: BinaryIO, after: int) -> Iterator[tuple[int, bytes]]:
    """Where the members lie that begin a record from ``after`` on, and how each begins."""
    inflater = _Inflater(file)
    while inflater.find_member(after):
        after = inflater.position + 1
        if (head := inflater.peek(0, _FIRST_BYTES)).startswith(_RECORD_START):
            yield inflater.position, head


def iterate_plain_record(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Where the records of a plain archive lie, and how each begins, as far as each tells where the
    next one is."""
    at = 0
    while True:
        file.seek(at)
        read = file.read(_FIRST_BYTES)
        head = read.lstrip(b"\r\n")
        at += len(read) - len(head)
        size = _find_size(head)
        if size is None or not head.startswith(_RECORD_START):
            return
        yield at, head
        at += size
