"""Names in a text: the runs of capitalised words, and whom they stand for.

Entities say what a run is where a model found one; without them (or where it erred) a person is
told by a first name, by a role noun before the name, or by the full name elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from transforms.lexicon import Lexicon
from transforms.quotes.sentences import Segmentation, Token
from transforms.records import PERSON_LABELS, Entity

# "NATOs", "FN's": what follows is another name.
_ACRONYM_GENITIVE = re.compile(r"[A-ZÆØÅ]{2}s$|['’]s$")
# Longer runs are headings in capitals or lists, and their parts would cost quadratic time.
_MAX_TOKENS = 8
# A shorter name in "s" is rather a name (Nes, Moss) than a genitive.
_MIN_GENITIVE = 5


class Name(NamedTuple):
    """A run of tokens ``first`` to ``last`` (exclusive) that reads as a name.

    ``text`` lacks a genitive ending. ``is_person`` is ``None`` where nothing tells. ``full`` is
    the fullest form in the article.
    """

    first: int
    last: int
    start: int
    end: int
    text: str
    is_person: bool | None
    is_genitive: bool
    full: str


class Names:
    """The names of a text, by the token they begin at and by the token they end at."""

    def __init__(self, cut: Segmentation, lexicon: Lexicon, entities: Sequence[Entity]) -> None:
        self._cut = cut
        self._words = lexicon.words
        self._verbs = lexicon.verbs
        self._openers = {sentence.first for sentence in cut.sentences}
        self._labelled = _spread(cut, entities)
        self._common = {token.lower for token in cut.tokens if token.text[0].islower()}
        self._proper = {
            token.text
            for index, token in enumerate(cut.tokens)
            if token.is_capitalised
            and index not in self._openers
            and not self._follows_opening(index)
        }
        runs = self._strip_openers(list(self._find_runs()))
        self._plain = {cut.text[cut.tokens[a].start : cut.tokens[b - 1].end] for a, b in runs}
        self._plain |= {cut.tokens[b - 1].text for _, b in runs}
        # What stands somewhere without a noun behind it is no genitive: "Nes" in ", sier Nes."
        self._absolute = {cut.tokens[b - 1].text for _, b in runs if not self._precedes_noun(b)}
        names = [self._read_name(first, last) for first, last in runs]
        full = _find_full_names(names)
        persons = {full[name.text] for name in names if name.is_person}
        names = [
            # Of two readings of one full name the person is right.
            name._replace(is_person=True) if " " in name.text and name.text in persons else name
            for name in names
        ]
        self.all = [
            name._replace(
                full=_longer(full.get(name.text, name.text), name.full, name.text),
                is_person=self._is_person(name, full),
            )
            for name in names
        ]
        self.starting = {name.first: name for name in self.all}
        self.ending = {name.last: name for name in self.all}

    def _find_runs(self) -> Iterable[tuple[int, int]]:
        tokens, index = self._cut.tokens, 0
        while index < len(tokens):
            if not self._opens_name(index):
                index += 1
                continue
            last = index + 1
            while last < len(tokens) and last - index < _MAX_TOKENS and self._continues_name(last):
                particle = tokens[last].lower in self._words.particles
                last += 2 if particle or _is_dot(tokens, last) else 1
            last = min(last, len(tokens))
            yield index, last
            index = last

    def _strip_openers(self, runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Take a headline's first word off a run whose rest is a name elsewhere, and a role.

        "Lettet Hansen" is a headline; "Kari Hansen" may be one too, but "Kari" is a first name or
        stands capitalised within another sentence.
        """
        tokens, words = self._cut.tokens, self._words
        headlines = {
            sentence.first
            for sentence in self._cut.sentences
            if tokens[sentence.last - 1].text not in ".!?:…"
        }
        later = {tokens[last - 1].text for first, last in runs if first not in self._openers}
        stripped = []
        for first, last in runs:
            opener = tokens[first]
            if last - first > 1 and opener.lower not in words.titles and self._is_role(opener):
                stripped.append((first + (first in self._openers), last))
                continue
            loose = first in headlines
            given = words.male | words.female
            named = opener.text in self._proper or opener.lower in given
            if last - first > 2 and not named and tokens[first + 1].lower in given:
                first += first in self._openers  # "Lagkamerat Kari Nes"
            if loose and last - first > 1 and not named and not self._is_labelled_person(first):
                known = tokens[last - 1].text in later
                first += known
            stripped.append((first, last))
        return stripped

    def _opens_name(self, index: int) -> bool:
        token = self._cut.tokens[index]
        if not token.is_capitalised:
            return False
        if index not in self._openers and not self._follows_opening(index):
            return token.lower not in self._words.speech
        following = self._cut.tokens[index + 1 : index + 2]
        precedes = bool(following) and following[0].is_capitalised
        if token.lower in self._words.closed:  # "Per Hansen", but not "Per dags dato"
            return precedes and token.lower in self._words.male | self._words.female
        if token.text in self._proper or self._is_labelled_person(index):
            return True
        if precedes:  # "President Tokajev": the role opens the sentence, not the name.
            return not self._is_role(token) or token.lower in self._words.titles
        if self._labelled:  # A model has read the text and found no name here.
            return index in self._labelled
        if token.lower in self._words.male | self._words.female:
            return True
        reports = bool(following) and (
            following[0].lower in self._verbs
            or (token.text.endswith("s") and self._is_role(following[0]))  # "Ryssdals datter"
        )
        plain = token.lower in self._common or token.lower.endswith(
            self._words.several + self._words.agents + self._words.definite
        )
        return reports and not plain and not self._is_role(token)

    def _is_labelled_person(self, index: int) -> bool:
        return index in self._labelled and self._labelled[index].label in PERSON_LABELS

    def _follows_opening(self, index: int) -> bool:
        """Whether a word is capitalised only because a colon, a mark or a dash precedes it."""
        return index > 0 and self._cut.tokens[index - 1].text in '-–—:«“„"*('

    def _continues_name(self, index: int) -> bool:
        tokens = self._cut.tokens
        token = tokens[index]
        gap = self._cut.text[tokens[index - 1].end : token.start]
        if "\n" in gap or len(gap) > 1:
            return False
        if _is_dot(tokens, index):
            return index + 1 < len(tokens) and tokens[index + 1].is_capitalised
        if _ACRONYM_GENITIVE.search(tokens[index - 1].text) or self._parts_owner(index):
            return False
        if token.lower in self._words.particles and token.text[0].islower():
            return index + 1 < len(tokens) and tokens[index + 1].is_capitalised
        return bool(gap) and token.is_capitalised and index not in self._openers

    def _parts_owner(self, index: int) -> bool:
        """Whether a first name begins behind an owner known elsewhere: *Civitas Kari Nes*."""
        before, token = self._cut.tokens[index - 1], self._cut.tokens[index]
        return (
            before.text.endswith("s")
            and before.text[:-1] in self._proper
            and token.lower in self._words.male | self._words.female
        )

    def _is_role(self, token: Token) -> bool:
        return self._words.role_stem(token.lower) is not None

    def _read_name(self, first: int, last: int) -> Name:
        tokens = self._cut.tokens
        start, end = tokens[first].start, tokens[last - 1].end
        text = self._cut.text[start:end]
        bare, genitive = self._without_genitive(first, last, text)
        entity = self._labelled.get(last - 1) or self._labelled.get(first)
        person = None if entity is None else entity.label in PERSON_LABELS
        full = entity.name if entity is not None and bare in entity.name else bare
        return Name(first, last, start, end, bare, person, genitive, full)

    def _without_genitive(self, first: int, last: int, text: str) -> tuple[str, bool]:
        """A name without the ending "s", and whether it is a genitive.

        "Hans" keeps its own: a genitive has the bare form elsewhere in the text, or a noun
        behind it wherever it stands.
        """
        tokens = self._cut.tokens
        following = tokens[last] if last < len(tokens) else None
        if following is not None and following.lower in self._words.genitives:
            return text, True
        for ending in ("'s", "’s", "'", "’"):
            if text.endswith(ending):
                return text[: -len(ending)], True
        if _ACRONYM_GENITIVE.search(text):
            return text[:-1], True
        if not text.endswith("s") or len(text) < 3:
            return text, False
        bare = text[:-1]
        if bare in self._plain:
            return bare, True
        entity = self._labelled.get(last - 1)
        if entity is not None and entity.name.endswith(bare) and entity.text.endswith("s"):
            return bare, True
        if len(tokens[last - 1].text) < _MIN_GENITIVE or tokens[last - 1].text in self._absolute:
            return text, False
        known = tokens[last - 1].lower in self._words.male | self._words.female
        return (text if known else bare, True) if self._precedes_noun(last) else (text, False)

    def _precedes_noun(self, last: int) -> bool:
        """Whether a word that can be a noun or an adjective follows a name."""
        following = self._cut.tokens[last] if last < len(self._cut.tokens) else None
        return (
            following is not None
            and following.text[0].islower()
            and (
                following.lower not in self._words.closed
                or following.lower in self._words.modifiers
            )
            and following.lower not in self._verbs
        )

    def _is_person(self, name: Name, full: dict[str, str]) -> bool | None:
        if name.is_person is not None:
            return name.is_person
        words = self._words
        given = words.male | words.female
        whole = full.get(name.text, name.text).lower().split()
        if whole[0] in given and (len(whole) > 1 or whole[0] not in words.titles):
            return True
        before = self._cut.tokens[name.first - 1] if name.first else None
        if before is None:
            return None
        return True if before.lower in words.titles or self._is_role(before) else None


