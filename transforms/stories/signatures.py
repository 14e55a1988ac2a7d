"""What is kept of a text to tell whether another has the same passages: a MinHash signature.

Texts are compared by their shingles, runs of four words, so that a version with paragraphs cut
away, moved or signed shares most of its shingles with the original. MinHash (Broder 1997)
estimates how many two sets share from a fixed number of values a text. Its values are those of
``datasketch`` (scheme affine32, seed 1), which would bring 144 MB of SciPy along.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from newsbeam.transforms.text.counts import show_count

# Stored signatures are only good for comparison with others of the same making: whoever changes
# anything here adds one.
MAKING = 1
# Ours, measured on made texts (docs/stories.md). Fewer words let stories on one topic come near
# each other, more let copy-editing drive versions apart.
_WORDS = 4
_VALUES = 256
# Shingles below which a text is too short to judge: about 35 words. A notice that subscribers
# may read on, or a picture with a line, is the same in many articles.
_LEAST = 30
_WORD = re.compile(r"\w+")
# Permutations of the 32-bit numbers: an odd factor, and what is added, both modulo 2**32. The
# generator is one that NumPy promises to keep as it is.
_RANDOM = np.random.RandomState(1)
_FACTORS = 2 * _RANDOM.randint(0, 2**32, _VALUES, np.uint32) + np.uint32(1)
_ADDENDS = _RANDOM.randint(0, 2**32, _VALUES, np.uint32)
_AT_ONCE = 128  # shingles, for the processor's cache
_SIGNATURE = np.dtype([("size", "<u4"), ("values", "<u2", _VALUES)])


@dataclass(frozen=True, slots=True)
class Signatures:
    """Signatures as arrays of as many rows.

    ``values``: the low 16 bits of the 256 minima. ``sizes``: numbers of distinct shingles.
    """

    values: npt.NDArray[np.uint16]
    sizes: npt.NDArray[np.int64]

    def take(self, rows: npt.NDArray[np.int64]) -> Signatures:
        """The signatures in these ``rows``, in their order."""
        return Signatures(self.values[rows], self.sizes[rows])


def sign_text(text: str) -> bytes | None:
    """The signature of ``text`` (516 bytes); ``None`` if it is too short to judge.

    Case, punctuation and the order of lines do not matter. Of each of 256 minima the low 16 bits
    are kept: values of texts without shingles in common agree in one of 65,536 cases by chance
    (Li and König 2010).
    """
    shingles = hash_shingles(text)
    if len(shingles) < _LEAST:
        return None
    minima = _find_minima(np.fromiter(shingles, np.uint32, len(shingles)))
    signature: npt.NDArray[Any] = np.zeros(1, _SIGNATURE)
    signature["size"] = len(shingles)
    signature["values"] = minima.astype(np.uint16)
    return signature.tobytes()


def hash_shingles(text: str) -> set[int]:
    """The CRC-32 of each distinct shingle of ``text``.

    A shingle never reaches over the end of a line (a paragraph), so that moving paragraphs
    changes none. A line of less than four words is one shingle.
    """
    hashes = set()
    for line in text.splitlines():
        words = _WORD.findall(line.casefold())
        for start in range(max(1, len(words) - _WORDS + 1) if words else 0):
            shingle = " ".join(words[start : start + _WORDS])
            hashes.add(zlib.crc32(shingle.encode("utf-8", "surrogatepass")))
    return hashes


def unpack_signatures(signatures: Sequence[bytes]) -> Signatures:
    """What ``sign_text`` packed.

    Raises:
        ValueError: something is no signature.
    """
    if any(len(signature) != _SIGNATURE.itemsize for signature in signatures):
        raise ValueError(f"a signature is not of {show_count(_SIGNATURE.itemsize, 'byte')}")
    rows = np.frombuffer(b"".join(signatures), _SIGNATURE)
    return Signatures(np.ascontiguousarray(rows["values"]), rows["size"].astype(np.int64))


def _find_minima(hashes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """The least value of all ``hashes`` under each of 256 permutations of 32 bits."""
    mixed = hashes.copy()  # by the finalizer of MurmurHash3: CRCs of like texts are too alike
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(factor)
    minima = np.full(_VALUES, 2**32 - 1, np.uint32)
    for start in range(0, len(mixed), _AT_ONCE):
        values = _FACTORS * mixed[start : start + _AT_ONCE, None] + _ADDENDS
        np.minimum(minima, values.min(axis=0), out=minima)
    return minima
