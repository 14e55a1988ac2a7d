"""Names that no list holds, put together letter by letter, to measure what is left without lists.

A chain of letters (each follows from the three before it) learned from the listed words of a kind.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from functools import lru_cache

from exchange_names import group_name
from nb_newsbeam.words import ALL_LISTS, ENDINGS, LIST_BITS, describe_word

ORDER = 3  # letters that say which one follows
SHORTEST, LONGEST = 4, 13
ACRONYM = 5  # letters at most
KINDS = {"GPE_LOC": "town", "GPE_ORG": "town", "LOC": "town", "ORG": "company"}
_LETTERS = "ABCDEFGHIKLMNOPRSTUV"
# Endings that say what a name is: such names stay.
_ENDS = tuple(
    ending
    for kind in ("institution", "media", "landscape", "street", "building")
    for ending in ENDINGS[kind].split()
)


@lru_cache(maxsize=16)
def learn_letters(kind: str) -> dict[str, tuple[list[str], list[int]]]:
    """What follows each three letters in the listed words of a kind, and how often."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for word in group_name()[kind]:
        if word.isalpha() and word[0].isupper() and word[1:].islower():
            padded = "^" * ORDER + word + "$"
            for i in range(ORDER, len(padded)):
                counts[padded[i - ORDER : i]][padded[i]] += 1
    return {before: (list(after), list(after.values())) for before, after in counts.items()}


def is_unheard(word: str) -> bool:
    """Whether no list holds the word, alone or in the genitive."""
    return not any(describe_word(form)[0] & ALL_LISTS for form in (word, f"{word}s"))


def invent_word(kind: str, chance: random.Random) -> str:
    """A word like those of a kind that no list holds."""
    letters = learn_letters(kind)
    while True:
        word = "^" * ORDER
        while not word.endswith("$") and len(word) < ORDER + LONGEST + 1:
            word += chance.choices(*letters[word[-ORDER:]])[0]
        found = word.strip("^$")
        if word.endswith("$") and len(found) >= SHORTEST and is_unheard(found):
            return found


def choose_unheard(
    stem: str, label: str, bits: int, begins: bool, ends: bool, chance: random.Random
) -> str:
    """As ``exchange_names.choose_name``, but each name that can change becomes an unheard one."""
    if label == "PER" and len(stem) > 2 and stem.isalpha():
        known = bits & (LIST_BITS["given"] | LIST_BITS["given_abroad"])
        return invent_word("given" if not ends or (begins and known) else "surname", chance)
    if not (begins and ends) or label not in KINDS or stem.lower().endswith(_ENDS):
        return stem
    if stem.isupper() and stem.isalpha() and 2 <= len(stem) <= ACRONYM:
        while True:
            found = "".join(chance.choices(_LETTERS, k=len(stem)))
            if is_unheard(found):
                return found
    kind = KINDS[label]
    if label == "ORG" and bits & LIST_BITS["club"]:
        kind = "club"
    return invent_word(kind, chance) if stem.isalpha() else stem
