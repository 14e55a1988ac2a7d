"""Finds the texts that share most of their passages, by their signatures alone.

Candidates are pairs that agree in a band of the signature (locality-sensitive hashing, Indyk and
Motwani 1998); each is then judged by what the whole signatures say of the passages they share.
Whether two texts are similar depends on nothing but these two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from newsbeam.transforms.stories.signatures import Signatures

# Of the shorter text's shingles so many must be in the longer. Ours, measured (docs/stories.md).
_CONTAINED = 0.66
# A text that is less than this part of the other is a notice in a digest, not a version of it.
_SHORTEST = 0.2
# Pairs that are judged at once: 25 MB of values.
_PAIRS_AT_ONCE = 50_000
_BANDS_AT_ONCE = 16

Pairs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SimilarTexts:
    """Pairs of similar texts as arrays of as many rows.

    ``pairs``: the indices of the two, (pairs, 2), the shorter text first. ``contained``: which
    share of the shorter text's shingles the longer has, as estimated (1 may be exceeded).
    """

    pairs: Pairs
    contained: npt.NDArray[np.float64]


def find_similar(texts: Signatures) -> SimilarTexts:
    """The pairs of similar texts, each once; of texts as long as one another the first is first.

    Texts with equal signatures should be given once. Takes time by the texts and by the pairs
    that share a passage.
    """
    candidates = _find_candidates(texts.values)
    shorter_first = texts.sizes[candidates[:, 0]] <= texts.sizes[candidates[:, 1]]
    candidates = np.where(shorter_first[:, None], candidates, candidates[:, ::-1])
    kept, contained = [np.empty((0, 2), np.int64)], [np.empty(0)]
    for start in range(0, len(candidates), _PAIRS_AT_ONCE):
        part = candidates[start : start + _PAIRS_AT_ONCE]
        share = _estimate_contained(texts, part)
        sizes = texts.sizes[part]
        similar = (share >= _CONTAINED) & (sizes[:, 0] >= _SHORTEST * sizes[:, 1])
        kept.append(part[similar])
        contained.append(share[similar])
    return SimilarTexts(np.concatenate(kept), np.concatenate(contained))


def _estimate_contained(texts: Signatures, pairs: Pairs) -> npt.NDArray[np.float64]:
    """Which share of the first text's shingles the second has."""
    one, other = texts.take(pairs[:, 0]), texts.take(pairs[:, 1])
    jaccard = np.count_nonzero(one.values == other.values, axis=1) / one.values.shape[1]
    # |A n B| from J = |A n B| / (|A| + |B| - |A n B|).
    share: npt.NDArray[np.float64] = jaccard / (1 + jaccard) * (1 + other.sizes / one.sizes)
    return share


def _find_candidates(values: npt.NDArray[np.uint16]) -> Pairs:
    """Pairs that agree in two neighbouring values at an even place, the smaller index first.

    128 bands of 2 values find 86 of 100 pairs that are similar by a hair (a Jaccard similarity
    of 0.12: a text contained to 66 % in one five times as long), 99.9 of 100 from 0.23 on.
    """
    count = len(values)
    bands = values.view(np.uint32)
    codes: npt.NDArray[np.int64] = np.empty(0, np.int64)
    for start in range(0, bands.shape[1], _BANDS_AT_ONCE):
        part = bands[:, start : start + _BANDS_AT_ONCE]
        keys = part | (np.arange(part.shape[1], dtype=np.uint64) << np.uint64(32))
        found = _pair_equal(keys.ravel()) // part.shape[1]
        # The same pairs come again and again: they are not kept for all bands at once.
        codes = _sort_once(np.concatenate([codes, found[:, 0] * count + found[:, 1]]))
    return np.stack(np.divmod(codes, max(count, 1)), axis=1)


def _sort_once(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """As ``np.unique``, which takes ten times as long (numpy 2.4 hashes such numbers badly)."""
    codes.sort()
    once: npt.NDArray[np.int64] = codes[np.diff(codes, prepend=-1) != 0]
    return once


def _pair_equal(keys: npt.NDArray[np.uint64]) -> Pairs:
    """All pairs of places with equal keys, the smaller place first."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.arange(len(keys) - 1)
    found = [np.empty((0, 2), np.int64)]
    step = 1
    while len(starts):
        starts = starts[starts + step < len(keys)]
        starts = starts[ordered[starts] == ordered[starts + step]]
        found.append(np.stack([order[starts], order[starts + step]], axis=1))
        step += 1
    return np.concatenate(found)
