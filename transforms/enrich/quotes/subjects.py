"""The subject of a verb of stating, wherever its clause has it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from newsbeam.transforms.enrich.quotes.clauses import ClauseReader
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention, NounPhraseReader
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.settings.statement_lexicon import StatingVerb

# Tokens from a participle back to its auxiliary verb.
_MAX_AUXILIARY = 10
_MAX_SHARED = 20
# Tokens of the noun phrase before "who".
_MAX_ANTECEDENT = 12
# Shorter words with the ending of a definite noun may be adjectives: "egen". Ours.
_MIN_DEFINITE = 6
_STRONG = ("name", "pronoun")


@dataclass(frozen=True, slots=True)
class Subject:
    """Who states something. ``is_left_out``: the clause has no subject of its own."""

    mention: Mention | None = None
    is_relative: bool = False
    is_left_out: bool = False


class SubjectReader:
    """Reads subjects in one text; ``enter`` begins a new stretch."""

    def __init__(
        self, cut: Segmentation, names: Names, clauses: ClauseReader, lexicon: Lexicon
    ) -> None:
        self._tokens = cut.tokens
        self._lower = cut.words
        self._names = names
        self._clauses = clauses
        self._finite = self._clauses.verbs
        self._words = lexicon.words
        self._stating = lexicon.statements.verbs
        self._sets = lexicon.statements.sets
        self._phrases = NounPhraseReader(cut, names, lexicon)
        words, sets = self._words, self._sets
        subordinating = words.subordinating
        # "Da han …", "Også Nes …"
        self._openers = (subordinating | words.adverbs) - words.prepositions
        fronts = words.prepositions | words.adverbs | subordinating
        self._fronts = fronts - words.determiners - words.indefinite
        self._subordinators = subordinating - sets.joints - words.conjunctions - words.adverbs
        # What goes on a noun phrase, and what ends one before a relative clause.
        self._hanging = words.complements | words.genitives | words.conjunctions
        self._parting = (words.prepositions - words.complements) | sets.joints | subordinating
        self._last: Mention | None = None

    def enter(self, mention: Mention | None) -> None:
        """Begin a new stretch, in which ``mention``, if any, has spoken already."""
        self._last = mention

    def note(self, mention: Mention) -> None:
        """Take note of who spoke last: *… og sier at* may follow."""
        self._last = mention

    def find_finite(self, cue: int, first: int) -> tuple[int, bool] | None:
        """The finite verb of a cue, and whether it makes hearsay of it (*skal ha sagt*).

        ``None`` where there is none: an infinitive, or what is yet to be said.
        """
        lower = self._tokens[cue].lower
        needs = lower in self._sets.nonfinite
        if lower.endswith("r") and not needs:
            return cue, False
        have = False
        if cue > first and self._tokens[cue - 1].lower in self._words.copulas:
            return None  # "Residents have been told that …"
        for index in range(cue - 1, max(first, cue - _MAX_AUXILIARY) - 1, -1):
            token = self._tokens[index]
            if token.text in ",;:.–" or token.lower in self._sets.markers:
                shares = needs and self._tokens[cue - 1].lower in self._sets.joints
                return (
                    self._find_shared_auxiliary(index, first)
                    if shares
                    else (None if needs else (cue, False))
                )
            if token.lower in self._sets.have:
                have = True
            elif token.lower in self._sets.hearsay:
                return (index, True) if have else None
            elif token.lower in self._sets.perfect:
                return index, False
            elif token.lower in self._sets.modal:
                return (index, False) if needs else (cue, False)
            elif self._finite.is_finite(index) or token.lower in self._sets.conjunctions:
                break
        return None if needs else (cue, False)

    def _find_shared_auxiliary(self, index: int, first: int) -> tuple[int, bool] | None:
        """*har nektet straffskyld, men erkjent at …*: the auxiliary before the "but"."""
        for at in range(index - 1, max(first, index - _MAX_SHARED) - 1, -1):
            if self._tokens[at].lower in self._sets.perfect:
                return at, False
        return None

    def is_denied(self, form: StatingVerb, finite: int, cue: int, start: int) -> bool:
        """Whether a "not" stands in the reporting clause, or an "if" before it."""
        negations = self._sets.negations.difference(form.link)
        around = self._lower[finite : max(cue, start)]
        before = self._lower[max(finite - 3, 0) : finite]
        return not (
            negations.isdisjoint(around)
            and negations.isdisjoint(before[-1:])
            and self._sets.conditions.isdisjoint(before)
        )

    def find(
        self, finite: int, cue: int, limit: int, first: int, *, takes_object: bool = False
    ) -> Subject:
        """The subject of a finite verb; it may stand behind it, before token ``limit``.

        Of a verb that ``takes_object`` (*anklager Moe for*) who stands before it is the subject.
        """
        tokens = self._tokens
        end = cue if finite < cue else limit
        at = finite - 1
        while at >= first and (
            self._finite.is_adverb(at) or tokens[at].lower in self._sets.negations
        ):
            at -= 1
        if at < first or not (tokens[at].is_word or tokens[at].text in ',)»”"'):
            behind = self.read_phrase(finite + 1, end)
            ends = behind is not None and behind.last >= end < len(tokens)
            if ends and self._finite.is_finite(end):
                return Subject(is_left_out=True)  # "Håper Brann vinner"
            return Subject(behind, is_left_out=behind is None)
        lower = tokens[at].lower
        if lower in self._sets.relatives:
            return Subject(self._read_antecedent(at, first), is_relative=True)
        if lower in self._sets.joints and at > first:
            return self._find_shared(at, first)
        is_pronoun = lower in self._words.pronouns or lower in self._sets.things
        if is_pronoun and at == finite - 1:
            opens = self._is_subordinate(at, first)
            return Subject(Mention(at, at + 1, "pronoun", at), is_relative=opens)
        if lower in self._words.speech or lower in self._words.indefinite:
            return Subject()
        opening = self._clauses.start_of(finite, first)
        is_subordinate = self._is_subordinate(opening, first)
        while opening < at and (
            tokens[opening].lower in self._sets.joints or not tokens[opening].is_word
        ):
            opening += 1
        if self._words.grammar.subject_first and finite > first:
            mention = self._clauses.subject_first.read_before(finite, opening)
            return Subject(mention, is_relative=is_subordinate)
        behind = self._read_behind(finite, end)
        before = self._read_before(opening, finite)
        if before is not None and behind is not None and self._opens_clause(behind):
            behind = None  # "Forskere mener de har funnet svaret"
        if before is None and self._finite.find_finite(opening + 1, finite) is None:
            before = self._read_after_opener(opening, finite)
        if before is None or (
            behind is not None
            and behind.kind in _STRONG
            and self._is_vague(before)
            and not (takes_object and self._tokens[before.head].is_capitalised)
        ):
            name = self._read_adjacent(at + 1, first) if behind is None else None
            return Subject(behind or name, is_relative=is_subordinate)
        return Subject(before, is_relative=is_subordinate)

    def _opens_clause(self, mention: Mention) -> bool:
        """Whether a pronoun is the subject of a verb right behind it."""
        follows = mention.last < len(self._tokens)
        return mention.kind == "pronoun" and follows and self._finite.is_finite(mention.last)

    def _is_subordinate(self, opening: int, first: int) -> bool:
        """Whether a clause is one that its sentence goes on behind: *Når Nes sier at …, er det*."""
        while (
            self._tokens[opening].lower in self._sets.joints and self._tokens[opening + 1].is_word
        ):
            opening += 1
        opener = self._tokens[opening]
        if opening - 1 == first and self._tokens[first].lower in self._sets.conjunctions:
            return True  # "At Nes sier at …, er klart"
        if (
            opener.lower in self._words.subordinating
            and opener.lower in self._words.adverbs
            and not self._finite.is_finite(opening + 1)
        ):
            return True  # "Da han sa at …, kom det"
        before = self._tokens[max(opening - 2, first) : opening]
        around = [token.lower for token in self._tokens[max(opening - 2, first) : opening + 2]]
        if any(
            two in self._sets.whether
            and one in self._words.adverbs
            and one not in self._sets.joints
            for one, two in itertools.pairwise(around)
        ):
            return True  # "Selv om Nes mener at …"
        return any(token.lower in self._subordinators for token in (*before, opener))

    def _is_vague(self, mention: Mention) -> bool:
        """Whether a noun is no known speaker: *Dagen etter sier han*."""
        lower = self._tokens[mention.head].lower
        return mention.kind == "role" and not (
            self._words.role_stem(lower)
            or self._words.is_collective(lower)
            or self.is_document(mention)
        )

    def _read_before(self, opening: int, finite: int) -> Mention | None:
        """The phrase that opens a clause, if it can be its subject."""
        lower = self._tokens[opening].lower
        if lower in self._fronts or lower in self._words.dummy or lower in self._words.speech:
            return None
        return self.read_phrase(opening, finite)

    def _read_after_opener(self, opening: int, finite: int) -> Mention | None:
        """*Mens naboene frykter at …*: the subject behind the word that opens the clause."""
        if self._tokens[opening].lower in self._openers and opening + 1 < finite:
            return self._read_before(opening + 1, finite)
        return None

    def _read_behind(self, finite: int, end: int) -> Mention | None:
        return self.read_phrase(finite + 1, end) if finite + 1 < end else None

    def _read_adjacent(self, finite: int, first: int) -> Mention | None:
        """A name or role right before a verb, where the clause opens with something else."""
        name = self._names.ending.get(finite)
        if name is not None:
            return (
                None
                if name.is_genitive
                else self._phrases.name_with_title(name.first, name.last, first)
            )
        noun = Mention(finite - 1, finite, "role", finite - 1)
        known = self._words.role_stem(self._tokens[finite - 1].lower) is not None
        return noun if known or self._words.is_collective(self._tokens[finite - 1].lower) else None

    def read_phrase(self, index: int, last: int) -> Mention | None:
        """The noun phrase at a token as a source; *flere naboer* counts, *mange* does not."""
        index = self._phrases.skip_adverbials(index, last)
        finite = self._finite.find_finite(index + 1, last)
        last = self._end_phrase(index, last if finite is None else min(last, finite))
        if index >= last:
            return None
        token = self._tokens[index]
        if token.lower in self._sets.oblique and not self._opens_phrase(index + 1, last):
            return Mention(index, index + 1, "pronoun", index)
        if token.lower in self._sets.things and not self._opens_phrase(index + 1, last):
            return Mention(index, index + 1, "pronoun", index)
        if token.lower in self._words.indefinite and self._opens_phrase(index + 1, last):
            return self._phrases.read_subject(index + 1, last)
        found = self._phrases.read_subject(index, last)
        if found is not None and found.kind == "role":
            owner = self._names.ending.get(found.first)
            if owner is not None and owner.is_genitive and owner.first >= index:
                return replace(found, first=owner.first)  # "Krekars datter"
        head = self._find_related(index, found.first) if found and found.kind == "name" else None
        return found if found is None or head is None else Mention(head, head + 1, "role", head)

    def _end_phrase(self, index: int, last: int) -> int:
        """Where a phrase ends at the latest: behind a definite noun that nothing hangs on."""
        for at in range(index, min(last - 1, index + _MAX_ANTECEDENT)):
            token, following = self._tokens[at], self._tokens[at + 1]
            if (
                token.text[0].islower()
                and len(token.lower) >= _MIN_DEFINITE
                and token.lower.endswith(self._sets.nouns)
                and token.lower not in self._words.closed
                and following.text[0].islower()
                and following.lower not in self._hanging
                and self._words.role_stem(following.lower) is None
            ):
                return at + 1
        return last

    def _find_related(self, first: int, name: int) -> int | None:
        """The noun that a name only describes: *datteren av den kjente Per Moe*."""
        for head in range(first, name - 2):
            if (
                self._words.role_stem(self._tokens[head].lower) is not None
                and self._tokens[head + 1].lower in self._words.complements
                and self._tokens[head + 2].lower in self._words.determiners
            ):
                return head
        return None

    def _opens_phrase(self, index: int, last: int) -> bool:
        if index >= last:
            return False
        token = self._tokens[index]
        return (
            token.is_word
            and (token.lower not in self._words.closed or token.lower in self._words.modifiers)
            and not self._finite.is_finite(index)
        )

    def read_owner(self, index: int, last: int) -> Mention | None:
        """*Hansens*, *politiets*, *hans* before a noun of opinion."""
        if index >= last:
            return None
        name = self._names.starting.get(index)
        if name is not None and name.is_genitive:
            return Mention(name.first, name.last, "name", name.first)
        if name is not None and self._tokens[last - 1].text in "'’":
            return Mention(name.first, name.last, "name", name.first)
        if self._tokens[index].lower in self._sets.oblique and index + 1 == last:
            return Mention(index, last, "pronoun", index)
        noun = last - 1
        lower = self._tokens[noun].lower
        if lower.endswith("s") and lower not in self._words.closed:
            return Mention(noun, last, "role", noun)
        return None

    def _find_shared(self, joint: int, first: int) -> Subject:
        """The subject that a predicate behind "and" shares with the clause before it."""
        if self._last is not None:
            return Subject(self._last)
        finite = self._finite.find_finite(first, joint)
        if finite is None:
            opening = first
            while opening < joint and not self._tokens[opening].is_word:
                opening += 1
            mention = self._read_before(opening, joint) if opening < joint else None
            mention = mention or self._find_person(first, joint)
            return Subject(mention, is_left_out=mention is None)
        found = self.find(finite, finite, joint, first)
        apart = self._tokens[joint - 1].text == ","
        return replace(found, is_relative=found.is_relative and not apart)

    def _find_person(self, first: int, last: int) -> Mention | None:
        """The first person whom tokens name."""
        for index in range(first, min(last, first + _MAX_ANTECEDENT)):
            name = self._names.starting.get(index)
            if name is not None and name.is_person and not name.is_genitive:
                return Mention(name.first, name.last, "name", name.first)
        return None

    def _read_antecedent(self, relative: int, first: int) -> Mention | None:
        """Whom "who" stands for: the name or noun phrase right before it."""
        last = relative
        while last > first and not self._tokens[last - 1].is_word:
            last -= 1
        name = self._names.ending.get(last)
        if name is not None and name.is_person and not name.is_genitive:
            return self._phrases.name_with_title(name.first, name.last, first)
        index = last - 1
        for at in range(last - 1, max(first, last - _MAX_ANTECEDENT) - 1, -1):
            token = self._tokens[at]
            if not token.is_word or self._finite.is_finite(at):
                break
            if token.lower in self._parting:
                break
            index = at
        return self.read_phrase(index, last)

    def is_source(self, mention: Mention) -> bool:
        """Whether a mention can be told from the text: not *noen*, not *saken er*."""
        token = self._tokens[mention.head]
        if mention.kind == "pronoun":
            return not mention.indefinite
        if mention.kind == "name":
            return True
        return token.lower not in self._words.closed and not token.text.isdigit()

    def is_document(self, mention: Mention | None) -> bool:
        """Whether a mention's noun is what can be read: *rapporten*, *meningsmålingen*."""
        if mention is None or mention.kind not in ("role", "source"):
            return False
        return self._is_document_noun(mention.head)

    def _is_document_noun(self, index: int) -> bool:
        return self._words.is_document(self._tokens[index].lower)

    def find_document(self, mention: Mention | None, cue: int) -> Mention | None:
        """A mention's document, which may not be its last noun: *en undersøkelse gjort i år*."""
        if mention is None or mention.first > cue or self.is_document(mention):
            return mention if self.is_document(mention) else None
        for index in range(max(mention.first - 3, 0), min(cue, mention.first + 8)):
            if self._is_document_noun(index) and not self._tokens[index].is_capitalised:
                return Mention(index, index + 1, "source", index)
        return None
