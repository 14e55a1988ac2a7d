"""What is kept of a text to tell whether another has the same passages: a MinHash signature.

Texts are compared by their shingles, runs of four words, so that a version with paragraphs cut
away, moved or signed shares most of its shingles with the original. MinHash (Broder 1997;
``datasketch``) estimates how many two sets share from a fixed number of values a text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from datasketch import MinHash

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
    sketch = _start_sketch().copy()
    sketch.update_batch(shingles)
    signature: npt.NDArray[Any] = np.zeros(1, _SIGNATURE)
    signature["size"] = len(shingles)
    signature["values"] = sketch.hashvalues.astype(np.uint16)
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
        raise ValueError(f"a signature has not {_SIGNATURE.itemsize} bytes")
    rows = np.frombuffer(b"".join(signatures), _SIGNATURE)
    return Signatures(np.ascontiguousarray(rows["values"]), rows["size"].astype(np.int64))


@lru_cache(maxsize=1)
def _start_sketch() -> MinHash:
    """The sketch of no shingles. To draw its permutations anew for every text would cost more
    than all the rest."""
    from datasketch import MinHash  # takes half a second to import, as it brings SciPy

    return MinHash(_VALUES, seed=1, scheme="affine32", hashfunc=int)
