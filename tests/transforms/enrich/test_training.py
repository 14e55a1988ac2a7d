"""What training learns in torch is what the package computes in numpy."""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy

from tests.support.workplace import ROOT

network = importlib.import_module("nb_newsbeam.network")
features = importlib.import_module("nb_newsbeam.features")
SCRIPTS = ROOT / "training" / "scripts"
ROWS = [
    ("norne", ["Kari", "Vik", "møtte", "EU", "i", "Bergen", "."],
     ["B-PER", "L-PER", "O", "U-ORG", "O", "U-GPE_LOC", "O"]),
    ("norne", ["Vik", "er", "i", "Oslo", ",", "sier", "Vik", "."],
     ["U-PER", "O", "O", "U-GPE_LOC", "O", "O", "U-PER", "O"]),
    ("uner", ["I", "Bergen", "bor", "Vik", "."], ["O", "U-LOC", "O", "-", "O"]),
]  # fmt: skip


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``ROWS`` as ``pack_data.py`` packs them."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    pack_data = importlib.import_module("pack_data")
    file = tmp_path / "da-train.jsonl"
    lines = [
        json.dumps({"lang": "da", "labels": labels, "words": words, "tags": tags})
        for labels, words, tags in ROWS
    ]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    nlp = spacy.blank("nb")
    table = np.random.default_rng(1).normal(size=(40, 5)).astype("float32")
    nlp.vocab.vectors = type(nlp.vocab.vectors)(
        strings=nlp.vocab.strings, data=table, mode="floret", minn=3, maxn=4, hash_count=2
    )
    packer = pack_data.Packer()
    packer.add_gold(file, variants=3, most_words=1000)
    packer.write(nlp.vocab, tmp_path / "data.npz", processes=1)
    return tmp_path / "data.npz"


def test_what_labels_of_other_corpora_may_stand_for(packed: Path) -> None:
    pack_data = sys.modules["pack_data"]
    with np.load(packed) as arrays:
        tags = np.array(pack_data.TAGS)
        allowed = [set(tags[row > 0]) for row in arrays["allowed"]]
        sets = [allowed[i] for i in arrays["targets"][-5:]]
        lengths, documents = arrays["lengths"], arrays["documents"]
    assert sets[1] == {"U-GPE_LOC", "U-GPE_ORG", "U-LOC"}
    assert sets[3] == set(tags)
    assert {"O", "U-PROD"} <= sets[0]
    assert "U-PER" not in sets[0]
    assert lengths.tolist() == [7] * 3 + [8] * 3 + [5] * 3
    assert len(set(documents[:, 0])) == 3


def make_learner(packed: Path) -> tuple[Any, Any, Any]:
    """torch, the documents, and a small network of chance weights to learn from them."""
    torch = pytest.importorskip("torch", reason="training/requirements.txt is not installed")
    student = importlib.import_module("student")
    data = importlib.import_module("student_data").Data(packed, "cpu")
    asked = argparse.Namespace(
        width=16, table_width=4, dilations="1,2", pool_at=1,
        dropout=0.2, table_dropout=0.2, list_dropout=0.2,
    )  # fmt: skip
    torch.manual_seed(1)
    learner = student.Student(data, asked, 52).eval()
    for parameter in learner.parameters():
        parameter.data = torch.randn_like(parameter) * 0.2
    return torch, data, learner


def to_numpy(data: Any, learner: Any) -> Any:
    """The same network in numpy."""
    shape = network.Shape(
        width=16, table_width=4, vector_width=5, dilations=(1, 2), pool_at=1,
        tables=tuple(data.tables), labels=tuple(data.labels), domains=tuple(data.domains),
    )  # fmt: skip
    weights = {n: p.detach().numpy() for n, p in learner.named_parameters()}
    return network.Network(shape, weights)


def test_learning_goes_on_from_a_package(packed: Path, tmp_path: Path) -> None:
    """Tables lose half a step of their bytes, all else the float16's last digits."""
    torch, data, learner = make_learner(packed)
    recognizer = importlib.import_module("nb_newsbeam.recognizer")
    recognizer.Recognizer(spacy.blank("nb").vocab).use(to_numpy(data, learner)).to_disk(tmp_path)
    _, _, again = make_learner(packed)
    for parameter in again.parameters():
        parameter.data = torch.zeros_like(parameter)
    again.begin_with(tmp_path / "model")
    for name, parameter in learner.named_parameters():
        column = parameter.detach().abs().amax(0, keepdim=parameter.ndim > 1)
        error = column / 254 if name.startswith("table") else 1e-3
        assert ((again.get(name) - parameter).abs() <= error + 1e-6).all(), name


