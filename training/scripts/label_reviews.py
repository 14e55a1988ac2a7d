"""Let a pipeline label raw text, where it is sure: more sentences to meet other names in.

What comes out is as ``gather_corpora.py`` writes; of tokens that the pipeline is less sure of
nothing is said. With its own names it would teach what is known already, so it is learned from with
other names in it (``vary_gold.py``).
"""

from __future__ import annotations

import argparse
import json
import lzma
import random
from collections.abc import Iterator
from pathlib import Path

import nb_newsbeam
import numpy as np
from nb_newsbeam.decode import choose_tags, list_tags, read_entities
from nb_newsbeam.stops import split_stops
from spacy.language import Language
from spacy.tokens import Doc

SURE = 0.9  # the least probability of a token that is told
WORDS = (60, 200)  # of a document
TOGETHER = 32  # documents


def read_texts(path: Path, skip: int, chance: random.Random) -> Iterator[str]:
    """Lines of a text (xz) put together to documents, one of so many."""
    group: list[str] = []
    size, limit, number = 0, chance.randint(*WORDS), 0
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if text := line.strip():
                group.append(text)
                size += len(text.split())
            if size >= limit:
                number += 1
                if number % skip == 0:
                    yield "\n".join(group)
                group, size, limit = [], 0, chance.randint(*WORDS)


def label_docs(nlp: Language, docs: list[Doc]) -> Iterator[tuple[list[str], int]]:
    """The tags of each document's tokens, and how many names are told."""
    recognizer = nlp.get_pipe("ner")
    texts = np.repeat(np.arange(len(docs)), [len(doc) for doc in docs])
    scores = recognizer._chosen.score_tags(*recognizer._read(docs, texts), texts)
    tags = choose_tags(scores, texts)
    chances = np.exp(scores[np.arange(len(tags)), tags])
    names = list_tags(recognizer.labels)
    told = np.array([names[tag] for tag in tags], dtype=object)
    told[chances < SURE] = "-"
    sure = np.zeros(len(tags), dtype=bool)
    for start, end, _, score in read_entities(tags, chances):
        if score < SURE:
            told[start:end] = "-"
        sure[start] = score >= SURE
    for number in range(len(docs)):
        own = texts == number
        yield told[own].tolist(), int(sure[own].sum())


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="raw text, xz")
    parser.add_argument("target", type=Path, help="JSON lines")
    parser.add_argument("--words", type=int, default=250_000)
    parser.add_argument("--skip", type=int, default=40, help="take one of so many documents")
    parser.add_argument("--fewest", type=int, default=3, help="names in a document")
    asked = parser.parse_args()
    nlp = nb_newsbeam.load()
    words = count = kept = 0
    docs: list[Doc] = []
    with asked.target.open("w", encoding="utf-8") as out:
        for text in read_texts(asked.source, asked.skip, random.Random(1)):
            docs.append(split_stops(nlp.make_doc(text)))
            if len(docs) < TOGETHER:
                continue
            for doc, (tags, names) in zip(docs, label_docs(nlp, docs), strict=True):
                if names < asked.fewest:
                    continue
                row = {
                    "lang": "nb",
                    "labels": "norne",
                    "words": [token.text for token in doc],
                    "spaces": [bool(token.whitespace_) for token in doc],
                    "tags": tags,
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                words, count, kept = words + len(doc), count + names, kept + 1
            docs = []
            if words >= asked.words:
                break
    print(f"{asked.target}: {kept} documents, {words} tokens, {count} names")


if __name__ == "__main__":
    main()
