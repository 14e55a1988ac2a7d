"""The recognizer's network in numpy: embed each word, look at its neighbours, score its tags.

Maxout layers over a window with residual connections, as spaCy's MaxoutWindowEncoder, each window
as wide as the layer says; between two of them each name's token hears the mean of all tokens of the
same name in its text. What depends on a word alone, up to the first maximum, is kept for later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from nb_newsbeam.features import (
    BESIDE_BITS,
    ROWS_A_TABLE,
    Floats,
    Ints,
    WordFeatures,
    group_names,
)
from nb_newsbeam.words import BITS

_LARGEST, _TINIEST = 127, 1e-12  # of a signed byte; for columns of zeros
PIECES = 3  # of a maxout
HINT_SCALE, VECTOR_SCALE = 2.0, 0.25  # so that neither drowns the other
_CHUNK = 512  # tokens a product: what lies between fits into a core's cache
_TINY = 1e-8  # added to a variance


@dataclass(frozen=True)
class Shape:
    """Sizes of a network. ``dilations``: how far away each layer's neighbours stand; ``pool_at``:
    before which layer a name hears its other mentions, -1 for none; ``domains``: ways to annotate
    that it learned, each with a bias of its own."""

    width: int = 96
    table_width: int = 96
    vector_width: int = 100
    bits: int = BITS
    dilations: tuple[int, ...] = (1, 1, 1, 1)
    pool_at: int = 2
    tables: tuple[tuple[int, int, int], ...] = ()
    labels: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass
class Network:
    """Weights by name (see ``training/scripts/student.py``, which learns them), and how to use
    them. All arrays are float32."""

    shape: Shape
    weights: dict[str, Floats]
    _beside: Floats = field(init=False)

    def __post_init__(self) -> None:
        hints = self._part("hints")
        places = [bit.bit_length() - 1 for bit in BESIDE_BITS]
        combinations = np.arange(1 << len(places))
        chosen = (combinations[:, None] >> np.arange(len(places))) & 1
        self._beside = (chosen * HINT_SCALE).astype("float32") @ hints[places]

    def choose(self, domain: str) -> Network:
        """The network that annotates as one of its ``domains`` does ("" for none of them).

        Raises:
            ValueError: it has no such domain.
        """
        if not domain:
            return self
        if domain not in self.shape.domains:
            raise ValueError(f"no domain {domain!r}; there are: {', '.join(self.shape.domains)}")
        row, weights = self.shape.domains.index(domain), dict(self.weights)
        weights["mix_bias"] = weights["mix_bias"] + weights["domain_mix"][row]
        weights["out_bias"] = weights["out_bias"] + weights["domain_out"][row]
        return Network(self.shape, weights)

    def _part(self, name: str) -> Floats:
        """Rows of the mixing matrix: those of a ``table`` by number, of the ``vectors``, ``hints``."""
        shape = self.shape
        tables = len(shape.tables) * shape.table_width
        parts = {
            "tables": slice(0, tables),
            "vectors": slice(tables, tables + shape.vector_width),
            "hints": slice(tables + shape.vector_width, None),
        }
        return self.weights["mix"][parts[name]]

    def mix_words(self, words: WordFeatures) -> Floats:
        """What each word alone gives the first layer before its maximum (words x 3 x width)."""
        rows = words.rows.reshape(len(words.bits), -1, ROWS_A_TABLE)
        found = [
            self.weights[f"table{number}"][rows[:, number]].sum(axis=1)
            for number in range(len(self.shape.tables))
        ]
        mixed = np.concatenate(found, axis=1) @ self._part("tables")
        mixed += (words.vectors * np.float32(VECTOR_SCALE)) @ self._part("vectors")
        columns = np.arange(self.shape.bits, dtype=np.int64)
        bits = ((words.bits[:, None] >> columns) & 1).astype("float32")
        mixed += (bits * np.float32(HINT_SCALE)) @ self._part("hints")
        return mixed + self.weights["mix_bias"]

    def score_tags(self, mixed: Floats, beside: Ints, stems: Ints, texts: Ints) -> Floats:
        """Log-probabilities of the tags (tokens x tags).

        ``mixed`` is the tokens' ``mix_words``, ``beside`` the bits that their names have about
        them, ``texts`` (rising from 0) says which text a token is in. Between texts there is
        nothing to see.
        """
        gap = max(self.shape.dilations, default=1)
        place = np.arange(len(mixed)) + (texts + 1) * gap
        size = (int(place[-1]) + 1 if len(place) else 0) + gap
        states = np.zeros((size, self.shape.width), dtype="float32")
        if len(place):
            codes = sum(
                ((beside & bit != 0).astype(np.int64) << i for i, bit in enumerate(BESIDE_BITS)),
                np.zeros(len(beside), dtype=np.int64),
            )
            states[place] = self._normalise(_maximum(mixed + self._beside[codes]), "mix")
        mentions = _Mentions(stems, texts, place)
        for number, dilation in enumerate(self.shape.dilations):
            heard = None
            if number == self.shape.pool_at and len(mentions.tokens):
                heard = (mentions.tokens, mentions.average(states) @ self.weights["pool"])
            states = self._encode(states, number, dilation, heard, place)
        scores = states[place] @ self.weights["out"] + self.weights["out_bias"]
        scores -= scores.max(axis=1, keepdims=True) if len(place) else 0
        scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return scores

    def _encode(
        self,
        states: Floats,
        number: int,
        dilation: int,
        heard: tuple[Ints, Floats] | None,
        place: Ints,
    ) -> Floats:
        """One layer: the window's maxout, normalised, added to what came in."""
        weight, bias = self.weights[f"layer{number}"], self.weights[f"layer{number}_bias"]
        width = self.shape.width
        after = np.zeros_like(states)
        window = np.empty((_CHUNK, 3 * width), dtype="float32")
        extra = np.zeros((len(states), 0), dtype="float32")
        first, last = dilation, len(states) - dilation
        if heard is not None:
            tokens, extra = heard
        for start in range(first, last, _CHUNK):
            end = min(start + _CHUNK, last)
            view = window[: end - start]
            view[:, :width] = states[start - dilation : end - dilation]
            view[:, width : 2 * width] = states[start:end]
            view[:, 2 * width :] = states[start + dilation : end + dilation]
            sums = view @ weight
            sums += bias
            if heard is not None:
                low, high = np.searchsorted(tokens, (start, end))
                sums[tokens[low:high] - start] += extra[low:high]
            after[start:end] = self._normalise(_maximum(sums), f"layer{number}")
        result = np.zeros_like(states)
        result[place] = after[place] + states[place]
        return result

    def _normalise(self, x: Floats, name: str) -> Floats:
        """Layer normalisation with the gain and shift ``name``."""
        x = x - x.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
        x *= (1 / np.sqrt(variance + np.float32(_TINY)))[:, None]
        x *= self.weights[f"{name}_gain"]
        x += self.weights[f"{name}_shift"]
        return x


