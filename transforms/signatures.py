"""What is kept of a text to tell whether another has the same passages: a MinHash signature.

Texts are compared by their shingles, runs of four words, so that a version with paragraphs cut
away, moved or signed shares most of its shingles with the original. MinHash (Broder 1997;
``datasketch``) estimates how many two sets share from a fixed number of values a text.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
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
# Making these anew for every text would cost more than all the rest.
_PERMUTATIONS = MinHash(_VALUES, seed=1, scheme="affine32").permutations

Values = npt.NDArray[np.uint16]
Sizes = npt.NDArray[np.int64]


def sign_text(text: str) -> bytes | None:
    """The signature of ``text`` (516 bytes); ``None`` if it is too short to judge.

    Case, punctuation and the order of lines do not matter. The signature holds the number of
    distinct shingles (uint32) and the low 16 bits of 256 minima; all little-endian. Texts
    without shingles in common agree in one of 65,536 values by chance (Li and König 2010).
    """
    shingles = hash_shingles(text)
    if len(shingles) < _LEAST:
        return None
    sketch = MinHash(_VALUES, permutations=_PERMUTATIONS, scheme="affine32", hashfunc=int)
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


def unpack_signatures(signatures: Sequence[bytes]) -> tuple[Values, Sizes]:
    """Signatures as arrays: their values, (texts, 256), and their numbers of shingles, (texts,).

    Raises:
        ValueError: something is no signature.
    """
    unpacked = np.frombuffer(b"".join(signatures), _SIGNATURE)
    if len(unpacked) != len(signatures):
        raise ValueError("a stored signature has another length than those made now")
    return np.ascontiguousarray(unpacked["values"]), unpacked["size"].astype(np.int64)
