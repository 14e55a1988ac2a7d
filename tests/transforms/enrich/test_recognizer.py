"""The recognizer: its decoding against a search through everything, its network against one token
at a time, and the component that spaCy loads."""

from __future__ import annotations

import importlib
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

decode = importlib.import_module("nb_newsbeam.decode")
features = importlib.import_module("nb_newsbeam.features")
network = importlib.import_module("nb_newsbeam.network")
words = importlib.import_module("nb_newsbeam.words")

LABELS = ("ORG", "PER")
TAGS = decode.list_tags(LABELS)
TABLES = ((90, 50, 1), (-3, 20, 2), (93, 10, 3))
TEXTS = [
    "Statsminister Solveig Qvortrupmo møtte Kari Vik i Bergen. Qvortrupmo var fornøyd med Vik.",
    "",
    "Selskapet Nscale AS bygger i Narvik.\nNscale får støtte, sier Ola Vik.",
]


def is_valid(tags: tuple[str, ...]) -> bool:
    """Whether tags, with nothing before and behind them, are whole names."""
    open_label = ""
    for tag in (*tags, "O"):
        mark, _, label = tag.partition("-")
        if open_label != (label if mark in {"I", "L"} else ""):
            return False
        open_label = label if mark in {"B", "I"} else ""
    return True


ALLOWED = {
    size: [found for found in itertools.product(TAGS, repeat=size) if is_valid(found)]
    for size in range(1, 5)
}


@settings(max_examples=settings().max_examples // 2)
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(0, 2**32 - 1), st.booleans()
)
def test_the_best_valid_sequence_is_found(sizes: list[int], seed: int, rounded: bool) -> None:
    chance = np.random.default_rng(seed)
    logits = chance.normal(size=(sum(sizes), len(TAGS)))
    scores = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    texts = np.repeat(np.arange(len(sizes)), sizes)
    chosen = decode.choose_tags(scores.astype("float32"), texts)
    for text, size in enumerate(sizes):
        own = scores[texts == text]
        reached = {
            found: sum(own[i, TAGS.index(tag)] for i, tag in enumerate(found))
            for found in ALLOWED[size]
        }
        mine = tuple(TAGS[i] for i in chosen[texts == text])
        assert is_valid(mine)
        assert reached[mine] == pytest.approx(max(reached.values()), abs=1e-5)


def test_entities_are_as_sure_as_their_least_sure_token() -> None:
    tags = np.array([TAGS.index(t) for t in ("B-PER", "L-PER", "O", "U-ORG", "U-PER")])
    chances = np.array([0.9, 0.6, 1, 0.8, 0.7], dtype="float32")
    found = [
        (s, e, LABELS[label], round(c, 2)) for s, e, label, c in decode.read_entities(tags, chances)
    ]
    assert found == [(0, 2, "PER", 0.6), (3, 4, "ORG", 0.8), (4, 5, "PER", 0.7)]


def make_network(dilations: tuple[int, ...] = (1, 2), pool_at: int = 1) -> Any:
    """A small one whose weights are chance."""
    width, chance = 8, np.random.default_rng(3)

    def draw(*shape: int) -> Any:
        return (chance.normal(size=shape) * 0.3).astype("float32")

    shape = network.Shape(
        width=width, table_width=4, vector_width=6, dilations=dilations, pool_at=pool_at,
        tables=TABLES, labels=LABELS, domains=("own", "other"),
    )  # fmt: skip
    weights = {f"table{i}": draw(rows, 4) for i, (_, rows, _) in enumerate(TABLES)}
    weights["mix"] = draw(len(TABLES) * 4 + 6 + words.BITS, 3 * width)
    for name in ("mix", *(f"layer{i}" for i in range(len(dilations)))):
        weights.setdefault(name, draw(3 * width, 3 * width))
        weights[f"{name}_bias"] = draw(3 * width)
        weights[f"{name}_gain"], weights[f"{name}_shift"] = draw(width) + 1, draw(width)
    weights["pool"], weights["out"] = draw(width, 3 * width), draw(width, len(TAGS)) * 5
    weights["out_bias"] = draw(len(TAGS))
    weights["domain_mix"], weights["domain_out"] = draw(2, 3 * width), draw(2, len(TAGS))
    return network.Network(shape, weights)


def make_pipeline(domain: str = "") -> Language:
    nlp = spacy.blank("nb", config={"nlp": {"vectors": {"@vectors": "newsbeam.ByteVectors.v1"}}})
    table = np.random.default_rng(4).integers(-127, 128, (30, 6)).astype("float32") / 100
    nlp.vocab.vectors = type(nlp.vocab.vectors)(
        strings=nlp.vocab.strings, data=table, mode="floret", minn=3, maxn=4, hash_count=2
    )
    nlp.add_pipe("newsbeam_ner", name="ner", config={"domain": domain}).use(make_network())
    return nlp


