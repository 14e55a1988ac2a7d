"""The pipeline on disk at a quarter and half of its size in memory.

Vectors are bytes there, weights are half as long as in memory, so that a package of 25 MB holds four
times the buckets. What it costs in F is measured in ``training/README.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.language import Language
from spacy.pipeline.tok2vec import Tok2Vec
from spacy.util import registry
from spacy.vectors import Vectors
from spacy.vocab import Vocab
from thinc.api import Model

from nb_newsbeam.network import round_columns

STEPS = "vectors_steps"  # the file beside spaCy's own: what one step of each column is worth


class ByteVectors(Vectors):  # type: ignore[misc]
    """Vectors that are signed bytes on disk and in memory, each column in steps of its own.

    ``steps`` says what one step of each column is worth; it is ``None`` while the table holds
    float32 numbers, as in training. ``get_batch`` gives float32 either way.
    """

    steps: npt.NDArray[np.float32] | None = None

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the table, rounded. Raises ``OSError``."""
        table, steps = self.data, self.steps
        if steps is None:
            self.data, steps = round_columns(table)
        try:
            super().to_disk(path, exclude=tuple(exclude))
        finally:
            self.data = table
        with (Path(path) / STEPS).open("wb") as file:
            np.save(file, steps, allow_pickle=False)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> ByteVectors:
        """Read such a table, or one of spaCy's own. Raises ``OSError``, ``ValueError``."""
        super().from_disk(path, exclude=tuple(exclude))
        steps = Path(path) / STEPS
        self.steps = np.load(steps) if steps.exists() else None
        return self

    def get_batch(self, keys: Iterable[int | str]) -> npt.NDArray[np.float32]:
        """The vectors of ``keys`` (words, or their numbers), as float32."""
        if self.steps is None:
            found: npt.NDArray[np.float32] = super().get_batch(keys)
            return found
        if self.mode != "floret":
            return super().get_batch(keys).astype("float32") * self.steps
        size = len(self.data)
        means = np.zeros((0, self.data.shape[1]), dtype="float32")
        words = [self.strings.as_string(key) for key in keys]
        if not words:
            return means
        rows: list[int] = []
        starts = []
        for word in words:
            starts.append(len(rows))
            parts = self._get_ngrams(word) if word else ()
            rows.extend(h % size for part in parts for h in self._get_ngram_hashes(part))
        lengths = np.diff(np.array([*starts, len(rows)]))
        filled = lengths > 0
        means = np.zeros((len(words), self.data.shape[1]), dtype="float32")
        if filled.any():
            parts_of = self.data[np.array(rows)].astype("float32")
            sums = np.add.reduceat(parts_of, np.array(starts)[filled], axis=0)
            means[filled] = sums / lengths[filled][:, None]
        return means * self.steps


@registry.vectors("newsbeam.ByteVectors.v1")  # type: ignore[untyped-decorator]
def make_byte_vectors() -> Callable[[Vocab], ByteVectors]:
    """What spaCy calls to make an empty table."""
    return lambda vocab: ByteVectors(strings=vocab.strings)


class HalfTok2Vec(Tok2Vec):  # type: ignore[misc]
    """spaCy's tok2vec with its weights as float16 on disk, as float32 in memory."""

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Write the component. Raises ``OSError``."""
        weights = _change_weights(self.model, "float16")
        try:
            super().to_disk(path, exclude=tuple(exclude))
        finally:
            for node, name, weight in weights:
                node.set_param(name, weight)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> HalfTok2Vec:
        """Read the component. Raises ``OSError``, ``ValueError``."""
        super().from_disk(path, exclude=tuple(exclude))
        _change_weights(self.model, "float32")
        return self


def _change_weights(model: Model[Any, Any], kind: str) -> list[tuple[Model[Any, Any], str, Any]]:
    """Turn all weights into numbers of another type; return what they were."""
    before = [
        (node, name, node.get_param(name))
        for node in model.walk()
        for name in node.param_names
        if node.has_param(name)
    ]
    for node, name, weight in before:
        node.set_param(name, weight.astype(kind))
    return before


@Language.factory("half_tok2vec", assigns=["doc.tensor"])
def make_half_tok2vec(nlp: Language, name: str, model: Model[Any, Any]) -> HalfTok2Vec:
    """What spaCy calls to make the component."""
    return HalfTok2Vec(nlp.vocab, model, name)
