"""What the recognizer knows of each word: hashed parts, a subword vector, hints from lists.

All but a few hints depend on the word alone, so they are worked out once a word. The others say
what the same name has beside it anywhere in its text (a given name, "i", a speech verb, "kommune":
Ratinov and Roth 2009 call it context aggregation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from spacy.strings import get_string_id
from spacy.vocab import Vocab
from thinc.api import NumpyOps

from nb_newsbeam.words import (
    AFTER_COMPANY,
    AFTER_GIVEN,
    AFTER_I,
    AFTER_PRODUCT,
    AFTER_TEAM,
    BEFORE_INSTITUTION,
    BEFORE_MARK,
    BESIDE_PERSON_WORD,
    GIVEN_BITS,
    INSTITUTION_BITS,
    IS_I,
    IS_QUOTE,
    LIST_BITS,
    NOUN_BITS,
    PERSON_WORD_BITS,
    QUOTED,
    describe_word,
)

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Tables = Sequence[tuple[int, int, int]]

BESIDE_BITS = (
    AFTER_GIVEN, AFTER_I, BESIDE_PERSON_WORD, BEFORE_INSTITUTION,
    AFTER_COMPANY, AFTER_PRODUCT, AFTER_TEAM, BEFORE_MARK, QUOTED,
)  # fmt: skip
# What is hashed of a word: its first or (negative) last letters in small ones; or what spaCy says
# of it: the norm, the first letter, the last three, the shape.
NORM, PREFIX, SUFFIX, SHAPE = 90, 91, 92, 93
# That, how many rows its table has, and the seed of the hash.
TABLES: tuple[tuple[int, int, int], ...] = (
    (3, 2500, 30), (-4, 4000, 31), (-5, 4000, 32), (-2, 1000, 33),
    (NORM, 5000, 8), (PREFIX, 1000, 9), (SUFFIX, 2500, 10), (SHAPE, 2500, 11),
)  # fmt: skip
ROWS_A_TABLE = 4  # of a table, added: words that share one seldom share all (Svenstrup et al. 2017)
_OPS = NumpyOps()
_PLACE_WORD = LIST_BITS["place_word"]
_SPEECH = LIST_BITS["speech"]
_MARK = LIST_BITS["company_mark"]
_NOUNS = (
    ("company_noun", AFTER_COMPANY),
    ("product_noun", AFTER_PRODUCT),
    ("team_noun", AFTER_TEAM),
)


@dataclass(frozen=True)
class WordFeatures:
    """Of ``n`` words: ``rows`` of the tables (n x 4 a table), subword ``vectors`` (n x d), hint
    ``bits`` (n), and ``stems`` (n), equal for forms of one name, 0 without a capital."""

    rows: Ints
    vectors: Floats
    bits: Ints
    stems: Ints


def hash_keys(words: Sequence[str], vocab: Vocab, tables: Tables) -> npt.NDArray[np.uint64]:
    """What is hashed of each word, as spaCy's numbers of strings (words x tables)."""
    keys = np.empty((len(words), len(tables)), dtype=np.uint64)
    for row, word in enumerate(words):
        small, lexeme = word.lower(), vocab[word]
        said = {
            NORM: lexeme.norm,
            PREFIX: lexeme.prefix,
            SUFFIX: lexeme.suffix,
            SHAPE: lexeme.shape,
        }
        for column, (what, _, _) in enumerate(tables):
            if what in said:
                keys[row, column] = said[what]
            elif what < 0:
                keys[row, column] = get_string_id(f"s{-what}{small[what:]}")
            else:
                keys[row, column] = get_string_id(f"p{what}{small[:what]}")
    return keys


def describe_words(words: Sequence[str], vocab: Vocab, tables: Tables) -> WordFeatures:
    """The features of words that differ; ``vocab`` has a table of vectors in floret's mode."""
    described = [describe_word(word) for word in words]
    keys = hash_keys(words, vocab, tables)
    hashed = (
        _OPS.hash(np.ascontiguousarray(keys[:, column]), seed) % size
        for column, (_, size, seed) in enumerate(tables)
    )
    width = vocab.vectors.shape[1]
    return WordFeatures(
        np.concatenate(list(hashed), axis=1).astype(np.int64),
        vocab.vectors.get_batch(words) if words else np.zeros((0, width), dtype="float32"),
        np.array([bits for bits, _ in described], dtype=np.int64),
        # Halved, to fit; only equality counts.
        np.array([get_string_id(s) >> 1 if s else 0 for _, s in described], dtype=np.int64),
    )


def look_beside(bits: Ints, stems: Ints, texts: Ints) -> Ints:
    """For each token what the text has beside its name anywhere, as ``BESIDE_BITS``.

    ``bits`` and ``stems`` are of each token of several texts, one after the other; ``texts``
    (rising) says which text a token is in.
    """
    size = len(bits)
    found = np.zeros(size, dtype=np.int64)
    names = np.flatnonzero(stems)
    if not len(names):
        return found
    is_name = stems != 0

    def at(step: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Where the tokens ``step`` away from each name are, and whether they are in its text."""
        there = names + step
        is_inside = (there >= 0) & (there < size)
        there = np.clip(there, 0, size - 1)
        return there, is_inside & (texts[there] == texts[names])

    own = np.zeros(len(names), dtype=np.int64)
    before, has_before = at(-1)
    twice, has_twice = at(-2)
    after, has_after = at(1)
    is_person_word = bits & PERSON_WORD_BITS != 0
    name_before = has_before & is_name[before]
    word_before = has_before & ~is_name[before]
    own[name_before & (bits[before] & GIVEN_BITS != 0)] |= AFTER_GIVEN
    # "statsminister Jens Stoltenberg": the title stands before the given name.
    own[name_before & has_twice & is_person_word[twice] & ~is_name[twice]] |= BESIDE_PERSON_WORD
    is_i = word_before & (bits[before] & IS_I != 0)
    own[is_i] |= AFTER_I
    titled = word_before & ~is_i & is_person_word[before]
    own[titled & (bits[before] & _PLACE_WORD == 0)] |= BESIDE_PERSON_WORD
    word_after = has_after & ~is_name[after]
    own[word_after & (bits[after] & _SPEECH != 0)] |= BESIDE_PERSON_WORD
    own[word_after & (bits[after] & INSTITUTION_BITS != 0)] |= BEFORE_INSTITUTION
    for noun, bit in _NOUNS:
        own[has_before & (bits[before] & NOUN_BITS[noun] != 0)] |= bit
    own[has_before & (bits[before] & IS_QUOTE != 0)] |= QUOTED
    own[has_after & (bits[after] & _MARK != 0)] |= BEFORE_MARK
    group = group_names(stems[names], texts[names])
    merged = np.zeros(group.max() + 1, dtype=np.int64)
    for bit in BESIDE_BITS:
        merged[group[own & bit != 0]] |= bit
    found[names] = merged[group]
    return found


def group_names(stems: Ints, texts: Ints) -> Ints:
    """A number for each pair of a stem and a text, from 0."""
    order = np.lexsort((stems, texts))
    sorted_stems, sorted_texts = stems[order], texts[order]
    is_new = np.empty(len(order), dtype=bool)
    is_new[:1] = False
    is_new[1:] = (sorted_stems[1:] != sorted_stems[:-1]) | (sorted_texts[1:] != sorted_texts[:-1])
    group = np.empty(len(order), dtype=np.int64)
    group[order] = np.cumsum(is_new)
    return group
