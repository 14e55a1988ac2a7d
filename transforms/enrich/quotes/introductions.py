"""Reporting clauses before speech, and narration about speech: the subject comes first.

*Hansen sier:*, *Hansen, som utdyper:*, *svarer Hansen slik:*, *Hansen kaller det «…»*.
"""

from __future__ import annotations

from dataclasses import replace

from newsbeam.transforms.enrich.quotes.attributions import Attribution, AttributionReader
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention, NounPhraseReader
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, list_between
from newsbeam.transforms.enrich.quotes.source_phrases import SourcePhraseReader
from newsbeam.transforms.enrich.quotes.subject_first import SubjectFirstReader
from newsbeam.transforms.settings.lexicon import MAX_TITLE, Lexicon

# Tokens from a verb to the words it ascribes, and to its subject.
_MAX_REACH = 40
_STOPS = frozenset(".!?…;:")
_STRONG = ("name", "pronoun")


class IntroductionReader:
    """Reads what stands before speech in one text."""

    def __init__(
        self, cut: Segmentation, names: Names, reader: AttributionReader, lexicon: Lexicon
    ) -> None:
        self._tokens = cut.tokens
        self._names = names
        self._reader = reader
        self._verbs = lexicon.verbs
        self._words = lexicon.words
        self._phrases = NounPhraseReader(cut, names, lexicon)
        self._sources = SourcePhraseReader(cut, names, lexicon)
        self._stating = lexicon.statements.verbs
        # Words that can make a clause one that introduces speech.
        verbs = lexicon.verbs.keys() | reader.participles | self._words.nonfinite
        prepositions = self._words.according.keys()
        self._openings = cut.find_words(verbs | self._words.ascribing | prepositions)
        self._relatives = lexicon.statements.sets.relatives
        self._inner = self._relatives | self._words.complementizers
        self._openers = self._words.subordinating | self._words.complementizers | {","}
        self._subject_first = SubjectFirstReader(cut, names, reader, lexicon)

    def find_before_speech(self, first: int, last: int) -> Attribution | None:
        """The clause in tokens that introduce speech: *Hansen sier til NTB:*, *Ifølge Hansen*.

        Of several verbs the last one counts; the attribution begins at it.
        """
        floor = max(first, last - _MAX_REACH)
        shown = None  # "said Nes had shown “no remorse”": Nes has not said it.
        for index in reversed(list_between(self._openings, floor, last)):
            token = self._tokens[index]
            auxiliary = self._reader.find_auxiliary(index, first)
            if auxiliary is not None:
                mention = self._read_around(auxiliary, first, index)
                found = (
                    None if mention is None else Attribution(auxiliary, last, token.text, mention)
                )
                if found and not self._only_shows(index, last):
                    return found
                shown = shown or found
            elif self._reader.can_report(index, last) or self._opens_indirect_speech(index, last):
                mention = self._read_around(index, first, last)
                if mention is not None:
                    return Attribution(index, last, token.text, mention)
            else:
                clause = self._reader.read_according(index, last)
                if clause is not None:
                    return clause
        return shown

    def _only_shows(self, index: int, last: int) -> bool:
        """Whether a form says only what a document does: *vist*, but not *vist til*."""
        behind = {token.lower for token in self._tokens[index + 1 : last]}
        stating = self._stating.get(self._tokens[index].lower, ())
        forms = [form for form in stating if behind.issuperset(form.link)]
        return bool(forms) and all(form.needs_document for form in forms)

    def find_label(self, first: int, last: int) -> Attribution | None:
        """A person or role that alone, or with an apposition, stands before a colon."""
        for index in range(first, min(last, first + _MAX_REACH)):
            name = self._names.starting.get(index)
            if name is not None and not name.is_genitive and (name.is_person or index == first):
                mention = Mention(index, name.last, "name", index)
                return Attribution(first, last, None, mention)
        noun = first + (self._tokens[first].lower in self._words.determiners)
        copula = {token.lower for token in self._tokens[noun + 1 : last]} & self._words.copulas
        if copula and self._words.is_document(self._tokens[noun].lower):
            return Attribution(first, last, None, Mention(noun, noun + 1, "source", noun))
        if copula and self._tokens[noun].lower in self._words.utterances:
            return Attribution(first, last, None, None)  # "Svaret er klart:"
        token = self._tokens[first]
        if self._words.role_stem(token.lower) or self._words.is_collective(token.lower):
            return Attribution(first, last, None, Mention(first, first + 1, "role", first))
        if token.lower in self._words.masculine | self._words.feminine:
            return Attribution(first, last, None, Mention(first, first + 1, "pronoun", first))
        return None

    def find_reported_subject(self, first: int, last: int) -> Mention | None:
        """The subject where a sentence opens as narration about speech: *Hansen mener at …*."""
        subject = self._phrases.read_subject(first, last)
        if subject is None:
            return None
        for index in range(subject.last, min(last, subject.last + 4)):
            if not self._tokens[index].is_word:
                return None
            if self._reader.can_report(index, last):
                return subject
        return None

    def read_behind(self, index: int, last: int) -> Attribution | None:
        """*“…,” Smith said*: the clause behind speech that its subject opens, where one can."""
        if not self._words.grammar.subject_first:
            return None
        return self._subject_first.read_behind(index, last)

    def _opens_indirect_speech(self, index: int, last: int) -> bool:
        """*har sagt at …*, *vil fortelle retten at …*: a form that is not finite."""
        if self._tokens[index].lower not in self._words.nonfinite:
            return False
        behind = self._tokens[index + 1 : min(last, index + 4)]
        return any(token.lower in self._words.complementizers for token in behind)

    def _read_around(self, verb: int, first: int, last: int) -> Mention | None:
        """The subject of a finite verb: behind it where the clause is inverted, else before."""
        if self._words.grammar.subject_first:
            return self._subject_first.read_before(verb, first) or self._read_inverted(verb, last)
        token = self._tokens[verb]
        if any(form.impersonal for form in self._verbs.get(token.lower, ())):
            source = self._sources.read(verb + 1, last) or self._sources.read_fronted(first, verb)
            if source is not None:
                return source
        shared = self._read_shared(verb, first)
        if shared is not None:
            return shared
        inverted = self._phrases.read_subject(verb + 1, last)
        before = self._read_leftward(verb, first)
        if inverted is not None and inverted.kind in _STRONG:
            adjacent = before is not None and before.last == verb and before.kind in _STRONG
            return before if adjacent else inverted
        return before or inverted

    def _read_shared(self, verb: int, first: int) -> Mention | None:
        """The subject that opens a sentence and whose second verb follows an "and":
        *Statsråden roste Nes og la til:*; what stands behind that verb is its object.

        Only where a comma or no other clause stands before the "and".
        """
        joint = verb - 1
        if joint <= first or self._tokens[joint].lower not in self._words.conjunctions:
            return None
        between = self._tokens[first:joint]
        if self._tokens[joint - 1].text != "," and any(
            token.lower in self._inner for token in between
        ):
            return None
        if any(token.text in _STOPS for token in between):
            return None
        opening = self._phrases.read_subject(first, joint)
        if opening is None or opening.first > first + MAX_TITLE:
            return None
        strong = opening.kind in _STRONG and not opening.indefinite
        known = self._words.role_stem(self._tokens[opening.head].lower) is not None
        return opening if strong or (known and self._phrases.is_definite(opening)) else None

    def _read_inverted(self, verb: int, last: int) -> Mention | None:
        """*Said Smith: “…”*, where a sentence opens with its verb."""
        opens = self._tokens[verb].text[0].isupper()
        return self._phrases.read_subject(verb + 1, last) if opens else None

    def _read_leftward(self, verb: int, first: int) -> Mention | None:
        """The nearest name or pronoun before a verb that can be its subject, else the role that
        opens the sentence."""
        opening = self._phrases.read_subject(first, verb)
        if opening is not None and self._phrases.tails.opens_with_name(opening.last):
            return opening  # "Kilder VG har snakket med, sier"
        strong = opening is not None and opening.kind in _STRONG
        if strong and self._tokens[verb - 1].text == ",":  # "Hansen, som er lege, sier"
            return opening
        noun = Mention(verb - 1, verb, "role", verb - 1)
        named = verb in self._names.ending  # "Bakken" is a name, though it ends as a noun.
        if not named and self._opens_clause(verb - 1, first) and self._phrases.is_definite(noun):
            return noun
        relative = False
        for index in range(verb - 1, max(first, verb - _MAX_REACH) - 1, -1):
            token = self._tokens[index]
            if token.text in _STOPS:
                break
            if token.lower in self._words.pronouns and not self._phrases.opens_noun_phrase(
                index, verb
            ):
                return Mention(index, index + 1, "pronoun", index)
            if token.lower in self._words.speech:
                return None
            name = self._names.ending.get(index + 1)
            if name is not None and not name.is_genitive and name.is_person is not False:
                before = self._tokens[name.first - 1].lower if name.first > first else ""
                if before in self._relatives and "," in self._texts(name.last, verb):
                    continue  # "Kilder, som Berlingske har talt med, kalder det"
                if relative or before not in self._words.prepositions:
                    return self._phrases.name_with_title(name.first, name.last, first)
            if token.lower in self._relatives:
                noun_before = self._read_antecedent(index, first)
                if noun_before is not None:
                    return noun_before
            relative = relative or token.lower in self._words.subordinators
        mention = self._phrases.read_subject(first, verb)
        if mention is not None:
            return mention
        word = self._tokens[verb - 1].lower
        hangs = verb - 2 >= first and self._tokens[verb - 2].lower in self._words.prepositions
        if not hangs and self._words.names_several(word):  # "Men kritikere kaller det"
            return replace(noun, indefinite=True)
        return None if self._words.role_stem(word) is None else noun

    def _texts(self, first: int, last: int) -> list[str]:
        return [token.text for token in self._tokens[first:last]]

    def _read_antecedent(self, relative: int, first: int) -> Mention | None:
        """*presidenten, som på møtet sa*: the definite role right before a relative clause."""
        noun = relative - 1 - (self._tokens[relative - 1].text == ",")
        if noun < first or self._words.role_stem(self._tokens[noun].lower) is None:
            return None
        mention = Mention(noun, noun + 1, "role", noun)
        return mention if self._phrases.is_definite(mention) else None

    def _opens_clause(self, noun: int, first: int) -> bool:
        """Whether a noun's phrase opens a clause, so that it is the subject of a verb behind it."""
        index = noun - 1
        while index >= first and self._is_adjective(index):
            index -= 1
        if index >= first and self._tokens[index].lower in self._words.determiners:
            index -= 1
        before = self._tokens[index].lower if index >= first else ","
        return before in self._openers

    def _is_adjective(self, index: int) -> bool:
        """Whether a word before a noun belongs to its phrase."""
        token = self._tokens[index]
        closed = token.lower in self._words.closed or token.lower in self._verbs
        return token.text[0].islower() and not closed
