"""Names in a text: the runs of capitalised words, and whom they stand for.

Entities say what a run is where a model found one; without them (or where it erred) a person is
told by a first name, by a role noun before the name, or by the full name elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from transforms.lexicon import Lexicon
from transforms.records import Entity
from transforms.sentences import Segmentation, Token

_PERSON = "PER"
# Longer runs are headings in capitals or lists, and their parts would cost quadratic time.
_MAX_TOKENS = 8


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
        names = [self._name(first, last) for first, last in runs]
        full = _find_full_names(names)
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
            owner = self._labelled.get(index)
            while last < len(tokens) and last - index < _MAX_TOKENS and self._continues_name(last):
                other = self._labelled.get(last)
                if (
                    other is not owner
                    and (other or owner)
                    and _PERSON
                    in (
                        getattr(other, "label", None),
                        getattr(owner, "label", None),
                    )
                ):
                    break
                last += (
                    2 if tokens[last].lower in self._words.particles or _is_dot(tokens, last) else 1
                )
            last = min(last, len(tokens))
            yield index, last
            index = last

    def _strip_openers(self, runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Take a headline's first word off a run whose rest is a name elsewhere.

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
            loose = first in headlines
            named = opener.text in self._proper or opener.lower in words.male | words.female
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
        return token.lower not in self._common and not self._is_role(token)

    def _is_labelled_person(self, index: int) -> bool:
        return index in self._labelled and self._labelled[index].label == _PERSON

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
        if tokens[index - 1].text.endswith(("'s", "’s")):
            return False
        if token.lower in self._words.particles and token.text[0].islower():
            return index + 1 < len(tokens) and tokens[index + 1].is_capitalised
        return bool(gap) and token.is_capitalised and index not in self._openers

    def _is_role(self, token: Token) -> bool:
        return self._words.role_stem(token.lower) is not None

    def _name(self, first: int, last: int) -> Name:
        tokens = self._cut.tokens
        start, end = tokens[first].start, tokens[last - 1].end
        text = self._cut.text[start:end]
        bare, genitive = self._without_genitive(first, last, text)
        entity = self._labelled.get(first) or self._labelled.get(last - 1)
        person = None if entity is None else entity.label == _PERSON
        full = entity.name if entity is not None and bare in entity.name else bare
        return Name(first, last, start, end, bare, person, genitive, full)

    def _without_genitive(self, first: int, last: int, text: str) -> tuple[str, bool]:
        """A name without the ending "s", and whether it is a genitive.

        "Hans" and "Lukas" keep theirs: a genitive needs a noun behind it, or the bare form
        elsewhere in the text.
        """
        tokens = self._cut.tokens
        following = tokens[last] if last < len(tokens) else None
        if following is not None and following.lower in self._words.genitives:
            return text, True
        for ending in ("'s", "’s", "'", "’"):
            if text.endswith(ending):
                return text[: -len(ending)], True
        if not text.endswith("s") or len(text) < 3:
            return text, False
        bare = text[:-1]
        if bare in self._plain:
            return bare, True
        entity = self._labelled.get(last - 1)
        if entity is not None and entity.name.endswith(bare) and entity.text.endswith("s"):
            return bare, True
        noun = following is not None and following.text[0].islower()
        if noun and following is not None and following.lower not in self._words.closed:
            known = tokens[first].lower in self._words.male | self._words.female
            return (text, True) if last - first == 1 and known else (bare, True)
        return text, False

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
    for name in names:
        words = name.text.split()
        if len(words) < 2 or name.is_person is False:
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
        ends = (whole or name.text).split()
        full[name.text] = by_ends.get((ends[0], ends[-1]), whole or name.text)
    return full


def _longer(one: str, other: str, text: str) -> str:
    """The longer of two forms that both hold ``text``."""
    return other if text in other and len(other) > len(one) else one
