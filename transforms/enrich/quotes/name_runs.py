"""The runs of capitalised words in a text that read as names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from newsbeam.transforms.enrich.quotes.capitals import Capitals
from newsbeam.transforms.enrich.quotes.labels import Labels
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, Token, is_initial_stop
from newsbeam.transforms.enrich.quotes.titled_runs import list_named_parts
from newsbeam.transforms.records import PERSON_LABELS
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.text.characters import CLOSING_MARKS

# Longer runs are headings in capitals or lists, and their parts would cost quadratic time.
_MAX_TOKENS = 8
# Tokens from the preposition behind a role to the name there: "for partiet Rødt".
_MAX_COMPLEMENT = 4


class NameRuns:
    """Finds the runs of one text."""

    def __init__(self, cut: Segmentation, lexicon: Lexicon, labels: Labels) -> None:
        self._cut = cut
        self._words = lexicon.words
        self._verbs = lexicon.verbs
        self._openers = cut.openers
        self._labels = labels
        self._labelled = labels.by_token
        nouns = lexicon.words.grammar.nouns_capitalised
        self._capitals = Capitals(cut.tokens, lexicon.words) if nouns else None
        self._capitalised = [
            index for index, token in enumerate(cut.tokens) if token.is_capitalised
        ]
        self._proper = {
            cut.tokens[index].text
            for index in self._capitalised
            if index not in self._openers and not self._follows_opening(index)
        }

    @cached_property
    def _common(self) -> frozenset[str]:
        """The words that stand without a capital somewhere."""
        return frozenset(token.lower for token in self._cut.tokens if token.text[0].islower())

    def find(self) -> list[tuple[int, int]]:
        """The runs in order, as the tokens they begin at and end before."""
        found = set(self._find_runs())
        # "Svenskt Näringsliv" has no title, though there are Swedes.
        bodies = {run for run in found if self._labels.is_whole_name(*run)}
        titled = list_named_parts(sorted(found - bodies), self._cut.tokens, self._words)
        return sorted([*bodies, *self._strip_openers(titled)])

    def _find_runs(self) -> Iterable[tuple[int, int]]:
        tokens, last = self._cut.tokens, 0
        for index in self._capitalised:
            if index < last or not self._opens_name(index):
                continue
            last = index + 1
            while (
                last < len(tokens)
                and last - index < _MAX_TOKENS
                and self._continues_name(last, index)
            ):
                last = self._skip_particles(last) + 1 + is_initial_stop(tokens, last)
            last = min(last, len(tokens))
            yield index, last

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
            if last - first > 1 and self._is_told_apart(first):  # "Bloggeren Kari"
                stripped.append((first + 1, last))
                continue
            loose = first in headlines
            named = opener.text in self._proper or opener.lower in words.given
            if last - first > 2 and not named and tokens[first + 1].lower in words.given:
                first += first in self._openers  # "Lagkamerat Kari Nes"
            if loose and last - first > 1 and not named and not self._labels.is_person(first):
                known = tokens[last - 1].text in later
                first += known
            stripped.append((first, last))
        return stripped

    def _is_told_apart(self, index: int) -> bool:
        """Whether a model has a person begin right behind the word that opens a sentence."""
        opener = self._cut.tokens[index].lower
        return (
            index in self._openers
            and index not in self._labelled
            and self._labels.is_person(index + 1)
            and opener not in self._words.given
            and opener not in self._words.titles
        )

    def _opens_name(self, index: int) -> bool:
        """Whether a name begins at a capitalised token."""
        token = self._cut.tokens[index]
        if token.lower in self._words.grammar.unnamed or self._heads_news(index):
            return False
        if self._labels.opens_name(index):  # "Det hvite hus"
            return True
        if self._capitals is not None and index not in self._labelled:
            return self._capitals.opens(index)
        if index not in self._openers and not self._follows_opening(index):
            return token.lower not in self._words.speech
        following = self._cut.tokens[index + 1 : index + 2]
        precedes = bool(following) and following[0].is_capitalised
        if token.lower in self._words.closed:  # "Per Hansen", but not "Per dags dato"
            return precedes and token.lower in self._words.given
        if token.text in self._proper or self._labels.is_person(index):
            return True
        if precedes:  # "President Tokajev": the role opens the sentence, not the name.
            named = index in self._labelled and not self._labels.is_person(index)
            return named or token.lower in self._words.titles or not self._is_role(token)
        if self._labelled:  # A model has read the text and found no name here.
            return index in self._labelled
        if token.lower in self._words.given:
            return True
        reports = bool(following) and (
            following[0].lower in self._verbs
            or (token.text.endswith("s") and self._is_role(following[0]))  # "Ryssdals datter"
        )
        owner = token.lower.removesuffix("s")  # "Politiets innsatsleder"
        plain = (
            not self._common.isdisjoint((token.lower, owner))
            or self._words.is_collective(owner)
            or token.lower.endswith(self._words.several + self._words.agents + self._words.definite)
        )
        return reports and not plain and not self._is_role(token)

    def _heads_news(self, index: int) -> bool:
        """Whether a noun with an age stands for somebody nameless: *Gutt (13) savnet*."""
        token, *behind = self._cut.tokens[index : index + 3]
        return (
            index in self._openers
            and [other.text for other in behind[:1]] == ["("]
            and behind[-1].text.isdigit()
            and self._is_role(token)
        )

    def _follows_opening(self, index: int) -> bool:
        """Whether a word is capitalised only because a colon, a mark or a dash precedes it."""
        before = self._cut.tokens[index - 1]
        if index > 0 and before.text in CLOSING_MARKS:  # ”So”, »so«
            return before.end == self._cut.tokens[index].start
        return index > 0 and before.text in '-–—:«“„"*('

    def _continues_name(self, index: int, first: int) -> bool:
        tokens = self._cut.tokens
        token = tokens[index]
        entity = self._labelled.get(index)
        may_go_on = token.is_capitalised or token.text == "." or self._is_particle(index)
        if entity is None and not may_go_on:
            return False
        gap = self._cut.text[tokens[index - 1].end : token.start]
        if "\n" in gap or len(gap) > 1 or token.lower in self._words.grammar.unnamed:
            return False
        if token.text[0].islower() and entity is not None and entity.label not in PERSON_LABELS:
            return entity is self._labelled.get(index - 1)  # "Statens vegvesen"
        if is_initial_stop(tokens, index):
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            return (
                following is not None
                and following.is_capitalised
                and "\n" not in self._cut.text[token.end : following.start]
            )
        if ends_acronym(tokens[index - 1].text) or self._parts_owner(index):
            return False
        capitals = self._capitals
        ended = (
            capitals is not None and index - 1 not in self._labelled and capitals.ends(index - 1)
        )
        if ended or self._begins_person(index, first):
            return False
        if self._is_particle(index):
            return self._continues_behind(self._skip_particles(index))
        return bool(gap) and token.is_capitalised and index not in self._openers

    def _is_particle(self, index: int) -> bool:
        token = self._cut.tokens[index]
        return token.lower in self._words.particles and token.text[0].islower()

    def _skip_particles(self, index: int) -> int:
        """The first token that is no particle: *Leyen* in *von der Leyen*."""
        while index + 1 < len(self._cut.tokens) and self._is_particle(index):
            index += 1
        return index

    def _continues_behind(self, index: int) -> bool:
        """Whether a name goes on behind a particle; not in *Støre da NTB ringte*."""
        token, entity = self._cut.tokens[index], self._labelled.get(index)
        apart = entity is not None and entity.start == token.start
        another = apart and entity is not None and entity.label not in PERSON_LABELS
        return token.is_capitalised and not another and not token.text[-2:].isupper()

    def _parts_owner(self, index: int) -> bool:
        """Whether a first name begins behind an owner known elsewhere: *Civitas Kari Nes*."""
        before, token = self._cut.tokens[index - 1], self._cut.tokens[index]
        return (
            before.text.endswith("s")
            and before.text[:-1] in self._proper
            and token.lower in self._words.given
        )

    def _begins_person(self, index: int, first: int) -> bool:
        """Whether a person's name begins or ends within a run: *leder i Lillevik Lag Kari Nes*.

        A model says so, or without one a first name behind what belongs to a role.
        """
        entity, before = self._labelled.get(index), self._labelled.get(index - 1)
        if entity is not None or before is not None:
            return (
                entity is not None
                and before is not None
                and entity.start == self._cut.tokens[index].start
                and (entity.label in PERSON_LABELS) != (before.label in PERSON_LABELS)
            )
        tokens, given = self._cut.tokens, self._words.given
        return (
            tokens[index].lower in given
            and index + 1 < len(tokens)
            and tokens[index + 1].is_capitalised
            and not any(token.lower in given for token in tokens[first:index])
            and self._complements_role(first)
        )

    def _complements_role(self, index: int) -> bool:
        """Whether what begins at a token says of what somebody is a leader."""
        for at in range(index - 1, max(index - _MAX_COMPLEMENT, 1) - 1, -1):
            token = self._cut.tokens[at]
            if token.lower in self._words.complements:
                return self._is_role(self._cut.tokens[at - 1])
            if not token.text[0].islower():
                return False
        return False

    def _is_role(self, token: Token) -> bool:
        several = token.lower in self._words.persons.groups  # "Kilder VG har snakket med"
        return several or self._words.role_stem(token.lower) is not None


def ends_acronym(text: str) -> bool:
    """Whether a word is a genitive behind which another name begins: "NATOs", "FN's", "EU:s"."""
    return text.endswith(("'s", "’s", ":s")) or (text.endswith("s") and text[-3:-1].isupper())
