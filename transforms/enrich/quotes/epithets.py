"""Nouns by which a text itself introduces somebody: *Veterinær Jan Holt*, later *veterinæren*."""

from __future__ import annotations

from collections import defaultdict

from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon


def find_epithets(cut: Segmentation, names: Names, lexicon: Lexicon) -> dict[str, set[str]]:
    """The full names that each definite noun may stand for, whether or not a list has the noun.

    It is the word right before a name, or the first one behind its comma.
    """
    words = lexicon.words
    others = words.closed | lexicon.verbs.keys()
    epithets: dict[str, set[str]] = defaultdict(set)
    for name in names.all:
        if name.is_person is False:
            continue
        for index in _list_places(cut, name):
            noun = cut.tokens[index].lower
            if noun[0].isalpha() and noun not in others:
                for ending in words.definite or ("",):
                    epithets[noun + ending].add(name.full)
    return epithets


def _list_places(cut: Segmentation, name: Name) -> list[int]:
    """Where, in a name's own sentence, nouns for its bearer stand."""
    sentence = cut.sentence_of(name.first)
    places = [name.first - 1] if name.first > sentence.first else []
    behind = name.last
    if behind + 2 < sentence.last and cut.tokens[behind].text == "(":
        behind += 3  # "(43)"
    if behind + 1 < sentence.last and cut.tokens[behind].text == ",":
        places.append(behind + 1)
    return places