def _is_dot(tokens: list[Token], index: int) -> bool:
    """Whether a token is the stop after an initial: "Abid Q. Raja"."""
    before = tokens[index - 1]
    return tokens[index].text == "." and len(before.text) == 1 and before.text.isupper()


def _spread(cut: Segmentation, entities: Sequence[Entity]) -> dict[int, Entity]:
    """Entities by the index of every token they cover."""
    spread: dict[int, Entity] = {}
    for entity in entities:
        index = cut.token_at(entity.start)
        while index < len(cut.tokens) and cut.tokens[index].start < entity.end:
            spread.setdefault(index, entity)
            index += 1
    return spread


def _find_full_names(names: list[Name]) -> dict[str, str]:
    """The fullest form of each name: the longest that ends, or begins, with its words."""
    by_last: dict[str, str] = {}
    by_first: dict[str, str] = {}
    by_ends: dict[tuple[str, str], str] = {}
    persons = {name.text for name in names if name.is_person}
    for name in names:
        words = name.text.split()
        if len(words) < 2 or (name.is_person is False and words[-1] not in persons):
            continue
        ends = (words[0], words[-1])
        if len(name.text) > len(by_ends.get(ends, "")):
            by_ends[ends] = name.text
        for position in range(1, len(words)):
            by_last.setdefault(" ".join(words[position:]), name.text)
        by_first.setdefault(words[0], name.text)
    full: dict[str, str] = {}
    for name in names:
        words = name.text.split()
        whole = by_last.get(name.text) or (by_first.get(name.text) if len(words) == 1 else None)
        parts = (whole or name.text).split()
        full[name.text] = by_ends.get((parts[0], parts[-1]), whole or name.text)
    return full


def _longer(one: str, other: str, text: str) -> str:
    """The longer of two forms that both hold ``text``."""
    return other if text in other and len(other) > len(one) else one
