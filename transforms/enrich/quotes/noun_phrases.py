"""Noun phrases that can name a speaker, read from tokens without a syntax tree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from newsbeam.transforms.enrich.quotes.definiteness import has_article, is_described, joins_noun
from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_tails import NounTails
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, match_phrase
from newsbeam.transforms.settings.lexicon import MAX_TITLE, Lexicon

MentionKind = Literal["name", "pronoun", "role", "source"]

# Tokens that a subject is sought in.
MAX_SUBJECT = 16
# Tokens that brackets behind a name may hold: an age, a place in a picture.
_MAX_BRACKETS = 8


@dataclass(frozen=True, slots=True)
class Mention:
    """The words that name a speaker: tokens ``first`` to ``last`` (exclusive).

    ``kind`` is "source" for the document of an impersonal clause (*heter det i rapporten*).
    ``head`` is the index of the noun that a role or source is known by. An ``indefinite`` role
    (*en forsker*) may be a person not spoken of before.
    """

    first: int
    last: int
    kind: MentionKind
    head: int
    indefinite: bool = False


class NounPhraseReader:
    """Reads noun phrases of one text."""

    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._tokens = cut.tokens
        self._names = names
        self._verbs = lexicon.verbs
        self._words = lexicon.words
        self._adverbs = self._words.adverbs - self._words.determiners
        according = (phrase[-1] for found in self._words.according.values() for phrase in found)
        self._prepositions = self._words.prepositions.union(according)
        self._tells_how = lexicon.tells_how
        self.tails = NounTails(cut, names, lexicon)

    def read_subject(self, index: int, last: int) -> Mention | None:
        """The noun phrase at ``index``, adverbs skipped, as a mention of a speaker.

        A name in the phrase is the mention, also as an apposition behind a comma; else the
        noun with its complement. First and second person are no speakers, nor is the dummy.
        """
        last = min(last, index + MAX_SUBJECT)
        index = self.skip_adverbials(index, last)
        if index >= last:
            return None
        token = self._tokens[index]
        if index in self._names.starting:  # "Det hvite hus"
            return self._read_noun_phrase(index, last)
        if token.lower in self._words.speech:
            return None
        if token.lower in self._words.dummy:
            return self._read_neuter(index, last)
        if self._opens_partitive(index, last):
            whole = self._read_noun_phrase(index + 2, last)
            if whole is None and self._tokens[index + 2].is_word:  # "en av dem"
                return Mention(index, index + 3, "role", index + 2, indefinite=True)
            return None if whole is None else replace(whole, first=index, indefinite=True)
        pronoun = index + (token.lower in self._words.determiners)  # "en annen"
        if pronoun < last and self._is_somebody(pronoun, last):
            return Mention(index, pronoun + 1, "pronoun", pronoun, indefinite=True)
        opens = self.opens_noun_phrase(index, last)
        if self.tails.counts(index, last):  # "flere eksperter"
            return self._read_noun_phrase(index + 1, last)
        if token.lower in self._words.indefinite and not opens:  # "en" is one, and a
            return Mention(index, index + 1, "pronoun", index, indefinite=True)
        if token.lower in self._words.pronouns and not opens:
            return Mention(index, index + 1, "pronoun", index)
        return self._read_noun_phrase(index, last)

    def _is_somebody(self, index: int, last: int) -> bool:
        """Whether a word stands for an unknown person, and describes no noun."""
        following = self._tokens[index + 1] if index + 1 < last else None
        return self._tokens[index].lower in self._words.others and not (
            following is not None
            and following.is_word
            and not (following.lower in self._words.closed or following.lower in self._verbs)
        )

    def read_object(self, index: int, last: int) -> Mention | None:
        """What stands behind a preposition: *(ifølge) henne*, or as a subject does."""
        words = self._words
        pronouns = (words.him, words.her, words.them)
        if (
            index < last
            and any(self._tokens[index].lower in forms for forms in pronouns)
            and not self.opens_noun_phrase(index, last)
        ):
            return Mention(index, index + 1, "pronoun", index)
        return self.read_subject(index, last)

    def _read_neuter(self, index: int, last: int) -> Mention | None:
        """*det norske landslaget*: with adjective and definite noun the dummy is an article."""
        token = self._tokens[index]
        if token.lower not in self._words.determiners or index + 2 >= last:
            return None
        adjective = self._tokens[index + 1]
        if adjective.lower in self._words.closed or not adjective.lower.endswith(self._words.weak):
            return None
        found = self._read_noun_phrase(index, last)
        if found is None or found.kind != "role" or found.head <= index + 1:
            return None
        return found if self.is_definite(found) else None

    def skip_adverbials(self, index: int, last: int) -> int:
        """The token behind what stands between verb and subject: *sa blant annet også Nes*."""
        while index < last:
            width = match_phrase(self._tokens, index, self._words.adverbials)
            if not width and self._tokens[index].lower not in self._adverbs:
                break
            index += width or 1
        return index

    def _opens_partitive(self, index: int, last: int) -> bool:
        """*en av elevene*, *flere av dem*: somebody of a group."""
        lower = self._tokens[index].lower
        return (
            index + 2 < last
            and (lower in self._words.determiners or lower in self._words.indefinite)
            and not (lower in self._words.anaphoric or lower in self._words.pronouns)  # "de i kor"
            and self._tokens[index + 1].lower in self._words.complements
        )

    def opens_noun_phrase(self, index: int, last: int) -> bool:
        """Whether a pronoun is the article of a noun: *de to forskerne*."""
        if self._tokens[index].lower not in self._words.determiners or index + 1 >= last:
            return False
        following = self._tokens[index + 1]
        return following.is_word and following.lower not in self._words.closed

    def _read_noun_phrase(self, index: int, last: int) -> Mention | None:
        first, head, described, owned = index, None, False, False
        articles = self._words.grammar.articles
        while index < last:
            token = self._tokens[index]
            name = self._names.starting.get(index)
            if name is not None:
                if name.is_genitive and name.last < last:
                    owned = True
                    marks = self._words.genitives | {"'", "’"}  # "Per sin", "Moss'"
                    index = name.last + (self._tokens[name.last].lower in marks)
                    continue
                if head == index - 1 and self.tails.opens_with_name(index):
                    break
                return self.name_with_title(name.first, name.last, first, coordinate=last)
            if token.lower in self._words.determiners and head is None:
                described = True
            elif self._is_title(index, head is None):
                pass
            elif head == index - 1 and self.tails.suspends(index):
                index += 1
            elif head is not None and token.lower in self._words.genitives:
                head = None  # "museet sin leiar"
            elif (token.lower in self._verbs and not self._is_role_here(index, first, last)) or (
                head is not None
                and (self._is_complete(head, owned) or (articles and self.tails.opens(index)))
            ):
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
        return self._read_apposition(index, last) or self._role(head, index, last)

    def _is_role_here(self, index: int, first: int, last: int) -> bool:
        """Whether a form of a verb is the noun that it may be, too: *sier vitnet Kari Moe*."""
        stem = self._words.role_stem(self._tokens[index].lower)
        before = self._tokens[index - 1].lower
        if stem is not None and index == first and before in self._prepositions:
            return True  # "ifølge vitner"
        if stem is None or index != first or before not in self._verbs:
            return False
        ends = index + 1 >= last or not self._tokens[index + 1].is_word
        is_definite = stem != self._tokens[index].lower
        return index + 1 in self._names.starting or (ends and is_definite)

    def _is_title(self, index: int, opens: bool) -> bool:
        """Whether a token belongs to a title; of an honorific also its stop: *Sen.*"""
        if opens and self._tokens[index].lower in self._words.modifiers:
            return True
        honorifics = self._words.grammar.honorifics
        token = self._tokens[index]
        stop = token.text == "." and index > 0 and self._tokens[index - 1].lower in honorifics
        return token.lower in honorifics or stop

    def read_with_article(self, index: int, last: int) -> Mention | None:
        """The noun phrase among tokens where nouns are joined without a hyphen.

        *the Trump campaign spokesman*, *a spokesman for the mayor*: a name before a noun only
        describes it, and the last noun before a preposition is the head.
        """
        first, head, words, body = index, None, self._words, None
        while index < last:
            token, name = self._tokens[index], self._names.starting.get(index)
            if name is not None:
                if not name.is_genitive and not self.describes_noun(name.last, last):
                    return self.name_with_title(name.first, name.last, first, coordinate=last)
                head, index, body = None, name.last, name
                continue
            if token.lower in words.determiners:
                head = None
            elif head is not None and (token.lower in words.complements or self.tails.opens(index)):
                break
            elif token.is_word and token.lower not in words.closed:
                head = index
            elif head is not None and self._tokens[index - 1].lower not in words.grammar.honorifics:
                head = None
            index += 1
        if head is None:
            return None
        start = head
        while start > first and joins_noun(self._tokens[start - 1], self._words):
            start -= 1
        if body is not None and body.first < start < body.last:
            start = body.first  # "a White House official"
        mention = Mention(start, head + 1, "role", head)
        return replace(mention, indefinite=not self.is_definite(mention))

    def describes_noun(self, index: int, last: int) -> bool:
        """Whether a noun or a title follows a name at once."""
        if index >= last:
            return False
        token = self._tokens[index]
        lower, words = token.lower, self._words
        reports = lower in words.ascribing or lower in self._verbs
        return token.is_word and (
            lower in words.grammar.honorifics or not (reports or lower in words.closed)
        )

    def is_definite(self, mention: Mention) -> bool:
        """Whether a role is a definite noun: *forskeren*, *the tall researcher*."""
        if self._words.grammar.articles:
            return has_article(mention.head, self._tokens, self._words)
        lower = self._tokens[mention.head].lower
        ending = lower not in self._words.closed and lower.endswith(self._words.definite)
        return ending or is_described(mention.head, self._tokens, self._words)

    def _is_complete(self, head: int, owned: bool) -> bool:
        """Whether a noun ends its phrase unless a name follows: *forskeren*, not *Lilleviks*;
        *Rødts leder*, which is somebody's."""
        lower = self._tokens[head].lower
        stem = self._words.role_stem(lower)
        known = self._words.is_collective(lower) if stem is None else stem != lower
        if stem == lower:  # "siger den 23-årige dansker afværgende"
            before = [token.lower for token in self._tokens[max(head - MAX_TITLE, 0) : head]]
            behind = [token.lower for token in self._tokens[head + 1 : head + 3]]
            known = self._tells_how(before, *behind) or (owned and self._is_apart(head + 1))
        return known and self._tokens[head + 1].is_word

    def _is_apart(self, index: int) -> bool:
        """Whether a word goes on no noun phrase: neither name nor role, "and" nor preposition."""
        if index >= len(self._tokens) or index in self._names.starting:
            return False
        lower = self._tokens[index].lower
        return lower not in self._words.closed and self._words.role_stem(lower) is None

    def _links_adjectives(self, index: int, last: int, described: bool) -> bool:
        """Whether a word joins parts of a description: *en sliten, men glad Hansen*."""
        token = self._tokens[index]
        following = self._tokens[index + 1] if index + 1 < last else None
        if following is None:
            return False
        if not described:  # "gründer og daglig leder Kari Hansen", not "forskeren og peker på"
            behind = index + 1
            while behind < last - 1 and self._tokens[behind].lower in self._words.modifiers:
                behind += 1
            two_roles = self._words.role_stem(self._tokens[behind].lower) is not None
            return token.lower in self._words.conjunctions and two_roles
        if token.text == ",":
            return following.lower in self._words.resuming or (
                following.text.islower() and following.lower not in self._words.closed
            )
        joins = token.lower in self._words.conjunctions or token.lower in self._words.resuming
        joins = joins and token.lower not in self._words.complements  # "en talskvinne for laget"
        return joins and following.is_word and following.lower not in self._words.closed

    def _read_apposition(self, index: int, last: int) -> Mention | None:
        """*forsvareren, advokat Kari Hansen*; *leder i Norges Bondelag, Kari Hansen*."""
        position = index + self.tails.is_appended(index, last)
        while position < last and self._tokens[position].lower in self._words.complements:
            position = self._skip_complement(position + 1, last)
            inner = self._names.starting.get(position)
            if inner is not None and inner.is_person and position > index + 1:
                return self.name_with_title(inner.first, inner.last, index)
        if position + 1 >= last or self._tokens[position].text != ",":
            return None
        for at in range(position + 1, min(last, position + 4)):
            if self._tokens[at].text == "." and self._tokens[at - 1].lower in (
                self._words.abbreviations
            ):
                continue  # "professor, dr.jur. Kari Nes"
            name = self._names.starting.get(at)
            if name is not None:
                known = name.is_person or (name.is_person is None and name.last - name.first > 1)
                return self.name_with_title(name.first, name.last, at) if known else None
            token = self._tokens[at]
            if token.lower in self._words.closed or token.lower in self._verbs or not token.is_word:
                return None
        return None

    def _skip_complement(self, index: int, last: int) -> int:
        """The token after a preposition's noun phrase."""
        while index < last:
            name = self._names.starting.get(index)
            token = self._tokens[index]
            if name is not None and name.is_person:
                return index
            if name is not None:
                index = name.last
            elif token.lower in self._words.conjunctions and index + 1 < last:
                index += 1  # "Sogn og Fjordane politidistrikt"
            elif token.text == "-" and index + 1 < last:  # "Kyrkje-, utdannings- og …"
                index += 1 + (self._tokens[index + 1].text == ",")
            elif token.is_word and (
                token.lower not in self._words.closed or token.lower in self._words.determiners
            ):
                index += 1
            else:
                return index
        return index

    def _role(self, head: int, index: int, last: int) -> Mention | None:
        token = self._tokens[head]
        if token.text.isdigit():
            return None
        end = head + 1
        if end == index < last - 1 and self._tokens[index].lower in self._words.complements:
            name = self._names.starting.get(index + 1)
            if name is not None:
                end = name.last if self.tails.represents(head, index, name.text) else end
            elif self._tokens[index].lower in self._words.role_prepositions:
                end = self._find_definite(index + 1, last) or end  # "lederen for kanalen"
        mention = Mention(head, end, "role", head)
        known = self._words.role_stem(token.lower) == token.lower
        known = known and not is_described(head, self._tokens, self._words)
        known = known and not self._words.grammar.articles  # "The minister" is definite.
        return replace(mention, indefinite=known or not self.is_definite(mention))

    def _find_definite(self, index: int, last: int) -> int | None:
        """The token behind the definite noun at ``index``: *det israelske forsvaret*."""
        if self._tokens[index].lower in self._words.grammar.adjective_articles:
            index += 1
            while index < last and self._tokens[index].lower.endswith(self._words.weak):
                index += 1
        noun = Mention(index, index + 1, "role", index)
        return index + 1 if index < last and self.is_definite(noun) else None

    def name_with_title(self, start: int, end: int, floor: int, coordinate: int = 0) -> Mention:
        """A name, tokens ``start`` to ``end``, as a mention.

        A royal title before it (not before ``floor``) belongs to it, and so does a second name
        behind "and" (not beyond ``coordinate``).
        """
        first = start
        if start > floor and self._tokens[start - 1].lower in self._words.titles:
            first -= 1
        joint = self._skip_brackets(end, coordinate)
        if joint < coordinate and self._tokens[joint].lower in self._words.conjunctions:
            while joint + 2 < coordinate and self._words.role_stem(self._tokens[joint + 1].lower):
                joint += 1  # "Kari Nes og rektor Per Moe"
            other = self._names.starting.get(joint + 1)
            if other is not None and not other.is_genitive and other.last <= coordinate:
                end = other.last
        return Mention(first, end, "name", start)

    def _skip_brackets(self, index: int, last: int) -> int:
        """The token behind *(65)* at ``index``, else ``index``."""
        if index < last and self._tokens[index].text == "(":
            for position in range(index + 1, min(last, index + _MAX_BRACKETS)):
                if self._tokens[position].text == ")":
                    return position + 1
        return index