def _maximum(sums: Floats) -> Floats:
    width = sums.shape[1] // PIECES
    best = np.maximum(sums[:, :width], sums[:, width : 2 * width])
    return np.maximum(best, sums[:, 2 * width :], out=best)


class _Mentions:
    """The tokens of names that their texts have more than once."""

    def __init__(self, stems: Ints, texts: Ints, place: Ints) -> None:
        names = np.flatnonzero(stems)
        group = group_names(stems[names], texts[names])
        order = np.argsort(group, kind="stable")
        counts = np.bincount(group) if len(group) else np.zeros(0, dtype=np.int64)
        kept = order[counts[group[order]] > 1]
        repeated = counts[counts > 1]
        self._by_group = place[names[kept]]
        self._starts = np.concatenate(([0], np.cumsum(repeated)[:-1])).astype(np.int64)
        self._counts = repeated
        rank = np.argsort(self._by_group)
        self._rank = rank
        # In the order of the text.
        self.tokens: Ints = self._by_group[rank]

    def average(self, states: Floats) -> Floats:
        """The mean state of each token's mentions, in the order of ``tokens``."""
        sums = np.add.reduceat(states[self._by_group], self._starts, axis=0)
        means = sums / self._counts[:, None].astype("float32")
        return np.repeat(means, self._counts, axis=0)[self._rank]


class WordCache:
    """``mix_words`` of the words seen lately, with their bits and stems.

    When more than ``limit`` words would be in it, all but the batch's are forgotten. ``width``
    numbers a word, of 4 bytes.
    """

    def __init__(self, width: int, limit: int) -> None:
        self._limit = limit
        self._rows: dict[int, int] = {}
        self._mixed = np.empty((limit, width), dtype="float32")
        self._bits = np.empty(limit, dtype=np.int64)
        self._stems = np.empty(limit, dtype=np.int64)

    def find_missing(self, words: list[int]) -> list[int]:
        """Those of ``words`` (all different) that must be added before ``gather``."""
        missing = [word for word in words if word not in self._rows]
        if len(self._rows) + len(missing) <= len(self._mixed):
            return missing
        size = max(self._limit, len(words))
        self._rows.clear()
        if size != len(self._mixed):
            self._mixed = np.empty((size, self._mixed.shape[1]), dtype="float32")
            self._bits = np.empty(size, dtype=np.int64)
            self._stems = np.empty(size, dtype=np.int64)
        return words

    def add(self, words: list[int], mixed: Floats, bits: Ints, stems: Ints) -> None:
        """Keep what belongs to ``words``, which ``find_missing`` gave."""
        start = len(self._rows)
        rows = slice(start, start + len(words))
        self._mixed[rows], self._bits[rows], self._stems[rows] = mixed, bits, stems
        self._rows.update(zip(words, range(start, start + len(words)), strict=True))

    def gather(self, words: list[int], which: Ints) -> tuple[Floats, Ints, Ints]:
        """Of ``words[i]`` for each i of ``which``: what was added."""
        rows = np.array([self._rows[word] for word in words], dtype=np.int64)[which]
        return self._mixed[rows], self._bits[rows], self._stems[rows]


def as_weights(arrays: dict[str, npt.NDArray[Any]]) -> dict[str, Floats]:
    """Stored arrays as float32; bytes come with what a step of each column is worth."""
    found: dict[str, Floats] = {}
    for name, array in arrays.items():
        if name.endswith(".steps"):
            continue
        found[name] = np.ascontiguousarray(array.astype("float32"))
        if f"{name}.steps" in arrays:
            found[name] *= arrays[f"{name}.steps"]
    return found


def round_columns(
    table: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """The numbers of each column as signed bytes, and what a step of it is worth."""
    steps = np.maximum(np.abs(table).max(axis=0, initial=0.0), _TINIEST) / _LARGEST
    return np.rint(table / steps).astype("int8"), steps.astype("float32")