def score_one_by_one(net: Any, mixed: Any, beside: Any, stems: Any) -> Any:
    """The scores of one text, each token by itself and as the formulas stand."""
    weights, shape = net.weights, net.shape

    def normalise(sums: Any, name: str) -> Any:
        best = sums.reshape(3, -1).max(axis=0)
        best = (best - best.mean()) / np.sqrt(best.var() + 1e-8)
        return best * weights[f"{name}_gain"] + weights[f"{name}_shift"]

    hints = weights["mix"][-shape.bits :]
    states = []
    for row, bits in zip(mixed, beside, strict=True):
        told = sum(2 * hints[b] for b in range(shape.bits) if int(bits) >> b & 1)
        states.append(normalise(row + told, "mix"))
    for number, step in enumerate(shape.dilations):
        after = []
        for i, state in enumerate(states):
            near = [
                states[k] if 0 <= k < len(states) else np.zeros(shape.width)
                for k in (i - step, i, i + step)
            ]
            sums = np.concatenate(near) @ weights[f"layer{number}"] + weights[f"layer{number}_bias"]
            same = [k for k, stem in enumerate(stems) if stem and stem == stems[i]]
            if number == shape.pool_at and len(same) > 1:
                sums = sums + np.mean([states[k] for k in same], axis=0) @ weights["pool"]
            after.append(state + normalise(sums, f"layer{number}"))
        states = after
    logits = np.array(states) @ weights["out"] + weights["out_bias"]
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


@pytest.mark.parametrize(("dilations", "pool_at"), [((1, 1), 0), ((1, 3), 1), ((2,), -1)])
def test_network_against_one_token_at_a_time(dilations: tuple[int, ...], pool_at: int) -> None:
    nlp, net = make_pipeline(), make_network(dilations, pool_at)
    docs = [nlp.make_doc(text) for text in (TEXTS[0], TEXTS[2])]
    texts = np.repeat([0, 1], [len(doc) for doc in docs])
    known = features.describe_words(
        [token.text for doc in docs for token in doc], nlp.vocab, TABLES
    )
    mixed = net.mix_words(known)
    beside = features.look_beside(known.bits, known.stems, texts)
    found = net.score_tags(mixed, beside, known.stems, texts)
    for text in (0, 1):
        own = texts == text
        expected = score_one_by_one(net, mixed[own], beside[own], known.stems[own])
        assert found[own] == pytest.approx(expected, abs=1e-4)


def found_in(nlp: Language, texts: list[str], **how: Any) -> list[Any]:
    docs = nlp.pipe(texts, **how)
    return [[(e.start_char, e.end_char, e.label_, e._.score) for e in doc.ents] for doc in docs]


def test_texts_do_not_see_each_other() -> None:
    nlp = make_pipeline()
    together = found_in(nlp, TEXTS, batch_size=8)
    assert sum(map(len, together)) > 3
    assert together[1] == []
    alone = [found_in(nlp, [text])[0] for text in TEXTS]
    for one, other in zip(together, alone, strict=True):
        assert [e[:3] for e in one] == [e[:3] for e in other]
        assert [e[3] for e in one] == pytest.approx([e[3] for e in other], abs=1e-3)
        assert all(0 <= e[3] <= 1 for e in one)


def test_written_and_read_again(tmp_path: Path) -> None:
    nlp = make_pipeline()
    nlp.to_disk(tmp_path)
    expected = found_in(spacy.load(tmp_path), TEXTS)
    assert sum(map(len, expected)) > 3
    again = spacy.load(tmp_path)
    again.to_disk(tmp_path / "2")
    assert found_in(spacy.load(tmp_path / "2"), TEXTS) == expected
    assert found_in(again.from_bytes(again.to_bytes()), TEXTS) == expected
    assert again.get_pipe("ner").labels == LABELS


def test_a_domain_has_a_bias_of_its_own(tmp_path: Path) -> None:
    make_pipeline().to_disk(tmp_path)
    plain, other = (
        spacy.load(tmp_path, config={"components": {"ner": {"domain": domain}}})
        for domain in ("", "other")
    )
    assert found_in(plain, TEXTS) != found_in(other, TEXTS)
    with pytest.raises(ValueError, match="no domain 'third'; there are: own, other"):
        spacy.load(tmp_path, config={"components": {"ner": {"domain": "third"}}})


def test_without_weights() -> None:
    nlp = spacy.blank("nb")
    nlp.add_pipe("newsbeam_ner")
    with pytest.raises(ValueError, match="no weights"):
        nlp("Kari Vik")


def test_cache_forgets_and_finds_again() -> None:
    cache = network.WordCache(2, 3)
    row = np.zeros((1, 2), dtype="float32")
    for word in (5, 6, 7, 8, 5):
        missing = cache.find_missing([word])
        for new in missing:
            cache.add([new], row + new, np.array([new]), np.array([new]))
        mixed, bits, _ = cache.gather([word], np.array([0, 0]))
        assert mixed.tolist() == [[word, word]] * 2
        assert bits.tolist() == [word] * 2
    many = cache.find_missing([1, 2, 3, 4])
    assert many == [1, 2, 3, 4]
    cache.add(many, np.repeat(row, 4, axis=0), np.arange(4), np.arange(4))
    assert cache.gather([1, 4], np.array([1]))[1].tolist() == [3]


def test_what_a_text_has_beside_a_name_is_told_everywhere() -> None:
    nlp = spacy.blank("nb")
    doc = nlp.make_doc(TEXTS[2])
    described = [words.describe_word(token.text) for token in doc]
    bits = np.array([bits for bits, _ in described])
    stems = np.array([hash(stem) if stem else 0 for _, stem in described])
    found = features.look_beside(bits, stems, np.zeros(len(doc), dtype=np.int64))
    first, second = (i for i, token in enumerate(doc) if token.text == "Nscale")
    assert found[first] == found[second]
    assert found[first] & words.AFTER_COMPANY
    assert found[first] & words.BEFORE_MARK
    assert not found[first] & words.AFTER_PRODUCT
