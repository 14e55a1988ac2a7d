"""Where a big WARC archive can be cut, so that it is read in stretches one after the other.

A run commits what a stretch brought, and notes it; killed, it goes on at the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

from newsbeam.transforms.read.captures import DESCRIBED_BY
from newsbeam.transforms.read.input_file import Stretch
from newsbeam.transforms.read.warc_segments import iterate_gzip_record, iterate_plain_record

_PART = f"\n{DESCRIBED_BY}:".lower().encode()


def cut_archive(file: BinaryIO, size: int, length: int, compressed: bool) -> list[Stretch]:
    """The archive of ``size`` bytes in ``file``, which can seek, as stretches of some ``length``
    bytes: each begins at a record, and a page stays with the record that describes it.

    Of a plain archive behind damage, and of one that is a single gzip member, the rest is one
    stretch.
    """
    cuts = [0, *_find_cuts(file, size, length, compressed), size]
    # The last has no end: it holds what came behind the size that was told, too.
    return [Stretch(first, end if end < size else None) for first, end in pairwise(cuts)]


def _find_cuts(file: BinaryIO, size: int, length: int, compressed: bool) -> Iterator[int]:
    aim = length
    while aim < size:
        records = iterate_gzip_record(file, aim) if compressed else iterate_plain_record(file)
        for at, header in records:
            if at >= size:
                return
            if at >= aim and _PART not in header.lower():
                yield at
                aim = at + length
                if compressed:
                    break  # it can look further on without what lies between
        else:
            return
