"""Training texts with other names: the same sentences about people and places never heard of.

The augmenter gives some of the texts other names each time they are read, drawn from the lists of
the pipeline's layer of names, so that lists and context count for more than the names that these
papers wrote about.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import lru_cache

from nb_newsbeam.names import LIST_BITS, describe_word, read_names
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import registry

EXCHANGED = ("land", "town", "city", "party", "media", "company", "club")
SHARE = 0.67  # of the names in a chosen text
ABROAD = 0.25  # of the new names of people


@lru_cache(maxsize=1)
def group_name() -> dict[str, list[str]]:
    """The listed words of each kind that are of no other kind (people's names: of any)."""
    groups: dict[str, list[str]] = {kind: [] for kind in LIST_BITS}
    for word, bits in sorted(read_names().items()):
        for kind, bit in LIST_BITS.items():
            if bits & bit and (bits == bit or kind in {"given", "surname"}):
                groups[kind].append(word)
    return groups


def choose_name(stem: str, label: str, bits: int, begins: bool, ends: bool) -> str:
    """Another name for one word of an entity, or the same; ``bits`` are what the lists say of it.

    The last word of a person's name becomes a surname, the others given names; of other entities
    only those of one word change, to a word of the same kind.
    """
    if random.random() >= SHARE:
        return stem
    if label == "PER" and len(stem) > 2 and stem.isalpha():
        known = bits & (LIST_BITS["given"] | LIST_BITS["given_abroad"])
        kind = "given" if not ends or (begins and known) else "surname"
        return random.choice(group_name()[kind + ("_abroad" if random.random() < ABROAD else "")])
    kinds = [kind for kind in EXCHANGED if bits & LIST_BITS[kind]]
    if begins and ends and label != "DRV" and kinds:
        return random.choice(group_name()[random.choice(kinds)])
    return stem


def exchange_name(doc: Doc) -> list[str]:
    """The words of a text with other names, the same word changed the same way throughout."""
    changed: dict[str, str] = {}
    words = [token.text for token in doc]
    for entity in doc.ents:
        for token in entity:
            word = token.text
            if not word[:1].isupper() or (word.isupper() and len(word) > 4):
                continue
            stem = describe_word(word)[1]
            if stem not in changed:
                begins, ends = token.i == entity.start, token.i + 1 == entity.end
                bits = describe_word(stem)[0]
                changed[stem] = choose_name(stem, entity.label_, bits, begins, ends)
            new = changed[stem]
            if new != stem:
                words[token.i] = new if new.endswith("s") else new + word[len(stem) :]
    return words


@registry.augmenters("newsbeam.exchange_names.v1")
def make_augmenter(level: float) -> Callable[[Language, Example], Iterator[Example]]:
    """An augmenter that gives a share ``level`` of the texts other names."""

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        doc = example.reference
        if random.random() >= level:
            yield example
            return
        words, spaces = exchange_name(doc), [bool(token.whitespace_) for token in doc]
        new = Doc(nlp.vocab, words=words, spaces=spaces)
        missing = [new[token.i : token.i + 1] for token in doc if token.ent_iob == 0]
        entities = [Span(new, e.start, e.end, label=e.label_) for e in doc.ents]
        new.set_ents(entities, missing=missing, default="outside")
        yield Example(Doc(nlp.vocab, words=words, spaces=spaces), new)

    return augment
