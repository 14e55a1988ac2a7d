"""What a text says a person is: the title before a name, the apposition behind it, or a verb."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import NamedTuple

from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon

# Tokens that a role is sought in: before a name, and behind it.
_MAX_BEFORE = 10
_MAX_BEHIND = 24
# An apposition's noun is among its first tokens: "tidligere leder", "Natos generalsekretær".
_MAX_HEAD = 6
# "(43), " or ", 43, " between a name and its apposition.
_MAX_AGE = 6

# Words between a verb of being and the noun: "er en av Norges fremste".
_MAX_PREDICATE = 6


class Role(NamedTuple):
    """What a person is called, tokens ``first`` to ``last`` (exclusive); ``head`` is its noun.

    ``meant`` is the noun that another word stands for: *fotograf* for *Foto*.
    """

    first: int
    last: int
    head: int
    meant: str | None = None


class Roles(NamedTuple):
    """What a text calls its persons, by full name, in the text's order.

    ``titles`` stand before a name or in an apposition (*statsminister Kari Nes*, *Kari Nes, leder
    i laget*); ``predicates`` are said of one (*Kari Nes er professor*).
    """

    titles: dict[str, list[Role]]
    predicates: dict[str, list[Role]]


def find_roles(cut: Segmentation, names: Names, lexicon: Lexicon) -> Roles:
    """The roles of each person: at one mention an apposition counts before a title."""
    reader = _RoleReader(cut, names, lexicon)
    titles: dict[str, list[Role]] = {}
    predicates: dict[str, list[Role]] = {}
    shared: dict[int, Role] = {}
    for name in names.all:
        if name.is_person is False:
            continue
        title = (
            reader.read_name_title(name)
            or reader.read_apposition(name)
            or reader.read_title(name)
            or reader.read_example(name)
            or reader.read_shared_title(name, shared)
            or reader.read_credit(name)
        )
        if title is not None:
            titles.setdefault(name.full, []).append(title)
            if reader.is_plural(title):
                shared[name.last] = title
        predicate = reader.read_predicate(name)
        if predicate is not None:
            predicates.setdefault(name.full, []).append(predicate)
    return Roles(titles, predicates)


class _RoleReader:
    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._cut = cut
        self._tokens = cut.tokens
        self._names = names
        self._verbs = lexicon.verbs
        self._words = lexicon.words
        self._titles = self._words.titles & self._words.gendered.titles

    def read_apposition(self, name: Name) -> Role | None:
        """*Kari Nes (43), leder og talsperson for laget (LL),*"""
        sentence = self._cut.sentence_of(name.first)
        first = self._skip_age(name.last, sentence.last)
        if first is None or first >= sentence.last:
            return None
        opener = self._tokens[first].lower
        last = min(first + _MAX_BEHIND, sentence.last)
        end, opened, head = first, False, None
        if opener in self._words.determiners and first + 1 < last:
            if self._tokens[first + 1].lower in self._words.complements:
                end += 2  # "ein av leiarane"
            else:
                first = end = first + 1
        elif opener in self._words.closed and opener not in self._words.modifiers:
            return None
        while end < last:
            token = self._tokens[end]
            if token.text in "()":
                opened = token.text == "("
            elif not (token.is_word or opened) or self._leaves_noun_phrase(end, last):
                break
            if head is None and token.lower in self._words.prepositions:
                return None
            if head is None and end - first < _MAX_HEAD and self._is_role(end):
                head = end
                if self._names_person(end + 1):  # "Kari Nes, lege Per Moe og …": the next one.
                    return None
            end += 1
        if head is None:
            return None
        while end > head + 1 and self._is_in(end - 1, self._words.closed):
            end -= 1  # "leder for det som skal bli …"
        return Role(first, end, head)

    def _names_person(self, index: int) -> bool:
        name = self._names.starting.get(index)
        return name is not None and name.is_person is True

    def _skip_age(self, index: int, last: int) -> int | None:
        """The token at which an apposition begins; ``None`` where no comma precedes one."""
        commas, opened = 0, False
        for position in range(index, min(index + _MAX_AGE, last)):
            token = self._tokens[position]
            commas += token.text == ","
            opened = token.text == "(" or (opened and token.text != ")")
            if not opened and token.text not in "),." and not token.text.isdigit():
                return position if commas else None
        return None

    def _leaves_noun_phrase(self, index: int, last: int) -> bool:
        """Whether a clause begins: *leder og sier*, *leder som*."""
        word = self._tokens[index].lower
        following = self._tokens[index + 1].lower if index + 1 < last else ""
        return (
            (word in self._verbs and word not in self._words.prepositions)
            or (self._parts(word) and word not in self._words.genitives)
            or (
                word in self._words.conjunctions
                and (following in self._verbs or self._names_person(index + 1))
            )
        )

    def read_title(self, name: Name) -> Role | None:
        """*daglig leder Kari Nes*, *leder i laget, Kari Nes*, *Lillevik-ordfører Kari Nes*"""
        sentence = self._cut.sentence_of(name.first)
        floor = max(sentence.first, name.first - _MAX_BEFORE)
        last = name.first
        apart = last > floor and self._tokens[last - 1].text == ","
        head = last - 1 - apart
        while head >= floor and not self._is_role(head):
            token = self._tokens[head]
            if not token.is_word or token.lower in self._verbs or self._parts(token.lower):
                return None
            head -= 1
        last -= apart
        governor = self._find_governor(head, floor) if apart and head >= floor else None
        head = head if governor is None else governor
        if head < floor or not (
            head == last - 1 or governor is not None or self._opens_complement(head + 1)
        ):
            return None
        return Role(self._extend_left(head, floor), last, head)

    def _find_governor(self, head: int, floor: int) -> int | None:
        """The noun that another one, before a comma and a name, hangs on: *moren til den savnede
        gutten, Kari Nes*."""
        index = head - 1
        while index > floor and self._tokens[index].is_word and not self._is_role(index):
            if self._tokens[index].lower in self._words.prepositions:
                return index - 1 if self._is_role(index - 1) else None
            lower = self._tokens[index].lower
            if lower in self._words.conjunctions or self._parts(lower):
                return None
            index -= 1
        return None

    def read_name_title(self, name: Name) -> Role | None:
        """*kong* before *Harald*; a person is seldom called anything else."""
        before = name.first - 1
        return Role(before, name.first, before) if self._is_in(before, self._titles) else None

    def read_credit(self, name: Name) -> Role | None:
        """*Foto: Kari Nes*"""
        before = name.first - 1
        before -= self._is_in(before, ":")
        if before < 0 or not self._tokens[before].text[0].isupper():
            return None
        meant = self._words.persons.credits.get(self._tokens[before].lower)
        return None if meant is None else Role(before, before + 1, before, meant)

    def read_example(self, name: Name) -> Role | None:
        """*Rødt-politikere som Kari Nes*"""
        head = name.first - 2
        if head < 0 or self._tokens[head + 1].lower not in self._words.persons.role_links:
            return None
        example = Role(head, head + 1, head)
        return example if self.is_plural(example) else None

    def read_shared_title(self, name: Name, before: Mapping[int, Role]) -> Role | None:
        """*rederne Kari Nes og Per Moe*: the second one's; ``before`` are roles in the plural by
        the token behind the name that bears them."""
        joint = name.first - 1
        joins = self._is_in(joint, self._words.conjunctions) or self._is_in(joint, ",")
        return before.get(joint) if joins else None

    def is_plural(self, role: Role) -> bool:
        """Whether a role is that of several: *rederne*, *politikere*."""
        word = self._tokens[role.head].lower
        return self._words.is_several(word) or self._words.names_several(word)

    def _is_in(self, index: int, words: Container[str]) -> bool:
        return index >= 0 and self._tokens[index].lower in words

    def _parts(self, word: str) -> bool:
        """Whether a word cannot stand between a title's noun and the name: *å*, *som*, *når*."""
        words = self._words
        joins = word in words.prepositions or word in words.conjunctions
        return word in words.closed and not (
            joins or word in words.determiners or word in words.modifiers
        )

    def read_predicate(self, name: Name) -> Role | None:
        """*Kari Nes er professor i medisin*, *Kari Nes som rektorkandidat*"""
        sentence = self._cut.sentence_of(name.first)
        if name.is_genitive or name.last >= sentence.last:
            return None
        link = self._tokens[name.last].lower
        if link not in self._words.copulas and link not in self._words.persons.role_links:
            return None
        index = first = name.last + 1
        for head in range(index, min(index + _MAX_PREDICATE, sentence.last)):
            token = self._tokens[head]
            if self._words.role_stem(token.lower) == token.lower and token.text[0].islower():
                if self._words.gendered.of_noun(token.lower) is not None:
                    return None  # "Kari er mor til to": no role in public life.
                break
            if not token.is_word or token.lower in self._verbs or self._parts(token.lower):
                return None
            linked = link in self._words.persons.role_links and head - index > 1  # "som ny rektor"
            if token.lower in self._words.prepositions or linked:
                return None
        else:
            return None
        if self._tokens[first].lower in self._words.determiners:
            first += 1
        return Role(first, self._find_complement_end(head + 1, sentence.last), head)

    def _find_complement_end(self, index: int, last: int) -> int:
        """The token behind the complements of a noun at ``index`` - 1: *i medisin ved NTNU*."""
        end = index
        while index + 1 < last and self._tokens[index].lower in self._words.complements:
            index += 1
            while index < last and self._continues_complement(index):
                index += 1
            end = index
        return end

    def _continues_complement(self, index: int) -> bool:
        token = self._tokens[index]
        if index in self._names.starting:
            return True
        plain = token.lower not in self._words.closed or token.lower in self._words.determiners
        return token.is_word and plain and token.lower not in self._verbs

    def _opens_complement(self, index: int) -> bool:
        return self._tokens[index].lower in self._words.complements

    def _extend_left(self, head: int, floor: int) -> int:
        """Where the phrase of a noun begins: with its owner, modifiers and joined nouns."""
        first = head
        while first > floor:
            before = first - 1
            owner = self._names.ending.get(first)
            if owner is not None and owner.is_genitive and owner.first >= floor:
                first = owner.first
            elif self._tokens[before].lower in self._words.modifiers:
                first = before
            elif self._is_in(before, self._words.genitives) and before in self._names.ending:
                first = self._names.ending[before].first  # "Rødt sin leiar"
            elif self._joins(before, floor):
                first = before - 1
                first -= self._tokens[first].text == "-"  # "Miljø- og utviklingsminister"
            else:
                break
        return first

    def _joins(self, index: int, floor: int) -> bool:
        """*leder og talsperson*"""
        before = index - 1
        return (
            before > floor
            and self._tokens[index].lower in self._words.conjunctions
            and (self._tokens[before].text == "-" or self._is_role(before))
        )

    def _is_role(self, index: int) -> bool:
        return self._words.role_stem(self._tokens[index].lower) is not None
