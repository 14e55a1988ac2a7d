"""How pipelines lie on disk: shorter numbers, and vectors as bytes in memory, too."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.vectors import Vectors

storage = importlib.import_module("nb_newsbeam.storage")
PACKAGE = Path(str(storage.__file__)).parent


def make_pipeline() -> Language:
    config = {"nlp": {"vectors": {"@vectors": "newsbeam.ByteVectors.v1"}}}
    nlp = spacy.blank("nb", config=config)
    model = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 32,
        "depth": 1,
        "embed_size": 2000,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    }
    nlp.add_pipe("half_tok2vec", name="tok2vec", config={"model": model})
    nlp.initialize()
    return nlp


def test_weights_are_half_as_long_on_disk(tmp_path: Path) -> None:
    nlp = make_pipeline()
    before = nlp("Kvinna kom frå Bø.").tensor
    nlp.to_disk(tmp_path / "half")
    # Writing leaves the pipeline as it was.
    assert np.array_equal(nlp("Kvinna kom frå Bø.").tensor, before)
    spacy.blank("nb").to_disk(tmp_path / "blank")
    whole = len(nlp.get_pipe("tok2vec").model.to_bytes())
    assert (tmp_path / "half/tok2vec/model").stat().st_size < 0.6 * whole
    after = spacy.load(tmp_path / "half")("Kvinna kom frå Bø.").tensor
    assert after.dtype == np.float32
    assert after == pytest.approx(before, abs=0.02)


def test_vectors_are_bytes_on_disk(tmp_path: Path) -> None:
    nlp = make_pipeline()
    table = np.array([[1.27, -0.1, 0], [-1.27, 25.4, 0], [0.003, 0.2, 0]], dtype="float32")
    nlp.vocab.vectors.data = table
    nlp.to_disk(tmp_path / "1")
    assert nlp.vocab.vectors.data is table
    assert np.load(tmp_path / "1/vocab/vectors").dtype == np.int8
    read = spacy.load(tmp_path / "1")
    assert read.vocab.vectors.data.dtype == np.int8
    # No further away than half a step: a 127th of the largest number of the column.
    numbers = read.vocab.vectors.data * read.vocab.vectors.steps
    assert np.abs(numbers - table).max(axis=0) == pytest.approx([0.003, 0.1, 0])
    read.to_disk(tmp_path / "2")
    for name in ("vectors", "vectors_steps"):
        first, second = (tmp_path / f"{n}/vocab/{name}" for n in (1, 2))
        assert first.read_bytes() == second.read_bytes(), "written again it stays the same"


def test_subword_vectors_are_those_of_spacy() -> None:
    vocab, chance = spacy.blank("nb").vocab, np.random.default_rng(1)
    table = chance.integers(-127, 128, (50, 4)).astype("float32")
    settings = {"mode": "floret", "minn": 2, "maxn": 3, "hash_count": 2}
    plain = Vectors(strings=vocab.strings, data=table, **settings)
    ours = storage.ByteVectors(strings=vocab.strings, data=table.astype("int8"), **settings)
    ours.steps = np.array([0.5, 1, 2, 0.25], dtype="float32")
    words = ["Bø", "kvinna", "", "Ås", "kvinna", "2024"]
    found = ours.get_batch(words)
    assert found.dtype == np.float32
    assert found == pytest.approx(plain.get_batch(words) * ours.steps, abs=1e-4)
    assert ours.get_batch([]).shape == (0, 4)


def test_vectors_of_another_pipeline_are_read(tmp_path: Path) -> None:
    blank = spacy.blank("nb")
    blank.vocab.vectors.data = np.array([[1.5, 0.25]], dtype="float32")
    blank.to_disk(tmp_path)
    nlp = make_pipeline()
    nlp.vocab.vectors.from_disk(tmp_path / "vocab", exclude=["strings"])
    assert nlp.vocab.vectors.data.tolist() == [[1.5, 0.25]]


def test_shipped_pipeline_is_stored_so() -> None:
    (vectors,) = PACKAGE.glob("*/vocab/vectors")
    assert np.load(vectors).dtype == np.int8
