"""Texts in today's style to learn from: our own sentences, filled with names known and made up.

What comes out is as ``gather_corpora.py`` writes. A name that no list holds and that stands in a
sentence which tells its kind ("the app X", "X won 2-1") teaches what lists cannot.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import spacy
from convert import Annotation, make_doc
from exchange_names import group_name
from gather_corpora import join_document, write_doc
from read_facts import read_fact

MADE_UP = 0.5  # of the names of a kind that has both made-up ones and listed ones
ALONE = 0.35  # of the texts have one sentence
MOST_WORDS = 110  # of the others
# A marked name, a slot with what follows it at once, or words to choose among.
_PIECE = re.compile(r"\[([^|\]]+)\|(\w+)\]|\{(\w+)\}(s\b)?|\(([^()/]+(?:/[^()/]+)+)\)")
_SLOT = re.compile(r"\{(\w+)\}")


class Names:
    """Names by kind, put together by chance."""

    def __init__(self, own: Path, facts: list[Path]) -> None:
        self.labels: dict[str, str] = {}
        self.listed: dict[str, list[str]] = defaultdict(list)
        self.patterns: dict[str, list[str]] = defaultdict(list)
        listed = defaultdict(list)
        for path in facts:
            for kind, name in read_fact(path):
                listed[kind].append(name)
        for section, name in read_fact(own):
            kind, _, label = section.partition(" ")
            self.labels[kind] = label
            if name.startswith("@"):
                self.listed[kind] += listed[name[1:]]
            elif name.startswith("~"):
                self.listed[kind] += group_name()[name[1:]]
            else:
                (self.patterns if "{" in name else self.listed)[kind].append(name)

    def choose(self, kind: str, chance: random.Random) -> str:
        """A name of a kind; made-up ones begin with a capital where the pattern does."""
        listed, patterns = self.listed[kind], self.patterns[kind]
        if listed and not (patterns and chance.random() < MADE_UP):
            return chance.choice(listed)
        drawn: dict[str, str] = {}

        def fill(slot: re.Match[str]) -> str:
            if slot[1] not in drawn:
                drawn[slot[1]] = self.choose(slot[1].rstrip("0123456789"), chance)
            return drawn[slot[1]]

        return _SLOT.sub(fill, chance.choice(patterns))

    def fill(self, line: str, chance: random.Random) -> tuple[str, list[Annotation]]:
        """The sentence with names, and where they are."""
        drawn: dict[str, str] = {}

        def get(slot: str) -> str:
            if slot not in drawn:
                kind, taken = slot.rstrip("0123456789"), set(drawn.values())
                tries = (self.choose(kind, chance) for _ in range(9))
                drawn[slot] = next((name for name in tries if name not in taken), kind)
            return drawn[slot]

        text, found, end = "", [], 0
        for piece in _PIECE.finditer(line):
            text += line[end : piece.start()]
            marked, label, slot, genitive, words = piece.groups()
            begin, end = len(text), piece.end()
            if words:
                text += chance.choice(words.split("/"))
                continue
            if marked:
                text += _SLOT.sub(lambda inner: get(inner[1]), marked)
            else:
                label, name = self.labels[slot.rstrip("0123456789")], get(slot)
                text += name + (("" if name[-1] in "sxz" else "s") if genitive else "")
            if label:
                found.append((begin, len(text), label))
        return text + line[end:], found


def write_texts(
    sentences: list[str], names: Names, chance: random.Random
) -> Iterator[tuple[str, list[Annotation]]]:
    """Yield each sentence once, filled, alone or with others in one text."""
    order = chance.sample(sentences, len(sentences))
    while order:
        alone, group, words = chance.random() < ALONE, [], 0
        limit = 1 if alone else chance.randint(20, MOST_WORDS)
        while order and words < limit:
            group.append(names.fill(order.pop(), chance))
            words += len(group[-1][0].split())
        yield join_document(group, chance)


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", help="pipeline with the tokenizer")
    parser.add_argument("sentences", type=Path)
    parser.add_argument("names", type=Path)
    parser.add_argument("target", type=Path, help="JSON lines")
    parser.add_argument("--facts", type=Path, nargs="*", default=[])
    parser.add_argument("--rounds", type=int, default=30, help="how often each sentence is filled")
    asked = parser.parse_args()
    nlp = spacy.load(asked.base)
    names = Names(asked.names, asked.facts)
    lines = asked.sentences.read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    chance, lost, count = random.Random(asked.target.name), 0, 0
    with asked.target.open("w", encoding="utf-8") as stream:
        for _ in range(asked.rounds):
            for lang in ("nb", "nn"):
                own = [sentence for language, sentence in pairs if language == lang]
                for text, found in write_texts(own, names, chance):
                    doc, unaligned = make_doc(nlp, text, found)
                    lost, count = lost + unaligned, count + len(doc.ents)
                    stream.write(write_doc(doc, lang, "norne"))
    print(f"{asked.target}: {count} entities, {lost} not on tokens")


if __name__ == "__main__":
    main()
