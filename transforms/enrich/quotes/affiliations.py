"""The body that a text ties a person to: a party, an employer, the place of an office."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.roles import Role, Roles
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon

# Tokens of a role in which its body is sought.
_MAX_ROLE = 12
# Words between an owner and the noun: "Rødts nye, unge leder".
_MAX_ADJECTIVES = 4
# Between a photographer and who employs them.
_CREDIT_JOINTS = frozenset("/,|(")
# Letters of an abbreviation in brackets, as in "(LO)".
_MAX_ABBREVIATION = 6


def find_affiliations(
    cut: Segmentation, names: Names, roles: Roles, lexicon: Lexicon
) -> dict[str, str]:
    """The first body that the text ties each person to, by full name, without a genitive ending.

    It stands in the role (*leder i Rødt*, *Rødt-lederen*, *Rødts leder*), behind the name
    (*Kari Nes (Rødt)*, *Kari Nes fra Rødt*) or before it (*Rødts Kari Nes*).
    """
    reader = _AffiliationReader(cut, names, lexicon)
    found: dict[str, str] = {}
    titled = {role.last: role for said in roles.titles.values() for role in said}
    for name in names.all:
        if name.is_person is not False and name.full not in found:
            body = reader.read_around(name, titled.get(name.first))
            if body is not None:
                found[name.full] = body
    for kinds in (roles.titles, roles.predicates):
        for person, said in kinds.items():
            body = next(filter(None, map(reader.read_role, said)), None)
            if body is not None:
                found.setdefault(person, body)
    return found


class _AffiliationReader:
    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._cut = cut
        self._tokens = cut.tokens
        self._names = names
        self._labels = names.labels
        self._words = lexicon.words
        self._verbs = lexicon.verbs
        self._genitives = lexicon.words.genitives
        self._openers = cut.openers
        self._surnames = {name.full.split()[-1] for name in names.all if name.is_person}

    def read_around(self, name: Name, title: Role | None) -> str | None:
        """*Kari Nes (Rødt)*, *leder Kari Nes i Rødt*, *Rødts Kari Nes*; ``title`` precedes it."""
        return (
            self._read_brackets(name)
            or self._read_credit(name)
            or self._read_behind(name, title)
            or self._read_membership(name)
            or self._read_owner(name.first)
        )

    def _read_brackets(self, name: Name) -> str | None:
        tokens, index = self._tokens, name.last
        if index + 2 >= len(tokens) or tokens[index].text != "(":
            return None
        body, behind = tokens[index + 1], tokens[index + 2].text
        if body.text in self._words.persons.parties:
            return body.text if behind in "),-/" else None
        known = self._names.starting.get(index + 1)
        short = body.text.isupper() and 1 < len(body.text) <= _MAX_ABBREVIATION
        if known is None or known.is_person or known.last >= len(tokens):
            return None
        if tokens[known.last].text != ")":
            return None
        return known.text if short and self._labels.is_body(index + 1) else None

    def _read_credit(self, name: Name) -> str | None:
        """*Foto: Kari Nes / NTB*, *Foto Kari Nes, Avisa*"""
        before, index = name.first - 1, name.last
        before -= self._is_token(before) and self._tokens[before].text == ":"
        credited = (
            self._is_token(before) and self._tokens[before].lower in self._words.persons.credits
        )
        if not credited or not self._is_token(index):
            return None
        index += self._tokens[index].text in _CREDIT_JOINTS
        body = self._names.starting.get(index)
        if body is None or not self._labels.is_body(index):
            return None
        return None if "\n" in self._cut.text[name.end : body.start] else body.text

    def _read_behind(self, name: Name, title: Role | None) -> str | None:
        """*Kari Nes fra Rødt*, *leder Kari Nes i Rødt*, *sier Kari Nes i Rødt*.

        A party needs nothing else; any other body a title, or a verb that ends the phrase.
        """
        index = name.last
        if index + 1 >= len(self._tokens) or name.is_genitive:
            return None
        link = self._tokens[index]
        body = self._names.starting.get(index + 1)
        if body is None or (link.text != "," and link.lower not in self._words.persons.affiliating):
            return None
        if body.text in self._words.persons.parties:
            return None if body.is_genitive else body.text
        if link.text == "," or body.is_person:
            return None
        if body.is_genitive and self._find_end(body) == body.last:
            return None  # "fra Stortingets talerstol"
        if title is not None:
            return self._read_body(body, len(self._tokens), title)
        if self._labels.is_body(index + 1) and self._is_subject(name):
            return self._text_of(body, self._find_end(body))
        return None

    def _read_membership(self, name: Name) -> str | None:
        """*Kari Nes er en av Rødts fremste kvinner*"""
        index, words = name.last, self._words
        links = (words.copulas, words.determiners, words.complements)
        for at, link in enumerate(links, index):
            if not self._is_token(at) or self._tokens[at].lower not in link:
                return None
        owner = self._names.starting.get(index + len(links))
        return None if owner is None else self._read_owner(owner.last)

    def _is_subject(self, name: Name) -> bool:
        """Whether a name opens its sentence, or follows its verb: *sier Kari Nes i Rødt*.

        What stands behind it belongs to it then, for the verb is the second phrase.
        """
        if name.first in self._openers:
            return True
        before = self._tokens[name.first - 1]
        opens = not before.is_word or before.lower in self._words.adverbs  # "Både Kari Nes i …"
        return before.lower in self._verbs or (opens and name.first - 1 in self._openers)

    def _is_token(self, index: int) -> bool:
        return 0 <= index < len(self._tokens)

    def _read_owner(self, index: int) -> str | None:
        """*Rødts* before *Kari Nes*, or before *leder*; *Rødt sin leiar*."""
        index -= self._is_token(index - 1) and self._tokens[index - 1].lower in self._genitives
        owner = self._names.ending.get(index)
        if owner is None or not owner.is_genitive or owner.is_person:
            return None
        return self._text_of(owner, owner.last)

    def read_role(self, role: Role) -> str | None:
        """The body in a role: *Rødt-leder*, *Rødts leder*, *leder i Rødt*."""
        return (
            self._read_compound(role.head)
            or self._read_owners(role)
            or self._read_complements(role)
        )

    def _read_compound(self, head: int) -> str | None:
        body, _, noun = self._tokens[head].text.rpartition("-")
        stem = self._words.role_stem(noun) or noun
        if not body[:1].isupper() or stem.endswith(self._words.persons.topics):
            return None
        return None if body in self._surnames else body + self._read_branch(head + 1)

    def _read_branch(self, index: int) -> str:
        """*i Moss* behind *LO-leder*: the body's branch there."""
        place = self._names.starting.get(index + 1)
        if place is None or not self._labels.is_place(index + 1) or place.is_genitive:
            return ""
        link = self._tokens[index].lower
        return f" {link} {place.text}" if link in self._words.persons.affiliating else ""

    def _read_owners(self, role: Role) -> str | None:
        """*Rødts leder*, *Rødts nye, unge leder*"""
        for index in range(role.head, max(role.head - _MAX_ADJECTIVES, 0), -1):
            owner = self._read_owner(index)
            if owner is not None or not self._is_plain(index - 1):
                return owner
        return None

    def _is_plain(self, index: int) -> bool:
        """Whether a word can stand between an owner and a noun."""
        token, words = self._tokens[index], self._words
        parts = token.lower in words.prepositions or token.lower in words.conjunctions
        parts = parts or token.lower in words.determiners or token.lower in words.subordinating
        return token.text[0].islower() and token.lower not in self._verbs and not parts

    def _read_complements(self, role: Role) -> str | None:
        """*leder i Rødt*, *professor i jus ved Universitetet i Oslo*"""
        last = min(role.last, role.head + _MAX_ROLE)
        ties = False
        for index in range(role.head + 1, last):
            token = self._tokens[index]
            name = self._names.starting.get(index)
            if name is not None and ties:
                return None if name.is_person else self._read_body(name, last, role)
            if token.lower in self._words.naming:
                return None  # "forfatter av boken Rødt"
            if token.lower in self._words.persons.affiliating:
                ties = True
            elif not token.is_word or token.lower in self._words.conjunctions:
                ties = False
        return None

    def _read_body(self, name: Name, last: int, role: Role) -> str | None:
        """A body's whole name; of places only those of an office (*ordfører i Moss*)."""
        end = min(self._find_end(name), last)
        while name.is_genitive and end < last and self._is_plain(end):
            end += 1  # "Rødts kvinneforum"
        place = self._labels.is_place(name.first) and end == name.last
        if place:
            stem = self._words.role_stem(self._tokens[role.head].lower) or ""
            if not stem.endswith(self._words.persons.offices):
                return None
        return self._text_of(name, end)

    def _find_end(self, name: Name) -> int:
        """The token behind *Universitetet i Oslo*, *Stortingets finanskomité*, *Moss kommune*."""
        end = max(name.last, self._labels.span(name.first)[1])
        while end < len(self._tokens) and self._continues_body(end):
            end += 1
        return end

    def _continues_body(self, end: int) -> bool:
        token = self._tokens[end]
        if not token.is_word or not token.text[0].islower():
            return False
        return self._words.is_collective(token.lower)

    def _text_of(self, name: Name, end: int) -> str:
        """A body's words up to the token ``end``, from where the model sees its name begin."""
        first = min(name.first, self._labels.span(name.first)[0])
        begin = self._tokens[first].start
        if end == name.last:
            return self._cut.text[begin : name.start] + name.text
        return self._cut.text[begin : self._tokens[end - 1].end]
