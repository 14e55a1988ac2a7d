"""The layers of pipelines made before ``recognizer.py``, so that these still load.

spaCy's embedding with static vectors, more affixes, and the hints of ``words.py`` and of what the
same word has beside it elsewhere in its text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from spacy.ml.featureextractor import FeatureExtractor
from spacy.ml.staticvectors import StaticVectors
from spacy.strings import get_string_id
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import (
    HashEmbed,
    Maxout,
    Model,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    with_array,
)
from thinc.types import Floats2d, Ints2d

from nb_newsbeam.words import (
    AFTER_GIVEN,
    AFTER_I,
    ALL_LISTS,
    BEFORE_INSTITUTION,
    BESIDE_PERSON_WORD,
    GIVEN_BITS,
    INSTITUTION_BITS,
    LIST_BITS,
    PERSON_WORD_BITS,
    Word,
    describe_word,
)

# The bits that these pipelines know; later ones stand behind them.
WIDTH = BEFORE_INSTITUTION.bit_length()
_CACHE = 50_000  # words whose hashes are kept
# The subword vectors are long beside the other features: unscaled they would drown the hints.
VECTOR_SCALE = 0.25
WEIGHT = 2.0


def _look_beside(words: list[Word], texts: list[str], i: int) -> int:
    """What stands beside the capitalised word ``i``, as bits."""
    found = 0
    if i:
        before, name_before = words[i - 1]
        if name_before:
            if before & GIVEN_BITS:
                found |= AFTER_GIVEN
            # "statsminister Jens Stoltenberg": the title stands before the given name.
            if i > 1 and words[i - 2][0] & PERSON_WORD_BITS and not words[i - 2][1]:
                found |= BESIDE_PERSON_WORD
        elif texts[i - 1] == "i":
            found |= AFTER_I
        elif before & PERSON_WORD_BITS and not before & LIST_BITS["place_word"]:
            found |= BESIDE_PERSON_WORD
    if i + 1 < len(words):
        after, name_after = words[i + 1]
        if not name_after:
            if after & LIST_BITS["speech"]:
                found |= BESIDE_PERSON_WORD
            if after & INSTITUTION_BITS:
                found |= BEFORE_INSTITUTION
    return found


def describe_doc(doc: Doc) -> npt.NDArray[np.int64]:
    """The bits of each token of a text, with what the text has beside each name."""
    texts = [token.text for token in doc]
    words = [describe_word(text) for text in texts]
    beside: dict[str, int] = {}
    for i, (_, stem) in enumerate(words):
        if stem:
            beside[stem] = beside.get(stem, 0) | _look_beside(words, texts, i)
    bits = [own | beside[stem] if stem else own for own, stem in words]
    return np.array(bits, dtype=np.int64)


def _spread(bits: npt.NDArray[np.int64], ops: Any) -> Floats2d:
    columns = np.arange(WIDTH, dtype=np.int64)
    spread: Floats2d = ops.asarray2f(((bits[:, None] >> columns) & 1).astype("float32") * WEIGHT)
    return spread


def _forward(
    model: Model[list[Doc], list[Floats2d]], docs: list[Doc], is_train: bool
) -> tuple[list[Floats2d], Callable[[Any], list[Doc]]]:
    found = []
    rate = model.attrs["dropout"]
    for doc in docs:
        bits = describe_doc(doc)
        # The lists know the names of the training texts better than those of tomorrow's news, so
        # some texts and some words go without.
        if is_train:
            gone = np.random.random(len(bits)) < (1.0 if np.random.random() < rate else rate)
            bits = np.where(gone, bits & ~ALL_LISTS, bits)
        found.append(_spread(bits, model.ops))
    return found, lambda _: []


def NameFeatures(dropout: float) -> Model[list[Doc], list[Floats2d]]:
    """A layer without weights: the bits of each token as numbers (tokens x ``WIDTH``)."""
    return Model(
        "name_features", _forward, dims={"nO": WIDTH}, attrs={"dropout": dropout}, params={}
    )


@lru_cache(maxsize=_CACHE)
def _hash_affix(text: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    small = text.lower()
    return tuple(
        get_string_id(f"p{size}{small[:size]}" if size > 0 else f"s{-size}{small[size:]}")
        for size in sizes
    )


def _affix_forward(
    model: Model[list[Doc], list[Ints2d]], docs: list[Doc], is_train: bool
) -> tuple[list[Ints2d], Callable[[Any], list[Doc]]]:
    sizes = tuple(model.attrs["sizes"])
    found = []
    for doc in docs:
        rows = [_hash_affix(token.text, sizes) for token in doc]
        keys = np.array(rows, dtype="uint64").reshape(len(doc), len(sizes))
        found.append(model.ops.asarray(keys))
    return found, lambda _: []


def AffixFeatures(sizes: list[int]) -> Model[list[Doc], list[Ints2d]]:
    """A layer without weights: hashes of each token's affixes (tokens x ``len(sizes)``, uint64).

    ``sizes`` are numbers of letters, from the beginning, or if negative from the end.
    """
    return Model("affix_features", _affix_forward, attrs={"sizes": sizes})


def _scale_forward(
    model: Model[Floats2d, Floats2d], x: Floats2d, is_train: bool
) -> tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    factor = model.attrs["factor"]
    return x * factor, lambda d: d * factor


def Scale(factor: float) -> Model[Floats2d, Floats2d]:
    """A layer without weights: numbers times ``factor``."""
    return Model("scale", _scale_forward, attrs={"factor": factor})


def _hash_tables(width: int, rows: list[int], seed: int) -> Model[Any, Any]:
    """One table of learned rows for each column of hashes; their rows side by side."""
    return concatenate(
        *(
            HashEmbed(width, size, column=column, seed=seed + column, dropout=0.0)
            for column, size in enumerate(rows)
        )
    )


@registry.architectures("newsbeam.NameEmbed.v2")
def NameEmbed(
    width: int,
    attrs: list[str],
    rows: list[int],
    affixes: list[int],
    affix_rows: list[int],
    dropout: float,
) -> Model[list[Doc], list[Floats2d]]:
    """spaCy's MultiHashEmbed with static vectors, more affixes, and the layer of names.

    ``affixes`` are sizes as in ``AffixFeatures``. ``dropout`` is the share of training texts, and
    of words in the others, without the lists.
    """
    mixed: Model[Any, Any] = concatenate(
        chain(
            AffixFeatures(affixes), list2ragged(), with_array(_hash_tables(width, affix_rows, 30))
        ),
        chain(FeatureExtractor(attrs), list2ragged(), with_array(_hash_tables(width, rows, 8))),
        chain(StaticVectors(width, dropout=0.0), with_array(Scale(VECTOR_SCALE))),
        chain(NameFeatures(dropout), list2ragged()),
    )
    size = width * (len(rows) + len(affix_rows) + 1) + WIDTH
    output: Model[Any, Any] = with_array(Maxout(width, size, nP=3, dropout=0.0, normalize=True))
    return chain(mixed, output, ragged2list())
