"""Training texts with other names: the same sentences about people and places never heard of.

Drawn from the recognizer's lists of names, so that lists and context count for more than the names
that these papers wrote about.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from nb_newsbeam.words import LIST_BITS, describe_word, read_names

EXCHANGED = ("land", "town", "city", "party", "media", "company", "club")
SHARE = 0.67  # of the names in a text
ABROAD = 0.25  # of the new names of people
# (word, label, what the lists say of it, whether it begins and ends its name, chance) -> new word
Choose = Callable[[str, str, int, bool, bool, random.Random], str]


@lru_cache(maxsize=1)
def group_name() -> dict[str, list[str]]:
    """The listed words of each kind that are of no other kind (people's names: of any)."""
    groups: dict[str, list[str]] = {kind: [] for kind in LIST_BITS}
    for word, bits in sorted(read_names().items()):
        for kind, bit in LIST_BITS.items():
            if bits & bit and (bits == bit or kind in {"given", "surname"}):
                groups[kind].append(word)
    return groups


def choose_name(
    stem: str, label: str, bits: int, begins: bool, ends: bool, chance: random.Random
) -> str:
    """Another name for one word of an entity, or the same; ``bits`` are what the lists say of it.

    The last word of a person's name becomes a surname, the others given names; of other entities
    only those of one word change, to a word of the same kind.
    """
    if chance.random() >= SHARE:
        return stem
    if label == "PER" and len(stem) > 2 and stem.isalpha():
        known = bits & (LIST_BITS["given"] | LIST_BITS["given_abroad"])
        kind = "given" if not ends or (begins and known) else "surname"
        return chance.choice(group_name()[kind + ("_abroad" if chance.random() < ABROAD else "")])
    kinds = [kind for kind in EXCHANGED if bits & LIST_BITS[kind]]
    if begins and ends and label != "DRV" and kinds:
        return chance.choice(group_name()[chance.choice(kinds)])
    return stem


def read_span(tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield (first token, token behind the last, label) of each entity of BILUO ``tags``."""
    start = 0
    for i, tag in enumerate(tags):
        mark, _, label = tag.partition("-")
        if mark in {"B", "U"}:
            start = i
        if mark in {"L", "U"}:
            yield start, i + 1, label


def exchange_name(
    words: Sequence[str], tags: Sequence[str], chance: random.Random, choose: Choose = choose_name
) -> list[str]:
    """The words of a text with other names, the same word changed the same way throughout.

    ``choose`` says what becomes of each.
    """
    changed: dict[str, str] = {}
    found = list(words)
    for start, end, label in read_span(tags):
        for i in range(start, end):
            word = words[i]
            if not word[:1].isupper() or (word.isupper() and len(word) > 4):
                continue
            stem = describe_word(word)[1]
            if stem not in changed:
                begins, ends = i == start, i + 1 == end
                bits = describe_word(stem)[0]
                changed[stem] = choose(stem, label, bits, begins, ends, chance)
            new = changed[stem]
            if new != stem:
                found[i] = new if new.endswith("s") else new + word[len(stem) :]
    return found
