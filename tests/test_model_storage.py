"""How the shipped pipeline lies on disk: shorter numbers there, float32 in memory."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language

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
    assert read.vocab.vectors.data.dtype == np.float32
    # No further away than half a step: a 127th of the largest number of the column.
    assert np.abs(read.vocab.vectors.data - table).max(axis=0) == pytest.approx([0.003, 0.1, 0])
    read.to_disk(tmp_path / "2")
    for name in ("vectors", "vectors_steps"):
        first, second = (tmp_path / f"{n}/vocab/{name}" for n in (1, 2))
        assert first.read_bytes() == second.read_bytes(), "written again it stays the same"


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
