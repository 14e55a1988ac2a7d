"""From the words of an attribution to the person behind them.

A list of persons, the most salient first, follows the text: whoever a sentence is about comes
to the front, and whoever was quoted. Pronouns and definite role nouns stand for the first person
of the list that fits (a simple form of centering; Grosz, Joshi and Weinstein 1995).
"""

from __future__ import annotations

from functools import cache

from newsbeam.transforms.enrich.quotes.attributions import AttributionReader
from newsbeam.transforms.enrich.quotes.definiteness import is_described
from newsbeam.transforms.enrich.quotes.documents import DocumentAuthors, DocumentNames
from newsbeam.transforms.enrich.quotes.institutions import Institutions
from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention
from newsbeam.transforms.enrich.quotes.obliques import is_oblique
from newsbeam.transforms.enrich.quotes.persons import NEAR, Persons
from newsbeam.transforms.enrich.quotes.role_bearers import RoleBearers, are_related, is_plural
from newsbeam.transforms.enrich.quotes.role_nouns import RoleNouns
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, Sentence, list_between
from newsbeam.transforms.enrich.quotes.voices import Voices
from newsbeam.transforms.records import Gender, Speaker
from newsbeam.transforms.settings.lexicon import MAX_TITLE, Lexicon

# Tokens before the subject of a sentence's main clause.
_MAX_FRONT = 4
# Persons farther back than this are not what a pronoun stands for.
_MAX_SALIENT = 8
# Tokens of its own sentence that are read before a mention.
_MAX_WITHIN = 20


