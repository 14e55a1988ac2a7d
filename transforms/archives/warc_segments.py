"""Read a WARC archive as segments: stretches of bytes that begin at a record.

A plain archive is one segment. In a compressed one every gzip member that begins with a record
begins a segment, so that damage to one record's member leaves the others alone.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_CHUNK_BYTES = 65_536
_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00-\x1f]")  # RFC 1952: magic, deflate, flags


class Fault(NamedTuple):
    """Why a record is unusable: ``broken_record`` or ``truncated``, and what is wrong with it."""

    reason: str
    detail: str


TRUNCATED = Fault("truncated", "the archive ends within this record; fetch or write it again")


class Part(NamedTuple):
    """A piece of a segment: of the whole plain archive, or of members that begin a record.

    ``segment`` is the segment's offset in the file. ``damage`` ends a segment.
    """

    segment: int
    data: bytes
    damage: Fault | None = None


def iterate_plain_part(file: BinaryIO) -> Iterator[Part]:
    """Read a plain archive from where the file stands."""
    while chunk := file.read(_CHUNK_BYTES):
        yield Part(0, chunk)


class _Inflater:
    """Reads a file's gzip members one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._raw = b""  # read and not yet decompressed
        self._position = 0  # of the end of _raw in the file

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

    def iterate_chunk(self) -> Iterator[bytes]:
        """Decompress one member. ``zlib.error`` on damage, ``EOFError`` if the file ends first."""
        inflater = zlib.decompressobj(wbits=31)
        while not inflater.eof:
            data = inflater.decompress(self._raw, _CHUNK_BYTES)
            self._raw = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if data:
                yield data
            elif not inflater.eof and not self._raw and not self._refill():
                raise EOFError


def iterate_gzip_part(file: BinaryIO) -> Iterator[Part]:
    """Decompress an archive. A member that begins with ``WARC/`` begins a segment.

    Behind a damaged member, reading goes on at the next member that begins a record.
    """
    inflater = _Inflater(file)
    segment, recovering = 0, False
    while inflater.skip_padding():
        member, head, has_begun = inflater.position, b"", False
        damage: Fault | None = None
        try:
            for chunk in inflater.iterate_chunk():
                head += chunk
                if not has_begun and len(head) < len(b"WARC/"):
                    continue
                if not has_begun and head.startswith(b"WARC/"):
                    segment, recovering = member, False
                has_begun = True
                if not recovering:
                    yield Part(segment, head)
                head = b""
            if head and not recovering:
                yield Part(segment, head)
        except EOFError:
            damage = TRUNCATED
        except zlib.error as error:
            damage = Fault("broken_record", f"the gzip member is damaged ({error})")
        if damage and not recovering:
            # A member of its own that never began is not part of the segment before it.
            yield Part(segment if has_begun else member, b"", damage)
        if damage or recovering:
            recovering = True
            if not inflater.find_member(member + 1):
                return
