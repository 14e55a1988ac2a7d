"""Compare networks of one shape on texts that none learned from, also with other names in them.

Of each dev set: as it is; with its names exchanged for listed ones (``exchange_names.py``); with
names that no list holds (``unheard_names.py``). The last two say what a network makes of sentences
whose names it cannot know, and the luck of dev's own names is not in them. Tokens, exact span and
label. Scores of even and odd documents stand apart, so that one half can choose and the other tell.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nb_newsbeam
import numpy as np
from exchange_names import choose_name, exchange_name, read_span
from make_package import keep_domain, read_network
from nb_newsbeam.decode import choose_tags, read_entities
from nb_newsbeam.features import TABLES, WordFeatures, describe_words, look_beside
from nb_newsbeam.network import Network
from spacy.vocab import Vocab
from unheard_names import choose_unheard

DRAWS = 3  # of other names for each text
CHOICES = {"other": choose_name, "unheard": choose_unheard}
BATCH = 64  # documents

Span = tuple[int, int, str]  # first token, token behind the last, label


@dataclass
class Texts:
    """Documents of one check: the numbers of their words, where each ends, and what is right."""

    words: list[Any]
    right: list[set[Span]]
    silent: list[set[int]]  # tokens of which nothing is said
    names: list[list[str]]  # the words themselves


def read_texts(path: Path, numbers: dict[str, int]) -> dict[str, Texts]:
    """The documents as they are, with listed names and with unheard ones."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    made = {"dev": [(row["words"], row["tags"]) for row in rows]}
    for name, choose in CHOICES.items():
        chance = random.Random(f"{path.stem} {name}")
        made[name] = [
            (exchange_name(row["words"], row["tags"], chance, choose), row["tags"])
            for _ in range(DRAWS)
            for row in rows
        ]
    return {
        name: Texts(
            [np.array([numbers.setdefault(w, len(numbers)) for w in words]) for words, _ in texts],
            [set(read_span(tags)) for _, tags in texts],
            [{i for i, tag in enumerate(tags) if tag == "-"} for _, tags in texts],
            [list(words) for words, _ in texts],
        )
        for name, texts in made.items()
    }


def find_spans(network: Network, mixed: Any, known: WordFeatures, texts: Texts) -> list[set[Span]]:
    """What the network finds in each document."""
    found: list[set[Span]] = []
    for first in range(0, len(texts.words), BATCH):
        some = texts.words[first : first + BATCH]
        words = np.concatenate(some)
        owner = np.repeat(np.arange(len(some)), [len(one) for one in some])
        beside = look_beside(known.bits[words], known.stems[words], owner)
        scores = network.score_tags(mixed[words], beside, known.stems[words], owner)
        tags = choose_tags(scores, owner)
        begins = np.searchsorted(owner, np.arange(len(some)))
        spans: list[set[Span]] = [set() for _ in some]
        for start, end, label, _ in read_entities(tags, np.ones(len(tags))):
            one = int(owner[start])
            low = int(begins[one])
            spans[one].add((start - low, end - low, network.shape.labels[label]))
        silent = texts.silent[first : first + BATCH]
        found += [
            {span for span in some_spans if not quiet & set(range(span[0], span[1]))}
            for some_spans, quiet in zip(spans, silent, strict=True)
        ]
    return found


def count_f(right: list[set[Any]], found: list[set[Any]]) -> float:
    """F in percent."""
    hits = sum(len(one & two) for one, two in zip(right, found, strict=True))
    total = sum(map(len, right)) + sum(map(len, found))
    return round(200 * hits / max(1, total), 2)


def score(texts: Texts, found: list[set[Span]], known: set[str]) -> dict[str, Any]:
    """F of all, of both halves, of names not in ``known``, of spans alone and by label."""

    def keep(sides: list[set[Span]], label: str) -> list[set[Span]]:
        return [{span for span in spans if span[2] == label} for spans in sides]

    def is_new(words: list[str], span: Span) -> bool:
        return " ".join(words[span[0] : span[1]]) not in known

    sides = texts.right, found
    new = [
        [{s for s in spans if is_new(words, s)}
         for spans, words in zip(side, texts.names, strict=True)]
        for side in sides
    ]  # fmt: skip
    labels = sorted({span[2] for spans in texts.right for span in spans})
    return {
        "F": count_f(*sides),
        "even": count_f(*(side[::2] for side in sides)),
        "odd": count_f(*(side[1::2] for side in sides)),
        "new": count_f(*new),
        "new_even": count_f(*(side[::2] for side in new)),
        "new_odd": count_f(*(side[1::2] for side in new)),
        "spans": count_f(*([{s[:2] for s in spans} for spans in side] for side in sides)),
        **{label: count_f(*(keep(side, label) for side in sides)) for label in labels},
    }


def read_known(path: Path) -> set[str]:
    """The names of training texts."""
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {" ".join(row["words"][a:b]) for row in rows for a, b, _ in read_span(row["tags"])}


def read_any(path: str) -> Network:
    """What ``student.py`` wrote (a stem), or "shipped"."""
    if path == "shipped":
        found: Network = nb_newsbeam.load().get_pipe("ner").network
        return found
    return keep_domain(read_network(Path(path)), "norne")


def read_vocab() -> Vocab:
    """The vocabulary of the shipped pipeline, with its vectors."""
    return nb_newsbeam.load().vocab


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path, help="folder of gather_corpora.py")
    parser.add_argument("target", type=Path, help="JSON; what is in it already stays")
    parser.add_argument("networks", nargs="+", help='of student.py, without suffix, or "shipped"')
    asked = parser.parse_args()
    numbers: dict[str, int] = {}
    checks = {lang: read_texts(asked.gold / f"{lang}-dev.jsonl", numbers) for lang in ("nb", "nn")}
    seen = {lang: read_known(asked.gold / f"{lang}-train.jsonl") for lang in checks}
    known = describe_words(list(numbers), read_vocab(), TABLES)
    result = json.loads(asked.target.read_text("utf-8")) if asked.target.exists() else {}
    for name in asked.networks:
        network = read_any(name)
        mixed = network.mix_words(known)
        result[name] = {
            f"{lang} {kind}": score(texts, find_spans(network, mixed, known, texts), seen[lang])
            for lang, check in checks.items()
            for kind, texts in check.items()
        }
        for check_name, scores in result[name].items():
            print(name, check_name, scores, flush=True)
        asked.target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
