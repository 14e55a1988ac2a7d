"""Who says so: reporting clauses before and after speech, read from the tokens alone.

Three shapes ascribe words to a speaker: a clause with inverted subject after the words
(*…, sier Hansen*), a clause before them (*Hansen sier:*), and a preposition (*ifølge Hansen*).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from transforms.lexicon import Lexicon, Verb
from transforms.names import Names
from transforms.sentences import DASHES, Segmentation

MentionKind = Literal["name", "pronoun", "role", "source"]

# A subject, and the way from a verb to its particle or its object, is at most this long (tokens).
_MAX_SUBJECT = 16
_MAX_PARTICLE = 8
_MAX_REACH = 40
_STOPS = frozenset(".!?…;:")


@dataclass(frozen=True, slots=True)
class Mention:
    """The words that name a speaker: tokens ``first`` to ``last`` (exclusive).

    ``kind`` is "source" for the document of an impersonal clause (*heter det i rapporten*).
    ``head`` is the index of the noun that a role or source is known by.
    """

    first: int
    last: int
    kind: MentionKind
    head: int
    indefinite: bool = False


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
        self.reporters = self._find_reporters()

    def _find_reporters(self) -> frozenset[str]:
        """Full names that some clause of the text makes say something."""
        found = set()
        for index in range(1, len(self._tokens) - 1):
            if self._tokens[index].lower not in self._verbs:
                continue
            before = self._names.ending.get(index)
            if before is not None and not before.is_genitive:
                found.add(before.full)
            elif self._tokens[index - 1].text in ',?!»”"':
                mention = self.read_subject(index + 1, len(self._tokens))
                if mention is not None and mention.kind == "name":
                    found.add(self._names.starting[mention.head].full)
        return frozenset(found)

    # After the words

    def find_after_speech(self, first: int, last: int) -> Attribution | None:
        """The first reporting clause that ends speech in a sentence's tokens."""
        for index in range(first + 1, last):
            if self._tokens[index].lower in self._verbs and self._follows_speech(index):
                clause = self.read_inverted(index, last)
                if clause is not None and index == first + 1 and self._points_back(first, clause):
                    return replace(clause, first=first)
                if clause is not None and self._joins_speech(index, clause, last):
                    return clause
            elif self._opens_according(index) and self._tokens[index - 1].text in ',»”"':
                clause = self.read_according(index, last)
                if clause is not None:
                    return clause
        return self._find_utterance_noun(first, last)

    def read_inverted(self, index: int, last: int) -> Attribution | None:
        """The clause that a verb with its subject behind it opens at ``index``, if it is one."""
        token = self._tokens[index]
        for verb in self._verbs.get(token.lower, ()):
            mention = (
                self._read_source(index + 1, last)
                if verb.impersonal
                else self.read_subject(index + 1, last)
            )
            if mention is None or not self._has_particle(verb, mention.last, last):
                continue
            if self._introduces_clause(mention.last, last):
                continue
            return Attribution(
                index, last, token.text, mention, self._find_resumption(mention.last, last)
            )
        return None

    def _follows_speech(self, index: int) -> bool:
        """Whether what precedes a verb can be the end of speech; else a comma is missing."""
        before = self._tokens[index - 1]
        return not self._tokens[index].text[0].isupper() and (
            before.text in ',?!»”"….' or before.text in DASHES or before.is_word
        )

    def _points_back(self, index: int, clause: Attribution) -> bool:
        """Whether a sentence's first word stands for the speech before: *Dette sier Hansen.*"""
        token = self._tokens[index]
        named = clause.mention is not None and clause.mention.kind == "name"
        return named and token.lower in self._words.anaphoric and token.text[0].isupper()

    def _joins_speech(self, index: int, clause: Attribution, last: int) -> bool:
        """Where the comma is missing, only a plain short clause at the very end will do."""
        if not self._tokens[index - 1].is_word:
            return True
        mention = clause.mention
        if mention is None or mention.kind not in ("name", "pronoun"):
            return False
        if self._tokens[index - 1].lower in self._words.closed:  # "Det jeg tror Hansen …"
            return False
        plain = not any(verb.manner for verb in self._verbs[self._tokens[index].lower])
        tail = [token for token in self._tokens[mention.last : last] if token.is_word]
        to_medium = bool(tail) and tail[0].lower in self._words.prepositions and len(tail) <= 3
        return plain and (not tail or to_medium)

    def _has_particle(self, verb: Verb, first: int, last: int) -> bool:
        if verb.particle is None:
            return True
        near = self._tokens[first : min(last, first + _MAX_PARTICLE)]
        return any(token.lower == verb.particle for token in near)

    def _introduces_clause(self, index: int, last: int) -> bool:
        """Whether the subject goes on to indirect speech, or to an object: no quote ends here."""
        if index >= last:
            return False
        token = self._tokens[index]
        if token.lower in self._words.complementizers:
            return True
        following = self._tokens[index + 1] if index + 1 < last else None
        return (
            following is not None
            and token.lower in self._words.prepositions
            and following.lower in self._words.speech
        )

    def _find_resumption(self, index: int, last: int) -> int | None:
        """Where speech goes on after an interposed clause: *, sier Hansen, men det er …*."""
        for position in range(index, min(last - 1, index + _MAX_SUBJECT)):
            token, following = self._tokens[position], self._tokens[position + 1]
            if token.text == ",":
                resumes = following.lower in self._words.resuming and following.text.islower()
                return position + 1 if resumes else None
        return None

    def _find_utterance_noun(self, first: int, last: int) -> Attribution | None:
        """*…, er oppmodinga ho sender Gjerde*: a noun of utterance in place of the verb."""
        for index in range(first + 1, last - 2):
            copula, noun = self._tokens[index], self._tokens[index + 1]
            if (
                copula.lower in self._words.copulas
                and noun.lower in self._words.utterances
                and self._tokens[index - 1].text in ',»”"?!'
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
        mention = self.read_subject(index, last)
        if mention is None:
            return None
        verb = self._tokens[mention.last] if mention.last < last else None
        cue = verb.text if verb is not None and verb.is_word else None
        return mention, None if cue is None or cue.lower() in self._words.closed else cue

    # Before the words

    def read_comparison(self, index: int, last: int) -> Attribution | None:
        """*«…», som Hansen uttrykker det*: a clause behind speech with the subject first."""
        if index >= last or self._tokens[index].lower not in self._words.subordinators:
            return None
        mention = self.read_subject(index + 1, last)
        if mention is None:
            return None
        for position in range(mention.last, min(last, mention.last + 3)):
            token = self._tokens[position]
            if token.lower in self._verbs or token.lower in self._words.ascribing:
                return Attribution(index, last, token.text, mention)
        return None

    def find_before_speech(self, first: int, last: int) -> Attribution | None:
        """The clause in tokens that introduce speech: *Hansen sier til NTB:*, *Ifølge Hansen*.

        Of several verbs the last one counts. Where there is none, a name or role that stands
        before the final colon will do (*Ordfører Kari Hansen:*).
        """
        floor = max(first, last - _MAX_REACH)
        for index in range(last - 1, floor - 1, -1):
            token = self._tokens[index]
            if token.lower in self._verbs or token.lower in self._words.ascribing:
                mention = self._read_around(index, first, last)
                if mention is not None:
                    return Attribution(first, last, token.text, mention)
            elif self._opens_according(index):
                clause = self.read_according(index, last)
                if clause is not None:
                    return clause
        return None

    def find_label(self, first: int, last: int) -> Attribution | None:
        """A person or role that alone, or with an apposition, stands before a colon."""
        for index in range(first, min(last, first + _MAX_REACH)):
            name = self._names.starting.get(index)
            if name is not None and (name.is_person or index == first):
                mention = Mention(index, name.last, "name", index)
                return Attribution(first, last, None, mention)
        token = self._tokens[first]
        if self._words.role_stem(token.lower) is not None:
            return Attribution(first, last, None, Mention(first, first + 1, "role", first))
        if token.lower in self._words.masculine | self._words.feminine:
            return Attribution(first, last, None, Mention(first, first + 1, "pronoun", first))
        return None

    def find_utterance_sentence(self, first: int, last: int) -> Attribution | None:
        """*Det var spørsmålet som Hansen stilte*: a sentence after speech that ascribes it."""
        if last - first < 4 or self._tokens[first].lower not in self._words.determiners:
            return None
        copula, noun = self._tokens[first + 1 : first + 3]
        if copula.lower not in self._words.copulas or noun.lower not in self._words.utterances:
            return None
        owner = self._read_owner(first + 3, last)
        return None if owner is None else Attribution(first, last, None, owner[0])

    def read_according(self, index: int, last: int) -> Attribution | None:
        """*ifølge Hansen* at ``index``."""
        for phrase in self._words.according:
            if tuple(t.lower for t in self._tokens[index : index + len(phrase)]) == phrase:
                mention = self.read_subject(index + len(phrase), last)
                if mention is not None:
                    return Attribution(index, last, None, mention)
        return None

    def opens_with_reporter(self, first: int) -> bool:
        """Whether a sentence is about somebody whom the text quotes elsewhere."""
        name = self._names.starting.get(first)
        return name is not None and not name.is_genitive and name.full in self.reporters

    def reports_subject_first(self, first: int, last: int) -> bool:
        """Whether a sentence opens as narration about speech: *Hansen mener at …*."""
        end = self._end_of_subject(first, last)
        if end is None:
            return False
        for token in self._tokens[end : min(last, end + 4)]:
            if not token.is_word:
                return False
            if token.lower in self._verbs or token.lower in self._words.ascribing:
                return True
        return False

    def _end_of_subject(self, first: int, last: int) -> int | None:
        mention = self.read_subject(first, last)
        return None if mention is None else mention.last

    def _opens_according(self, index: int) -> bool:
        lower = self._tokens[index].lower
        return any(
            lower == phrase[0]
            and tuple(t.lower for t in self._tokens[index : index + len(phrase)]) == phrase
            for phrase in self._words.according
        )

    def _read_around(self, verb: int, first: int, last: int) -> Mention | None:
        """The subject of a finite verb: behind it where the clause is inverted, else before."""
        token = self._tokens[verb]
        if any(form.impersonal for form in self._verbs.get(token.lower, ())):
            source = self._read_source(verb + 1, last) or self._read_fronted_source(first, verb)
            if source is not None:
                return source
        inverted = self.read_subject(verb + 1, last)
        before = self._read_leftward(verb, first)
        if inverted is not None and inverted.kind in ("name", "pronoun"):
            adjacent = before is not None and before.last == verb
            return before if adjacent else inverted
        return before or inverted

    def _read_leftward(self, verb: int, first: int) -> Mention | None:
        """The nearest name or pronoun before a verb that can be its subject, else the role that
        opens the sentence."""
        relative = False
        for index in range(verb - 1, max(first, verb - _MAX_REACH) - 1, -1):
            token = self._tokens[index]
            if token.text in _STOPS:
                break
            if token.lower in self._words.pronouns:
                return Mention(index, index + 1, "pronoun", index)
            if token.lower in self._words.speech:
                return None
            name = self._names.ending.get(index + 1)
            if name is not None and not name.is_genitive:
                before = self._tokens[name.first - 1].lower if name.first > first else ""
                if relative or before not in self._words.prepositions:
                    return self._with_title(name.first, name.last, first)
            relative = relative or token.lower in self._words.subordinators
        mention = self.read_subject(first, verb)
        return mention if mention is not None and mention.kind != "name" else None

    # Noun phrases

    def read_subject(self, index: int, last: int) -> Mention | None:
        """The noun phrase at ``index``, adverbs skipped, as a mention of a speaker.

        A name in the phrase is the mention, also as an apposition behind a comma; else the
        noun with its complement. First and second person are no speakers, nor is the dummy.
        """
        last = min(last, index + _MAX_SUBJECT)
        while index < last and self._is_adverb(index, last):
            index += 1
        if index >= last:
            return None
        token = self._tokens[index]
        if token.lower in self._words.speech or token.lower in self._words.dummy:
            return None
        if token.lower in self._words.pronouns and not self._opens_noun_phrase(index, last):
            return Mention(index, index + 1, "pronoun", index)
        return self._read_noun_phrase(index, last)

    def _is_adverb(self, index: int, last: int) -> bool:
        lower = self._tokens[index].lower
        return lower in self._words.adverbs and lower not in self._words.determiners

    def _opens_noun_phrase(self, index: int, last: int) -> bool:
        """Whether a pronoun is the article of a noun: *de to forskerne*."""
        if self._tokens[index].lower not in self._words.determiners or index + 1 >= last:
            return False
        following = self._tokens[index + 1]
        return following.is_word and following.lower not in self._words.closed

    def _read_noun_phrase(self, index: int, last: int) -> Mention | None:
        first, head, described = index, None, False
        while index < last:
            token = self._tokens[index]
            name = self._names.starting.get(index)
            if name is not None:
                if name.is_genitive and name.last < last:
                    index = name.last + (self._tokens[name.last].lower in self._words.genitives)
                    continue
                return self._with_title(name.first, name.last, first, coordinate=last)
            if token.lower in self._words.determiners and head is None:
                described = True
            elif token.lower in self._verbs:
                break
            elif token.is_word and (
                token.lower not in self._words.closed
                or (described and head is None and token.lower in self._words.adverbs)
            ):
                head = index
            elif head is not None and self._links_adjectives(index, last, described):
                pass
            else:
                break
            index += 1
        if head is None:
            return None
        return self._read_apposition(index, last) or self._role(first, head, index, last)

    def _links_adjectives(self, index: int, last: int, described: bool) -> bool:
        """Whether a word joins parts of a description: *en sliten, men glad Hansen*."""
        token = self._tokens[index]
        following = self._tokens[index + 1] if index + 1 < last else None
        if following is None:
            return False
        if not described:  # "pastor og lærer Kari Hansen", not "forskeren og peker på kartet"
            two_roles = self._words.role_stem(following.lower) is not None
            return token.lower in self._words.conjunctions and two_roles
        if token.text == ",":
            return following.lower in self._words.resuming or (
                following.text.islower() and following.lower not in self._words.closed
            )
        joins = token.lower in self._words.conjunctions or token.lower in self._words.resuming
        return joins and following.is_word and following.lower not in self._words.closed

    def _read_apposition(self, index: int, last: int) -> Mention | None:
        """*forsvareren, advokat Kari Hansen*; *leder i Norges Bondelag, Kari Hansen*."""
        position = index
        while position < last and self._tokens[position].lower in self._words.complements:
            position = self._skip_complement(position + 1, last)
            inner = self._names.starting.get(position)
            if inner is not None and inner.is_person and position > index + 1:
                return self._with_title(inner.first, inner.last, index)
        if position + 1 >= last or self._tokens[position].text != ",":
            return None
        for at in range(position + 1, min(last, position + 4)):
            name = self._names.starting.get(at)
            if name is not None:
                known = name.is_person or (name.is_person is None and name.last - name.first > 1)
                return self._with_title(name.first, name.last, at) if known else None
            token = self._tokens[at]
            if token.lower in self._words.closed or token.lower in self._verbs or not token.is_word:
                return None
        return None

    def _skip_complement(self, index: int, last: int) -> int:
        """The token after a preposition's noun phrase."""
        while index < last:
            name = self._names.starting.get(index)
            if name is not None:
                return name.last
            token = self._tokens[index]
            if not token.is_word or (
                token.lower in self._words.closed and token.lower not in self._words.determiners
            ):
                return index
            index += 1
        return index

    def _role(self, first: int, head: int, index: int, last: int) -> Mention | None:
        token = self._tokens[head]
        if token.text.isdigit():
            return None
        end = head + 1
        if end == index < last - 1 and self._tokens[index].lower in self._words.complements:
            name = self._names.starting.get(index + 1)
            end = name.last if name is not None else end
        indefinite = head > first and self._words.role_stem(token.lower) == token.lower
        return Mention(head, end, "role", head, indefinite)

    def _read_source(self, index: int, last: int) -> Mention | None:
        """*det i rapporten*, *det i en pressemelding fra Slottet*."""
        if index >= last or self._tokens[index].lower not in self._words.dummy:
            return None
        index += 1
        while index < last and self._is_adverb(index, last):
            index += 1
        if index >= last or self._tokens[index].lower not in self._words.prepositions:
            return None
        source = self.read_subject(index + 1, last)
        if source is None or source.kind == "name":
            return source
        for position in range(source.head + 1, min(last, source.head + 4)):
            name = self._names.starting.get(position)
            if name is not None:
                return Mention(name.first, name.last, "name", name.first)
        return Mention(source.first, source.head + 1, "source", source.head)

    def _read_fronted_source(self, first: int, verb: int) -> Mention | None:
        """*I rapporten* before *heter det*."""
        opens = self._tokens[first].lower in self._words.prepositions
        dummy = verb + 1 < len(self._tokens) and (self._tokens[verb + 1].lower in self._words.dummy)
        source = self.read_subject(first + 1, verb) if opens and dummy else None
        if source is None or source.kind != "role":
            return source
        return replace(source, kind="source")

    def _with_title(self, start: int, end: int, floor: int, coordinate: int = 0) -> Mention:
        """A name as a mention, with a royal title before it and a second name behind "and"."""
        first = start
        if start > floor and self._tokens[start - 1].lower in self._words.titles:
            first -= 1
        if end < coordinate and self._tokens[end].lower in self._words.conjunctions:
            other = self._names.starting.get(end + 1)
            if other is not None and not other.is_genitive and other.last <= coordinate:
                end = other.last
        return Mention(first, end, "name", start)