class Cast:
    """The persons of one text, and who of them is spoken of just now."""

    def __init__(
        self, cut: Segmentation, names: Names, reader: AttributionReader, lexicon: Lexicon
    ) -> None:
        self._cut = cut
        self._names = names
        self._words = lexicon.words
        self._verbs = lexicon.verbs
        self._he_or_she = self._words.masculine | self._words.feminine
        self._saying = lexicon.verbs.keys() | lexicon.statements.verbs.keys()
        self._openers = cut.openers
        self._salient: list[str] = []
        self._fresh: set[str] = set()
        self._nameless: set[str] = set()
        self._pair: str | None = None
        # The institution or document that spoke last: what "it" and "they" may stand for.
        self.thing: str | None = None
        self._forms = lexicon.statements.sets
        self._nouns = RoleNouns(cut, names, lexicon)
        self._institutions = Institutions(cut, names, lexicon)
        self._joined: dict[str, tuple[str, str]] = {}
        self._couples: dict[int, tuple[str, str]] = {}
        self._persons = Persons(cut, names, reader.reporters, lexicon)
        self._voices = Voices(cut, names, self._persons, lexicon)
        self._bearers = RoleBearers(
            cut, names, self._persons, self._nouns, reader.reporters, lexicon
        )
        self._authors = DocumentAuthors(cut, names, self._persons, lexicon)
        self._documents = DocumentNames(cut, names, lexicon)
        # Words that can tell whom a sentence is about, beside the names.
        self._is_oblique = cache(
            lambda first: is_oblique(names.starting[first], cut, names, lexicon.words)
        )
        pronouns, roles = cut.find_words(self._he_or_she), cut.find_told(self._words.role_stems)
        self._telling = sorted({*names.starting, *pronouns, *roles})

    def observe(self, sentence: Sentence, first: int, last: int) -> None:
        """Take note of whom narration, tokens ``first`` to ``last`` of a sentence, is about."""
        fronted: list[str] = []
        others: list[str] = []
        for index in list_between(self._telling, first, last):
            name = self._names.starting.get(index)
            if name is not None and self._persons.is_person(name):
                prominent = not self._is_oblique(name.first) and (
                    not name.is_genitive or self._opens_as_owner(name, sentence)
                )
                (fronted if prominent else others).append(name.full)
                self._fresh.add(name.full)
                continue
            token = self._cut.tokens[index]
            opens = index - sentence.first < 2 or self._cut.tokens[index - 1].lower in self._verbs
            subject = opens or index - sentence.first < _MAX_FRONT  # "Nå kommer hun"
            if subject and token.lower in self._he_or_she:
                person = self._find_by_pronoun(token.lower)
                if person is not None and not fronted:
                    fronted.append(person)
            elif self._nouns.is_definite_role(index):
                person = self._find_by_role(Mention(index, index + 1, "role", index, True))
                if person is not None:
                    (fronted if opens else others).append(person)
                elif not fronted:
                    fronted += self._introduce(index)
            elif (
                not fronted
                and self._words.role_stem(token.lower) is not None
                and (subject or self._precedes_saying(index))  # "…, og en nabo sier"
            ):
                fronted += self._introduce(index)
        self._authors.note(first, last, fronted[0] if fronted else None)
        persons = list(dict.fromkeys(fronted + others))
        if persons:
            self._pair = self._find_pair(first, last)
        before = self.foremost
        for person in reversed(persons):
            self.promote(person)
        if before is not None and before not in persons:  # It outlasts who is named in passing.
            self.promote(before, place=len(dict.fromkeys(fronted)))

    def _opens_as_owner(self, name: Name, sentence: Sentence) -> bool:
        """*Nes' stemme er avgjort*: whose thing a sentence is about; not *Nes' advokat*."""
        noun = self._cut.tokens[name.last].lower if name.last < sentence.last else ""
        return name.first == sentence.first and self._words.role_stem(noun) is None

    def _precedes_saying(self, index: int) -> bool:
        following = self._cut.tokens[index + 1 : index + 2]
        return bool(following) and following[0].lower in self._saying

    def _find_pair(self, first: int, last: int) -> str | None:
        """Two persons whom a sentence joins: *Kari Nes fra Moss og Per Moe*."""
        previous: Name | None = None
        for name in self._names.list_within(first, last):
            if not self._persons.is_person(name):
                continue
            joint = self._cut.tokens[name.first - 1]
            if (
                previous is not None
                and name.first - previous.last < NEAR
                and joint.lower in self._words.conjunctions
            ):
                return self._join(previous, joint.text, name)
            previous = name
        return None

    def _join(self, one: Name, joint: str, other: Name) -> str:
        text = f"{one.full} {joint} {other.full}"
        self._joined[text] = (one.full, other.full)
        return text

    def list_speakers(self, speaker: str | None, mention_start: int | None) -> tuple[Speaker, ...]:
        """Everybody behind a resolved speaker, one by one; when the whole text has been read."""
        couple = () if mention_start is None else self._couples.get(mention_start, ())
        members = couple or self._joined.get(speaker or "", ())
        return self._voices.describe(speaker, mention_start, members)

    def list_persons(self) -> tuple[Speaker, ...]:
        """All persons whom the text names, in its order; when it has been read."""
        return self._persons.describe_all()

    def note_speaker(self, person: str) -> None:
        """Make the speaker of a quote the most salient person."""
        self.promote(person)
        self._fresh.clear()

    def promote(self, person: str, place: int = 0) -> None:
        """Make a person the most salient one, or the one at ``place``."""
        if person in self._salient:
            self._salient.remove(person)
        self._salient.insert(place, person)
        del self._salient[_MAX_SALIENT:]

    @property
    def foremost(self) -> str | None:
        """The most salient person."""
        return self._salient[0] if self._salient else None

    def resolve(self, mention: Mention) -> str | None:
        """The fullest name behind a mention, or the role or source itself."""
        token = self._cut.tokens[mention.head]
        if mention.kind == "pronoun":
            if mention.indefinite:
                return None
            if token.lower in self._words.them | self._forms.plural:
                anyone = self.foremost if token.lower in self._words.neutral else None
                return self._pair or self.thing or anyone
            if token.lower in self._forms.things:
                return self.thing
            person = self._find_by_pronoun(token.lower)
            if person is not None:
                self._persons.note_pronoun(person, self._gender_of(token.lower))
            return person
        if mention.kind == "name":
            name = self._resolve_name(mention)
            alone = " " not in name and name not in self._persons.named
            return (self._institutions.find(mention) if alone else None) or name
        if mention.kind == "role" and self._pair:
            both = self._pair in self._joined and self._words.is_couple(token.lower)  # "de to"
            several = is_plural(mention, self._cut, self._words) and not mention.indefinite
            if both or several:
                return self._pair
        author = self._authors.find(token.lower)
        if mention.kind == "role":
            if self._pair in self._joined and self._words.is_couple(token.lower):
                self._couples[token.start] = self._joined[self._pair]
            person = author or self._find_by_role(mention)
            human = self._words.role_stem(token.lower) and not self._words.is_collective(
                token.lower
            )
            body = None if human else self._institutions.find(mention)
            return person or body or self._documents.find(mention) or self._add_nameless(mention)
        return author or self._documents.find(mention) or self.text_of(mention)

    def resolve_within(self, mention: Mention, sentence: Sentence, first: int) -> str | None:
        """``resolve`` where the sentence before the mention, from token ``first``, counts too.

        What the sentence tells is forgotten again: ``observe`` takes it as a whole.
        """
        first = max(first, mention.first - _MAX_WITHIN)
        before = self._salient.copy(), self._fresh.copy(), self._pair
        self.observe(sentence, first, mention.first)
        speaker = self.resolve(mention)
        self._salient, self._fresh, self._pair = before
        return speaker

    def _add_nameless(self, mention: Mention, *, told: bool = True) -> str:
        """A person known by a role alone, whom pronouns may stand for from now on.

        As printed where it is ``told`` that they speak.
        """
        text = self.text_of(mention)
        word = self._cut.tokens[mention.head].lower
        if not told and mention.first == mention.head:
            text = text[0].lower() + text[1:]
        stem = self._words.role_stem(word)
        human = stem is not None or word.endswith(self._words.agents)
        if human and not is_plural(mention, self._cut, self._words):
            self._nameless.add(text)
            self._persons.note_role(text, word)
        return text

    def title_of(self, speaker: str | None) -> str | None:
        """The words by which the text introduces a named speaker, if it does."""
        return self._persons.title_of(speaker)

    def _is_named(self, index: int, near: int, *, any_name: bool) -> bool:
        """Whether a person's name, or ``any_name``, goes with a noun: *leder i laget, Kari Nes*."""
        last = min(index + near, len(self._cut.tokens))
        names = (self._names.starting.get(at) for at in range(index, last))
        return any(
            name is not None and (any_name or self._persons.is_person(name)) for name in names
        )

    def _introduce(self, index: int) -> list[str]:
        """A nameless person whom narration is about, with the owner: *Krekars datter*."""
        owner = self._names.ending.get(index)
        owned = owner is not None and owner.is_genitive
        stem = self._words.role_stem(self._cut.tokens[index].lower)
        related = stem in self._words.kin | self._forms.apart
        opens = index in self._openers and related  # "Faren har meldt saken."
        if owned or opens or self._nouns.is_new_role(index):
            named = self._is_named(index, NEAR, any_name=True)
        else:  # "Tiltalte nekter", "Den siktede mannen …", where nobody else is spoken of
            bare = stem == self._cut.tokens[index].lower and index in self._openers
            definite = self._nouns.is_definite_role(index) and self._opens_with(index)
            alone = self._nameless.issuperset(self._salient) and (definite or bare)
            named = not alone or self._is_named(index, _MAX_WITHIN, any_name=False)
        appended = None if named or not opens else self._find_appended(index)
        if appended is not None:
            self._persons.note_role(appended.full, self._cut.tokens[index].lower)
        if named or appended is not None:
            return []
        first = owner.first if owner is not None and owned else index
        if first < index and first and self._cut.tokens[first - 1].lower in self._words.titles:
            first -= 1
        if first and self._cut.tokens[first - 1].lower in self._words.prepositions:
            return []
        first = self._nouns.start_of_compound(first)
        last = index + 3 if self._nouns.is_numbered(index) else index + 1
        return [self._add_nameless(Mention(first, last, "role", index), told=False)]

    def _find_appended(self, index: int) -> Name | None:
        """The person whose name follows a noun and what ties it to others between commas:
        *Moren til den savnede gutten, Kari Nes, takker*."""
        tokens, last = self._cut.tokens, min(index + _MAX_WITHIN, len(self._cut.tokens) - 2)
        if index + 1 >= last or tokens[index + 1].lower not in self._words.prepositions:
            return None
        for at in range(index + 2, last):
            if tokens[at].text == ",":
                name = self._names.starting.get(at + 1)
                if name is None or not self._persons.is_person(name):
                    return None
                return name if tokens[name.last].text in ",." else None
            if not tokens[at].is_word or tokens[at].lower in self._saying | self._forms.relatives:
                return None
        return None

    def _opens_with(self, index: int) -> bool:
        """Whether a noun opens its sentence, behind words that describe it perhaps."""
        sentence = self._cut.sentence_of(index)
        return index == sentence.first or (
            index - sentence.first < MAX_TITLE
            and (
                is_described(index, self._cut.tokens, self._words)
                or self._cut.tokens[sentence.first].lower in self._words.grammar.articles
            )
        )

    def text_of(self, mention: Mention) -> str:
        """A mention's words, without a genitive ending."""
        tokens = self._cut.tokens
        start, last = tokens[mention.first].start, tokens[mention.last - 1]
        name = self._names.ending.get(mention.last)
        if name is not None and name.is_genitive:  # "Etter Kari Moes mening"
            return self._cut.text[start : name.start + len(name.text)]
        cut = mention.kind == "role" and self._words.without_genitive(last.lower) != last.lower
        cut = cut and tokens[mention.last - 2].lower not in self._words.grammar.articles
        return self._cut.text[start : last.end - cut]

    def _resolve_name(self, mention: Mention) -> str:
        name = self._names.starting.get(mention.head)
        if name is None:
            return self.text_of(mention)
        second = self._names.ending.get(mention.last)
        if second is not None and second.first > name.last:
            between = self._cut.tokens[name.last : second.first]
            joints = [token.text for token in between if token.lower in self._words.conjunctions]
            return self._join(name, joints[-1] if joints else between[-1].text, second)
        if mention.first < mention.head and " " not in name.full:
            return f"{self._cut.tokens[mention.first].lower} {name.full}"
        return self._persons.find_misspelt(name.full) or name.full

    def find_ahead(self, first: int, last: int, mention: Mention | None) -> str | None:
        """The first person whom tokens are about, whom a mention can stand for."""
        for index in range(first, last):
            name = self._names.starting.get(index)
            if (
                name is not None
                and not name.is_genitive
                and self._persons.is_person(name)
                and not self._is_oblique(name.first)
                and self.fits(name.full, mention)
            ):
                return name.full
        return None

    def fits(self, person: str, mention: Mention | None) -> bool:
        """Whether nothing known of a person speaks against a pronoun or role."""
        if mention is None:
            return True
        word = self._cut.tokens[mention.head].lower
        gender = self._persons.gender.get(person)
        if mention.kind == "role":
            stem = self._words.role_stem(word)
            roles = self._persons.roles.get(person, set())
            wanted = self._persons.gender_of(stem or word)
            related = not roles or any(are_related(stem or word, role) for role in roles)
            return related and wanted in (None, gender or wanted)
        if word in self._words.him:
            return gender != "female"
        return word not in self._words.her or gender != "male"

    def find_person(self, mention: Mention) -> str | None:
        """The person whom a name stands for, if it is a known person's."""
        name = self._names.starting.get(mention.head)
        known = mention.kind == "name" and name is not None and name.full in self._persons.named
        return self._resolve_name(mention) if known else None

    def find_in_label(self, first: int, last: int) -> str | None:
        """A known person in a label, also as the first part of a compound: *Putin-sjokk*."""
        for index in range(first, last):
            name = self._names.starting.get(index)
            if name is not None and name.full in self._persons.named:
                return name.full
            head = self._cut.tokens[index].text.partition("-")[0]
            person = self._persons.find_by_surname(head)
            if person is not None:
                return person
        return None

    def is_person(self, speaker: str) -> bool:
        """Whether a resolved speaker is one of the text's persons."""
        return speaker in self._persons.named or speaker in self._nameless

    def _gender_of(self, pronoun: str) -> Gender:
        is_he = pronoun in self._words.him or pronoun in self._forms.masculine
        return "male" if is_he else "female"

    def _find_by_pronoun(self, pronoun: str) -> str | None:
        """The most salient person whose gender is not known to be the other."""
        right = self._gender_of(pronoun)
        wrong: Gender = "female" if right == "male" else "male"
        fitting = (person for person in self._salient if self._persons.gender.get(person) != wrong)
        person = next(fitting, None)
        if person is None:
            return None
        self._persons.gender.setdefault(person, right)
        return person

    def _find_by_role(self, mention: Mention) -> str | None:
        """The person whom a role noun stands for."""
        return self._bearers.find(mention, self._salient, self._fresh, self._nameless)
