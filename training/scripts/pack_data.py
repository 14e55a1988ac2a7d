"""Put documents into arrays for ``student.py``, which needs neither spaCy nor the texts' words.

Each document of ``gather_corpora.py`` comes several times, once as it is and else with other names.
What the teacher labelled comes with the three likeliest tags of each token and their probabilities.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nb_newsbeam  # noqa: F401  (spaCy finds its vectors there)
import numpy as np
import numpy.typing as npt
import spacy
from exchange_names import exchange_name
from nb_newsbeam.decode import list_tags
from nb_newsbeam.features import (
    TABLES,
    WordFeatures,
    describe_words,
    group_names,
    look_beside,
)
from nb_newsbeam.network import round_columns

LANGUAGES = ("nb", "nn", "da", "sv")
LABELS = ("DRV", "EVT", "GPE_LOC", "GPE_ORG", "LOC", "MISC", "ORG", "PER", "PROD")
TAGS = list_tags(LABELS)
# What a corpus's label may be in ours. Of names that it does not annotate it says "O".
MEANS = {
    "LOC": ("GPE_LOC", "GPE_ORG", "LOC"),
    "MISC": ("EVT", "LOC", "MISC", "ORG", "PROD"),
}
UNSAID = {"uner": ("PROD", "EVT", "DRV", "MISC"), "klintan": ("DRV",), "norne": ()}
# Kinds of annotation, each with a bias of its own.
DOMAINS = ("norne", "uner-da", "klintan-sv", "uner-sv", "silver-da", "silver-sv")


def name_domain(lang: str, labels: str) -> str:
    """The kind of annotation of a document."""
    name = labels if labels == "norne" else f"{labels}-{lang}"
    return name if name in DOMAINS else "norne"


def allow_tags(tag: str, labels: str) -> tuple[str, ...]:
    """Which of our tags a tag of a corpus may stand for."""
    mark, _, label = tag.partition("-")
    if tag == "-":
        return tuple(TAGS)
    if tag == "O":
        return ("O", *(f"{m}-{name}" for name in UNSAID.get(labels, ()) for m in "BILU"))
    means = MEANS.get(label, (label,)) if labels != "norne" else (label,)
    return tuple(f"{mark}-{name}" for name in means)


class Packer:
    """Collects documents; ``write`` puts them into one file."""

    def __init__(self) -> None:
        self.word_numbers: dict[str, int] = {}
        self.sets: dict[tuple[str, ...], int] = {}
        self.parts: list[str] = []
        # Of one document or many: the tokens' words, their targets, the teacher's tags and chances,
        # and of the documents their lengths, and (text, domain, part).
        self.chunks: list[tuple[npt.NDArray[Any], ...]] = []

    def number_words(self, words: Sequence[str]) -> npt.NDArray[np.int32]:
        """The numbers of words, new ones for those not met before."""
        numbers = self.word_numbers
        found = [numbers.setdefault(word, len(numbers)) for word in words]
        return np.array(found, dtype=np.int32)

    def add_gold(self, path: Path, variants: int, most_words: int) -> None:
        """A file of documents; of those to learn from several variants with other names each."""
        part, chance = len(self.parts), random.Random(path.name)
        self.parts.append(path.stem)
        if path.stem.endswith(("-dev", "-heldout")):
            variants = 1
        for row in read_rows(path, most_words):
            text, size = len(self.chunks), len(row["words"])
            domain = DOMAINS.index(name_domain(row["lang"], row["labels"]))
            sets = (allow_tags(tag, row["labels"]) for tag in row["tags"])
            targets = [self.sets.setdefault(s, len(self.sets)) for s in sets]
            for variant in range(variants):
                words = row["words"]
                if variant:
                    words = exchange_name(words, row["tags"], chance)
                untold = np.zeros((size, 3), dtype=np.uint8)
                self.chunks.append(
                    (
                        self.number_words(words),
                        np.array(targets, dtype=np.int16),
                        untold,
                        untold,
                        np.array([size]),
                        np.array([[text, domain, part]]),
                    )
                )

    def add_silver(self, folder: Path, shares: dict[str, float]) -> None:
        """What the teacher labelled (``silver_*`` of a folder), a part for each language.

        ``shares`` says how much of each language's.
        """
        words = (folder / "silver_words.txt").read_text(encoding="utf-8").split("\n")[:-1]
        words = [word.replace("\\n", "\n") for word in words]
        tokens = np.load(folder / "silver_tokens.npy")
        offsets = np.load(folder / "silver_docs.npy")
        lang = np.load(folder / "silver_lang.npy")
        names = (folder / "tags.txt").read_text(encoding="utf-8").split()
        ours = np.array([TAGS.index(name) for name in names], dtype=np.uint8)
        with np.load(folder / "silver_top.npz") as arrays:
            top, chances = ours[arrays["tags"]], arrays["probabilities"]
        first_text, chance = len(self.chunks), np.random.default_rng(1)
        for language, share in shares.items():
            chosen = (lang == LANGUAGES.index(language)) & (chance.random(len(lang)) < share)
            documents = np.flatnonzero(chosen)
            kept = np.repeat(chosen, np.diff(offsets))
            used, which = np.unique(tokens[kept], return_inverse=True)
            numbers = self.number_words([words[i] for i in used])[which]
            part = np.full(len(documents), len(self.parts))
            self.parts.append(f"silver-{language}")
            domain = DOMAINS.index(name_domain(language, "silver"))
            texts = first_text + np.arange(len(documents))
            first_text += len(documents)
            self.chunks.append(
                (
                    numbers,
                    np.full(len(numbers), -1, dtype=np.int16),
                    top[kept],
                    chances[kept],
                    np.diff(offsets)[documents],
                    np.stack([texts, np.full_like(part, domain), part], axis=1),
                )
            )

    def write(self, vocab: Any, path: Path, processes: int) -> None:
        """Work out what is to be known of the words, and save all."""
        tokens, targets, top, chances, lengths, rows = (
            np.concatenate(arrays) for arrays in zip(*self.chunks, strict=True)
        )
        known = describe_all(list(self.word_numbers), vocab, processes)
        rounded, steps = round_columns(known.vectors)
        texts = np.repeat(np.arange(len(lengths)), lengths)
        bits, stems = known.bits[tokens], known.stems[tokens]
        mentions = np.zeros(len(tokens), dtype=np.int32)
        names = np.flatnonzero(stems)
        mentions[names] = group_names(stems[names], texts[names]) + 1
        allowed = np.zeros((len(self.sets), len(TAGS)), dtype=np.uint8)
        for tags, number in self.sets.items():
            allowed[number, [TAGS.index(tag) for tag in tags]] = 1
        np.savez(
            path,
            tables=np.array(TABLES),
            labels=np.array(LABELS),
            domains=np.array(DOMAINS),
            parts=np.array(self.parts),
            word_rows=known.rows.astype(np.uint16),
            word_vectors=rounded,
            vector_steps=steps,
            word_bits=known.bits,
            tokens=tokens,
            beside=look_beside(bits, stems, texts),
            mentions=mentions,
            lengths=lengths.astype(np.int32),
            documents=rows.astype(np.int32),
            targets=targets,
            top=top,
            chances=chances,
            allowed=allowed,
        )
        words = len(self.word_numbers)
        print(f"{path}: {len(lengths)} documents, {len(tokens)} tokens, {words} words")


_VOCAB: list[Any] = []  # of a worker


def _describe(words: list[str]) -> WordFeatures:
    return describe_words(words, _VOCAB[0], TABLES)


def describe_all(words: list[str], vocab: Any, processes: int) -> WordFeatures:
    """``describe_words`` by several processes."""
    _VOCAB[:] = [vocab]
    pieces = [words[i : i + 5000] for i in range(0, len(words), 5000)]
    if processes > 1:
        with get_context("fork").Pool(processes) as pool:
            found = pool.map(_describe, pieces, chunksize=1)
    else:
        found = [_describe(piece) for piece in pieces]
    return WordFeatures(
        *(
            np.concatenate([getattr(one, field) for one in found])
            for field in ("rows", "vectors", "bits", "stems")
        )
    )


def read_rows(path: Path, most_words: int) -> Iterator[dict[str, Any]]:
    """The documents of a file, up to so many words."""
    words = 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            words += len(row["words"])
            if words > most_words:
                return
            yield row


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pipeline", help="whose vectors to use")
    parser.add_argument("target", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--variants", type=int, default=6, help="of texts to learn from")
    parser.add_argument("--silver", type=Path, help="folder of what the teacher labelled")
    parser.add_argument("--languages", default="nb=1,nn=1", help="of the teacher's, how much")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--most-words", type=int, default=10**9, help="of each file")
    asked = parser.parse_args()
    vocab = spacy.load(asked.pipeline, exclude=["tok2vec", "ner"]).vocab
    packer = Packer()
    for path in asked.files:
        packer.add_gold(path, asked.variants, asked.most_words)
    if asked.silver is not None:
        pairs = (pair.split("=") for pair in asked.languages.split(","))
        packer.add_silver(asked.silver, {lang: float(share) for lang, share in pairs})
    packer.write(vocab, asked.target, asked.processes)


if __name__ == "__main__":
    main()