def test_torch_and_numpy_agree(packed: Path) -> None:
    torch, data, learner = make_learner(packed)
    documents = np.array([3, 0, 8])
    batch = data.batch(documents, 2, "cpu")
    with torch.no_grad():
        expected = learner(batch).numpy()
    net = to_numpy(data, learner)
    with np.load(packed) as arrays:
        rows, bits = arrays["word_rows"].astype("int64"), arrays["word_bits"]
        beside = arrays["beside"][batch["here"]]
    known = features.WordFeatures(rows, data.vectors.numpy(), bits, np.zeros(len(bits), "int64"))
    stems = data.mentions[batch["here"]].astype("int64")
    domains = data.domain[documents][batch["owner"]]
    assert len(set(domains)) == 2
    for domain in set(domains):
        chosen = net.choose(data.domains[domain])
        mixed = chosen.mix_words(known)[data.tokens[batch["here"]]]
        found = chosen.score_tags(mixed, beside, stems, batch["owner"])
        own = domains == domain
        assert found[own] == pytest.approx(expected[own], abs=1e-4)


def test_mixed_weights_lie_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    mix_weights = importlib.import_module("mix_weights")
    with (tmp_path / "model").open("wb") as file:  # as a package stores them
        np.savez(
            file,
            **{
                "table0": np.array([[2, -4]], dtype="int8"),
                "table0.steps": np.array([0.5, 0.25], dtype="float32"),
                "out": np.array([[1.0]], dtype="float16"),
            },
        )
    learned = {"table0": [[3.0, 1.0]], "out": [[5.0]], "domain_out": [[2.0]]}
    np.savez(tmp_path / "new.npz", **{n: np.array(w, "float16") for n, w in learned.items()})
    (tmp_path / "new.json").write_text('{"steps": 7, "options": {"seed": "1"}}', encoding="utf-8")
    mix_weights.main(
        str(tmp_path / "model"), str(tmp_path / "new"), str(tmp_path / "mixed"), "0.25"
    )
    with np.load(tmp_path / "mixed.npz") as mixed:
        found = {name: weight.tolist() for name, weight in mixed.items()}
    assert found == {"table0": [[1.5, -0.5]], "out": [[2.0]], "domain_out": [[0.5]]}
    record = json.loads((tmp_path / "mixed.json").read_text(encoding="utf-8"))
    assert record == {"steps": 7, "options": {"seed": "1", "share": "0.25"}}


def test_average_of_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    average_networks = importlib.import_module("average_networks")
    for seed, weight in (("1", 1.0), ("2", 2.0), ("3", 6.0)):
        np.savez(tmp_path / f"{seed}.npz", out=np.array([[weight]], "float16"))
        record = {"steps": 7, "options": {"seed": seed}}
        (tmp_path / f"{seed}.json").write_text(json.dumps(record), encoding="utf-8")
    average_networks.main(str(tmp_path / "mean"), *(str(tmp_path / seed) for seed in "123"))
    with np.load(tmp_path / "mean.npz") as mean:
        assert mean["out"].tolist() == [[3.0]]
    record = json.loads((tmp_path / "mean.json").read_text(encoding="utf-8"))
    assert record == {"steps": 21, "options": {"seed": "1", "seeds": "1,2,3"}}


def test_unheard_names_are_in_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    exchange_names = importlib.import_module("exchange_names")
    unheard_names = importlib.import_module("unheard_names")
    words = importlib.import_module("nb_newsbeam.words")
    before = "Kari Vik møtte Viks folk i NATO og Brann i Bergen og Oslofjorden .".split()
    tags = ["B-PER", "L-PER", "O", "U-PER", "O", "O", "U-ORG", "O", "U-ORG", "O", "U-GPE_LOC",
            "O", "U-LOC", "O"]  # fmt: skip
    for seed in range(20):
        chance = random.Random(seed)
        after = exchange_names.exchange_name(before, tags, chance, unheard_names.choose_unheard)
        changed = {i for i, tag in enumerate(tags) if tag != "O" and before[i] != "Oslofjorden"}
        assert {i for i, word in enumerate(after) if word != before[i]} == changed
        assert after[3].removesuffix("s") == after[1].removesuffix("s")
        for i in changed:
            assert not words.describe_word(after[i])[0] & words.ALL_LISTS, after[i]
