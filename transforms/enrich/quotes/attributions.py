"""Who says so: reporting clauses behind speech, read from the tokens alone.

A clause with the subject behind its verb (*…, sier Hansen*), a preposition (*ifølge Hansen*) or
a noun of utterance (*…, er svaret fra Hansen*). ``introductions`` reads what stands
before speech.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import MAX_SUBJECT, Mention, NounPhraseReader
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, list_between, match_phrase
from newsbeam.transforms.enrich.quotes.source_phrases import SourcePhraseReader
from newsbeam.transforms.settings.lexicon import Lexicon, Verb
from newsbeam.transforms.text.characters import CLOSING_MARKS, DASHES

# Tokens from a subject to its verb's particle.
_MAX_PARTICLE = 8
# Tokens of what stands between a name and its verb.
_MAX_PARENTHESIS = 25
# Tokens from an auxiliary, or the subject behind it, to its participle: "har tidligere sagt".
_MAX_TO_PARTICIPLE = 5
# What stands between speech and its clause.
_BEHIND_SPEECH = frozenset("," + CLOSING_MARKS)
_BEFORE_CLAUSE = _BEHIND_SPEECH | frozenset("?!")


@dataclass(frozen=True, slots=True)
class Attribution:
    """A clause, tokens ``first`` to ``last`` (exclusive), that ascribes words to a speaker.

    ``cue`` is ``None`` where no verb does it. ``resumes`` is the token at which speech goes on
    after an interposed clause.
    """

    first: int
    last: int
    cue: str | None
    mention: Mention | None
    resumes: int | None = None


class AttributionReader:
    """Reads attributions out of one text."""

    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._tokens = cut.tokens
        self._names = names
        self._verbs = lexicon.verbs
        self._words = lexicon.words
        self._phrases = NounPhraseReader(cut, names, lexicon)
        self._sources = SourcePhraseReader(cut, names, lexicon)
        self._stating = lexicon.statements.verbs
        forms = lexicon.statements.sets
        self._passive = forms.passive
        self._auxiliaries = forms.auxiliaries - forms.have
        self.participles = self._words.nonfinite | lexicon.statements.participles
        openers = self._words.complementizers - self._words.prepositions
        # "…,” said a woman who was passing": of English, "who" opens both kinds of clause.
        self._clause_openers = openers - self._words.grammar.relatives
        self._saying = cut.find_words(self._verbs.keys())
        self._copulas = cut.find_words(self._words.copulas)
        # Where a clause behind speech can begin.
        behind_marks = [index + 1 for index in cut.find_words(_BEFORE_CLAUSE)]
        self._openings = sorted({*self._saying, *behind_marks})
        self.reporters = self._find_reporters()

    def _find_reporters(self) -> frozenset[str]:
        """Full names that some clause of the text makes say something."""
        found = set()
        for index in list_between(self._saying, 1, len(self._tokens) - 1):
            forms = self._verbs[self._tokens[index].lower]
            if not any(self._has_particle(form, index + 1, len(self._tokens)) for form in forms):
                continue
            before = self._names.ending.get(self._end_of_subject(index))
            if before is not None and not before.is_genitive:
                found.add(before.full)
            elif self._tokens[index - 1].text in _BEFORE_CLAUSE:
                mention = self._phrases.read_subject(index + 1, len(self._tokens))
                if mention is not None and mention.kind == "name":
                    found.add(self._names.starting[mention.head].full)
        return frozenset(found)

    def _end_of_subject(self, verb: int) -> int:
        """The token behind the name that a parenthesis parts from its verb: *Kari Nes, 34, said*.

        Only where the subject always stands first; else the verb itself.
        """
        if not self._words.grammar.subject_first or self._tokens[verb - 1].text != ",":
            return verb
        for index in range(verb - 2, max(verb - _MAX_PARENTHESIS, 0), -1):
            token = self._tokens[index]
            if token.text in ".!?":
                break
            if token.text == "," and index in self._names.ending:
                return index
        return verb

    def find_after_speech(self, first: int, last: int) -> Attribution | None:
        """The first reporting clause that ends speech in a sentence's tokens."""
        spoken = None  # "Da jeg var liten, sa mor det hver dag, sier Hansen."
        for index in list_between(self._openings, first + 1, last):
            if self._may_report(index) and self._follows_speech(index):
                clause = self.read_inverted(index, last)
                if clause is not None and index == first + 1 and self._points_back(first, clause):
                    return replace(clause, first=first)
                if clause is not None and self._joins_speech(index, clause, last):
                    if spoken is None and self._goes_on(first, clause, last):
                        spoken = clause
                        continue
                    return clause
            elif self._tokens[index - 1].text in _BEHIND_SPEECH:
                clause = self.read_according(index, last)
                if clause is not None:
                    return clause
        return spoken or self._find_utterance_noun(first, last) or self._find_unlisted(first, last)

    def _goes_on(self, first: int, clause: Attribution, last: int) -> bool:
        """Whether a clause that a subordinate one precedes may be part of the speech itself."""
        mention = clause.mention
        return (
            mention is not None
            and clause.resumes is None
            and self._tokens[first].lower in self._words.subordinators
            and mention.last < last
            and self._tokens[mention.last].is_word
        )

    def _find_unlisted(self, first: int, last: int) -> Attribution | None:
        """*…, refset Kari Nes.*: a name at the very end makes any verb one of saying.

        Not where a clause opens the sentence: *Når det skjer, vinner Kari Nes.*
        """
        if first >= last or self._tokens[first].lower in self._words.subordinators:
            return None
        for index in range(max(first + 2, last - _MAX_PARTICLE), last - 1):
            token, name = self._tokens[index], self._names.starting.get(index + 1)
            if (
                name is not None
                and name.is_person is not False
                and not name.is_genitive
                and self._tokens[index - 1].text in _BEFORE_CLAUSE
                and token.text.islower()
                and token.lower not in self._words.closed
                and self._ends_clause(name.last, last)
            ):
                mention = self._phrases.name_with_title(name.first, name.last, index + 1)
                return Attribution(index, last, token.text, mention)
        return None

    def _ends_clause(self, index: int, last: int) -> bool:
        """Whether nothing but a particle stands behind a name: *, skyter Kari Nes inn.*"""
        words = [token.lower for token in self._tokens[index:last] if token.is_word]
        return not words or (len(words) == 1 and words[0] in self._words.prepositions)

    def read_inverted(self, index: int, last: int) -> Attribution | None:
        """The clause that a verb with its subject behind it opens at ``index``, if it is one."""
        token = self._tokens[index]
        if token.lower in self._auxiliaries and token.lower not in self._verbs:
            return self._read_compound(index, last)
        for verb in self._verbs.get(token.lower, ()):
            mention = (
                self._sources.read(index + 1, last)
                if verb.impersonal
                else self._phrases.read_subject(index + 1, last)
            )
            if mention is None or not self._has_particle(verb, mention.last, last):
                continue
            if self._introduces_clause(mention.last, last):
                continue
            return Attribution(
                index, last, token.text, mention, self._find_resumption(mention.last, last)
            )
        return None

    def _may_report(self, index: int) -> bool:
        """Whether a token is a verb of saying, or an auxiliary right behind a comma."""
        if self._tokens[index].lower in self._verbs:
            return True
        return (
            self._tokens[index].lower in self._auxiliaries
            and self._tokens[index - 1].text in _BEFORE_CLAUSE
        )

    def _read_compound(self, index: int, last: int) -> Attribution | None:
        """*…, har Hansen tidligere sagt (til NTB)*: an auxiliary, its subject, its participle."""
        mention = self._phrases.read_subject(index + 1, last)
        if mention is None:
            return None
        for position in range(mention.last, min(last, mention.last + _MAX_TO_PARTICIPLE)):
            token = self._tokens[position]
            if token.lower in self.participles:
                if self._introduces_clause(position + 1, last):
                    return None
                resumes = self._find_resumption(position + 1, last)
                return Attribution(index, last, token.text, mention, resumes)
            if not token.is_word:
                return None
        return None

    def find_auxiliary(self, index: int, first: int) -> int | None:
        """The auxiliary, not before ``first``, of a participle at ``index``: *har sagt*."""
        if self._tokens[index].lower not in self.participles:
            return None
        for position in range(index - 1, max(first, index - _MAX_TO_PARTICIPLE - 1) - 1, -1):
            token = self._tokens[position]
            if token.lower in self._auxiliaries:
                return position
            if not token.is_word:
                return None
        return None

    def _follows_speech(self, index: int) -> bool:
        """Whether what precedes a verb can be the end of speech; else a comma is missing."""
        before = self._tokens[index - 1]
        return not self._tokens[index].text[0].isupper() and (
            before.text in _BEFORE_CLAUSE | {"…", "."} or before.text in DASHES or before.is_word
        )

    def _points_back(self, index: int, clause: Attribution) -> bool:
        """Whether a sentence's first word stands for the speech before: *Dette sier Hansen.*"""
        token = self._tokens[index]
        named = clause.mention is not None and clause.mention.kind == "name"
        return named and token.lower in self._words.anaphoric and token.text[0].isupper()

    def _joins_speech(self, index: int, clause: Attribution, last: int) -> bool:
        """Where the comma is missing, only a plain clause at the very end will do."""
        if not self._tokens[index - 1].is_word:
            return True
        mention = clause.mention
        if mention is None or mention.kind == "source":
            return False
        if self._tokens[index - 1].lower in self._words.subjects:  # "Det jeg tror Hansen …"
            return False
        plain = not any(verb.manner for verb in self._verbs[self._tokens[index].lower])
        behind = self._tokens[mention.last : last]
        if behind and behind[0].text == "," and mention.kind != "role":
            return plain
        tail = [token for token in behind if token.is_word]
        if mention.kind == "role" and (tail or not self._phrases.is_definite(mention)):
            return False
        to_medium = bool(tail) and tail[0].lower in self._words.prepositions and len(tail) <= 3
        return plain and (not tail or to_medium)

    def _has_particle(self, verb: Verb, first: int, last: int) -> bool:
        if verb.particle is None:
            return True
        near = self._tokens[first : min(last, first + _MAX_PARTICLE)]
        return any(token.lower == verb.particle for token in near)

    def _introduces_clause(self, index: int, last: int) -> bool:
        """Whether the subject goes on to indirect speech, or to an object: no quote ends here."""
        index = self._phrases.skip_adverbials(index, last)
        if index >= last:
            return False
        token = self._tokens[index]
        following = self._tokens[index + 1] if index + 1 < last else None
        if token.lower in self._clause_openers:
            return True
        if token.lower in self._words.complementizers:  # "om": whether, or about
            return following is None or following.lower in self._words.subjects
        return False

    def _find_resumption(self, index: int, last: int) -> int | None:
        """Where speech goes on after an interposed clause: *, sier Hansen, men det er …*."""
        for position in range(index, min(last - 1, index + MAX_SUBJECT)):
            if self._tokens[position].text == ",":
                return position + 1 if self._resumes(position + 1, last) else None
        return None

    def _resumes(self, index: int, last: int) -> bool:
        """Whether words behind a clause's comma are speech again: *men …*, *og vi …*."""
        token = self._tokens[index]
        if not token.text.islower():
            return False
        joined = token.lower in self._words.conjunctions and index + 1 < last
        return token.lower in self._words.resuming or (
            joined and self._tokens[index + 1].lower in self._words.speech | self._words.dummy
        )

    def _find_utterance_noun(self, first: int, last: int) -> Attribution | None:
        """*…, er oppmodinga ho sender Gjerde*: a noun of utterance in place of the verb."""
        for index in list_between(self._copulas, first + 1, last - 2):
            if (
                self._tokens[index + 1].lower in self._words.utterances
                and self._tokens[index - 1].text in _BEFORE_CLAUSE
            ):
                owner = self._read_owner(index + 2, last)
                if owner is not None:
                    mention, cue = owner
                    return Attribution(index, last, cue, mention)
        return None

    def _read_owner(self, index: int, last: int) -> tuple[Mention, str | None] | None:
        """Whose utterance: *frå Hansen*, *(som) ho sender*."""
        while index < last and (
            self._tokens[index].lower in self._words.subordinators
            or self._tokens[index].lower in self._words.complements
        ):
            index += 1
        mention = self._phrases.read_subject(index, last)
        if mention is None:
            return None
        verb = self._tokens[mention.last] if mention.last < last else None
        cue = verb.text if verb is not None and verb.is_word else None
        return mention, None if cue is None or cue.lower() in self._words.closed else cue

    def read_comparison(self, index: int, last: int) -> Attribution | None:
        """*«…», som Hansen uttrykker det*: a clause behind speech with the subject first."""
        if index >= last or self._tokens[index].lower not in self._words.subordinators:
            return None
        mention = self._phrases.read_subject(index + 1, last)
        if mention is None:
            return None
        for position in range(mention.last, min(last, mention.last + 3)):
            if self.can_report(position, last):
                return Attribution(index, last, self._tokens[position].text, mention)
        return None

    def find_utterance_sentence(self, first: int, last: int) -> Attribution | None:
        """*Det var spørsmålet som Hansen stilte*, *Det skriver Hansen*: ascribes what precedes."""
        if self._tokens[first].lower in self._words.anaphoric and last - first > 2:
            clause = self.read_inverted(first + 1, last)
            if clause is not None and self._points_back(first, clause):
                return clause
        belonging = self._read_belonging(first, last)
        if belonging is not None:
            return belonging
        if last - first < 4 or self._tokens[first].lower not in self._words.determiners:
            return None
        copula, noun = self._tokens[first + 1 : first + 3]
        if copula.lower not in self._words.copulas or noun.lower not in self._words.utterances:
            return None
        owner = self._read_owner(first + 3, last)
        return None if owner is None else Attribution(first, last, None, owner[0])

    def _read_belonging(self, first: int, last: int) -> Attribution | None:
        """*Ordene tilhører Hansen.*"""
        if self._tokens[first].lower not in self._words.utterances or first + 2 >= last:
            return None
        verb = self._tokens[first + 1]
        width = match_phrase(self._tokens, first + 1, self._words.belonging)
        mention = self._phrases.read_subject(first + 1 + width, last) if width else None
        return None if mention is None else Attribution(first, last, verb.text, mention)

    def read_according(self, index: int, last: int) -> Attribution | None:
        """*ifølge Hansen* at ``index``."""
        width = match_phrase(self._tokens, index, self._words.according)
        mention = self._phrases.read_object(index + width, last) if width else None
        return None if mention is None else Attribution(index, last, None, mention)

    def read_document(self, index: int, last: int) -> Attribution | None:
        """*(…,) viser tall fra Nes*, *(…,) går det fram av rapporten*: the source is a document."""
        tokens, behind = self._tokens, index + 1
        if tokens[index].lower in self._passive and behind < last:
            behind += tokens[behind].lower in self._words.dummy
            behind += behind < last and tokens[behind].lower in self._passive[tokens[index].lower]
            if behind >= last or tokens[behind].lower not in self._words.complements:
                return None
            behind += 1
        elif not any(form.needs_document for form in self._stating.get(tokens[index].lower, ())):
            return None
        source = self._phrases.read_subject(behind, last)
        if source is not None and source.kind == "name":  # "en måling Norstat har gjort"
            source = Mention(source.first - 1, source.first, "source", source.first - 1)
        if source is None or not self._words.is_document(tokens[source.head].lower):
            return None
        return Attribution(index, last, tokens[index].text, source)

    def can_report(self, index: int, last: int) -> bool:
        """Whether a token is a form that ascribes words; a particle must follow it in time."""
        lower = self._tokens[index].lower
        return lower in self._words.ascribing or any(
            self._has_particle(verb, index + 1, last) for verb in self._verbs.get(lower, ())
        )
