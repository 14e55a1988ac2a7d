"""What a verb of stating reports: *at han lyver*, *om det er sant*, *å betale*, *han lyver*."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from newsbeam.transforms.enrich.quotes.clauses import ClauseReader
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.settings.statement_lexicon import StatingVerb

# Tokens between a verb of stating and the clause that it reports. Ours.
_MAX_GAP = 20
# Tokens from a verb of urging to its infinitive.
_MAX_URGED = 5
# Words behind a verb of thinking that must be a clause, though no verb in them is known. Ours.
_MIN_VERBLESS = 4
_STOPS = frozenset("!?…;:")


class Complement(NamedTuple):
    """A reported clause: the token it begins at, and the one before which its reporter ends.

    Without a conjunction the reporter's subject may stand at its beginning: *mener Nes han …*.
    """

    start: int
    limit: int


class ComplementReader:
    """Finds the reported clauses of one text. ``spoken`` is not zero in quotes, per token."""

    def __init__(
        self,
        cut: Segmentation,
        names: Names,
        clauses: ClauseReader,
        lexicon: Lexicon,
        spoken: bytearray,
    ) -> None:
        self._tokens = cut.tokens
        self._lower = cut.words
        self._names = names
        self._clauses = clauses
        self._finite = self._clauses.verbs
        self._words = lexicon.words
        self._sets = lexicon.statements.sets
        self._spoken = spoken
        self._opening = self._words.subordinating - self._words.conjunctions

    def choose(self, verbs: Iterable[StatingVerb], cue: int, last: int) -> list[StatingVerb]:
        """Those of ``verbs`` whose words stand behind ``cue``: the "fast" of "slår … fast"."""
        near = set(self._lower[cue + 1 : min(last, cue + _MAX_GAP)])
        return [verb for verb in verbs if near.issuperset(verb.link)]

    def find(self, verb: StatingVerb, cue: int, last: int) -> Complement | None:
        """The clause that ``verb`` (one of those chosen) at ``cue`` reports, if it has one."""
        limit = min(last, cue + _MAX_GAP)
        index = cue
        while index + 1 < limit:
            index = self._skip_relative(index + 1, limit)
            token = self._tokens[index]
            if self._spoken[index] == 2 or (
                token.text in _STOPS and not self._tokens[index - 1].text.isdigit()  # "28. juli"
            ):
                break
            if token.text == "," and self._leaves(index + 1, limit):
                return None
            if token.lower in self._sets.complementizers:
                if self._spoken[index]:
                    return None
                start = self._read_marked(verb, cue, index, last)
                if start is not None:
                    return Complement(start, index)
                if token.lower in self._sets.conjunctions:
                    return None
            elif (
                verb.takes_infinitive
                and verb.link[-1:] == (self._tokens[index - 1].lower,)
                and self._sets.gerunds
                and token.lower.endswith(self._sets.gerunds)
            ):
                return Complement(index, index - 1)
            elif self._finite.is_finite(index):
                start = self._read_bare(verb, cue, index, last)
                if start is not None:
                    return Complement(start, index)
                if self._finite.is_listed(index):
                    break
        return self._read_urged(verb, cue, limit) or self._read_verbless(verb, cue, limit)

    def _skip_relative(self, index: int, limit: int) -> int:
        """The comma behind *, som er geolog,* at a token, else that token."""
        following = self._tokens[index + 1].lower if index + 1 < limit else ""
        if self._tokens[index].text == "," and following in self._sets.relatives:
            for at in range(index + 2, limit - 1):
                if self._tokens[at].text == ",":
                    return at
        return index

    def _read_urged(self, verb: StatingVerb, cue: int, last: int) -> Complement | None:
        """*ber folk holde seg hjemme*: an infinitive without its marker behind an object."""
        if verb.form not in self._sets.urging or verb.link:
            return None
        if cue + 1 < last and self._tokens[cue + 1].lower in self._words.prepositions:
            return None
        for index in range(cue + 2, min(last, cue + _MAX_URGED)):
            token, before = self._tokens[index], self._tokens[index - 1]
            if not before.is_word or before.lower in self._words.determiners:
                continue
            ends = token.lower.endswith(self._sets.infinitive_endings)
            plain = ends and token.lower not in self._words.closed and token.text[0].islower()
            if plain or token.lower in self._sets.infinitives:
                return Complement(index, index)
        return None

    def _read_verbless(self, verb: StatingVerb, cue: int, last: int) -> Complement | None:
        """*mener naboene overdriver sterkt*: a thought of which no verb is known."""
        if verb.form not in self._sets.thinking or verb.link:
            return None
        stop = cue + 1
        while stop < last and self._tokens[stop].is_word:
            stop += 1
        lower = self._tokens[cue + 1].lower if cue + 1 < last else ""
        outside = (self._words.prepositions, self._sets.negations, self._sets.joints)
        if stop - cue <= _MIN_VERBLESS or any(lower in words for words in outside):
            return None
        if any(token.lower in self._words.subordinating for token in self._tokens[cue + 1 : stop]):
            return None
        return Complement(cue + 1, stop)

    def _leaves(self, index: int, last: int) -> bool:
        """Whether a comma ends the reporting clause: *, og …*, *, mens …*."""
        return index < last and (
            self._tokens[index].lower in self._sets.joints
            or self._tokens[index].lower in self._sets.contrasts
        )

    def _read_marked(self, verb: StatingVerb, cue: int, index: int, last: int) -> int | None:
        """Where a clause begins that a conjunction, question word or infinitive marker opens."""
        if not self._has_link(verb, cue, index):
            return None
        lower = self._tokens[index].lower
        start = index + 1
        if lower in self._sets.conjunctions:
            return start if start < last else None
        if lower in self._sets.markers:
            between = (token.lower for token in self._tokens[cue + 1 : index - 1])
            hangs = bool(verb.link) and verb.link[-1] in between  # "for skatt for å spare"
            return index if verb.takes_infinitive and not hangs else None
        if verb.needs_document:
            return None
        if lower in self._sets.whether and verb.form not in self._sets.asking:
            return None
        near = index <= cue + 2 or bool(verb.link) or self._is_light(index - 1)
        return index if near and self._opens_question(start, last) else None

    def _opens_question(self, index: int, last: int) -> bool:
        """Whether a subject and a finite verb follow: "om" is a preposition too."""
        finite = self._finite.find_finite(index, min(last, index + _MAX_GAP), ",")
        if finite is None:
            return False
        between = self._tokens[index:finite]
        return not any(token.lower in self._sets.relatives for token in between[1:])

    def _is_light(self, index: int) -> bool:
        """Whether a word may stand between a verb and its question: adverb, name, pronoun."""
        token = self._tokens[index]
        return (
            token.lower in self._words.adverbs
            or token.lower in self._words.pronouns
            or token.is_capitalised
            or token.lower.endswith(self._words.definite)
        )

    def _has_link(self, verb: StatingVerb, cue: int, index: int) -> bool:
        """Whether the words of a verb's link stand right before a token, adverbs aside."""
        at = index - 1
        if not verb.link:
            before = self._tokens[at].lower
            hangs = before in self._words.prepositions and before not in self._sets.postpositions
            return at == cue or not hangs
        for number, word in enumerate(reversed(verb.link)):
            is_first = number == len(verb.link) - 1
            while at > cue and self._tokens[at].lower != word:
                if number == 0 or self._tokens[at].lower not in self._words.adverbs:
                    return False
                at -= 1
            if at <= cue:
                return False
            at -= 1
            if is_first:
                return True
        return False

    def is_bare(self, start: int, limit: int) -> bool:
        """Whether a clause whose finite verb is at ``limit`` can begin at ``start``.

        Not where only an adjunct stands there: *sier Nes til avisen før hun går*.
        """
        if start > limit or self._tokens[start].lower in self._words.prepositions:
            return False
        opening = self._opening.intersection(self._lower[start:limit])
        return opening <= self._sets.relatives

    def _find_told(self, verb: StatingVerb, cue: int, finite: int) -> int | None:
        """Where the clause begins behind whom it is told to, or when: *told her the bridge was
        shut*, *said on Monday he would go*. Only where articles open noun phrases."""
        articles = self._words.grammar.articles
        opener = self._tokens[cue + 1].lower
        hangs = opener in self._words.prepositions or opener in self._words.grammar.unnamed
        if not articles or not (hangs or verb.form in self._sets.telling):
            return None
        start = self._find_subject(finite, cue + 1)
        return start if start is not None and start > cue + 1 else None

    def _find_subject(self, finite: int, floor: int) -> int | None:
        """Where the subject right before a finite verb begins: a pronoun, a name, *the bridge*."""
        last = self._finite.skip_back(finite)
        if self._tokens[last].lower in self._words.subjects:
            return last
        name = self._names.ending.get(last + 1)
        index = last if name is None else name.first
        while index > floor and self._tokens[index].lower not in self._finite.articles:
            before = self._tokens[index - 1]
            is_article = before.lower in self._finite.articles
            if not before.is_word or (before.lower in self._words.closed and not is_article):
                break
            if name is not None and before.text[0].isupper():
                break
            index -= 1
        found = name is not None or self._tokens[index].lower in self._finite.articles
        return index if found else None

    def _read_bare(self, verb: StatingVerb, cue: int, finite: int, last: int) -> int | None:
        """Where a clause without conjunction begins, whose finite verb is known."""
        if not verb.takes_bare or verb.link:
            return None
        start = self._find_told(verb, cue, finite) or cue + 1
        while start < finite - 1 and self._tokens[start].lower in self._words.adverbs:
            start += 1
        if (
            start + 2 == finite
            and self._tokens[start + 1].lower in self._words.subjects
            and self._tokens[start].lower not in self._words.closed
            and not self._tokens[start].is_capitalised
        ):
            start += 1  # "mener absolutt det er"
        if self._tokens[start].lower in self._sets.reflexives:
            return None
        if (
            start >= finite
            or self._spoken[start]
            or self._tokens[start].lower in self._words.prepositions
            or self._tokens[start].lower in self._words.answers  # "svarer nei på spørsmålet om …"
        ):
            return None
        between = self._tokens[start:finite]
        if between[-1].lower in self._sets.joints:
            return None
        if any(token.lower in self._sets.relatives for token in between):
            commas = [at for at in range(start, finite) if self._tokens[at].text == ","]
            close = self._skip_relative(commas[0], last) if commas else 0
            if close + 1 >= finite and self._finite.is_finite(close + 1):
                return start  # "the bridge, which is old, is closed"
            stops = "" if verb.form in self._sets.thinking else ","
            again = self._finite.find_finite(finite + 1, last, stops)
            return start if again is not None else None
        if any(token.lower in self._opening or token.text == "," for token in between[1:]):
            return None
        return start
