"""What a text says a person is: the title before a name, or the apposition behind it."""

from __future__ import annotations

from transforms.lexicon import Lexicon
from transforms.quotes.names import Name, Names
from transforms.quotes.sentences import Segmentation

# Tokens that a role is sought in: before a name, and behind it.
_MAX_BEFORE = 10
_MAX_BEHIND = 24
# An apposition's noun is among its first tokens: "tidligere leder", "Natos generalsekretær".
_MAX_HEAD = 6
# "(43), " or ", 43, " between a name and its apposition.
_MAX_AGE = 6

Span = tuple[int, int]


def find_roles(cut: Segmentation, names: Names, lexicon: Lexicon) -> dict[str, Span]:
    """The role of each person, by full name, as tokens ``first`` to ``last`` (exclusive).

    It is the one of the first mention that has any: an apposition (*Kari Nes, leder i laget*),
    else what stands before the name (*statsminister Kari Nes*, *leder i laget, Kari Nes*).
    """
    reader = _RoleReader(cut, names, lexicon)
    roles: dict[str, Span] = {}
    for name in names.all:
        if name.full not in roles and name.is_person is not False:
            span = reader.read_apposition(name) or reader.read_title(name)
            if span is not None:
                roles[name.full] = span
    return roles


class _RoleReader:
    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._cut = cut
        self._tokens = cut.tokens
        self._names = names
        self._verbs = lexicon.verbs
        self._words = lexicon.words

    def read_apposition(self, name: Name) -> Span | None:
        """*Kari Nes (43), leder og talsperson for laget (LL),*"""
        sentence = self._cut.sentences[self._cut.sentence_at(name.start)]
        first = self._skip_age(name.last, sentence.last)
        if first is None or first >= sentence.last:
            return None
        opener = self._tokens[first].lower
        if opener in self._words.determiners:
            first += 1
        elif opener in self._words.closed - self._words.modifiers:
            return None
        last = min(first + _MAX_BEHIND, sentence.last)
        end, opened, head = first, False, False
        while end < last:
            token = self._tokens[end]
            if token.text in "()":
                opened = token.text == "("
            elif not (token.is_word or opened) or self._leaves_noun_phrase(end, last):
                break
            if not head and token.lower in self._words.prepositions:
                return None
            head = head or (end - first < _MAX_HEAD and self._is_role(end))
            end += 1
        return (first, end) if head else None

    def _skip_age(self, index: int, last: int) -> int | None:
        """The token at which an apposition begins; ``None`` where no comma precedes one."""
        commas = 0
        for position in range(index, min(index + _MAX_AGE, last)):
            token = self._tokens[position]
            commas += token.text == ","
            if token.text not in "(),." and not token.text.isdigit():
                return position if commas else None
        return None

    def _leaves_noun_phrase(self, index: int, last: int) -> bool:
        """Whether a clause begins: *leder og sier*, *leder som*."""
        word = self._tokens[index].lower
        following = self._tokens[index + 1].lower if index + 1 < last else ""
        return (
            (word in self._verbs and word not in self._words.prepositions)
            or word in self._words.subordinating - self._words.conjunctions
            or (word in self._words.conjunctions and following in self._verbs)
        )

    def read_title(self, name: Name) -> Span | None:
        """*daglig leder Kari Nes*, *leder i laget, Kari Nes*, *Lillevik-ordfører Kari Nes*"""
        sentence = self._cut.sentences[self._cut.sentence_at(name.start)]
        floor = max(sentence.first, name.first - _MAX_BEFORE)
        last = name.first
        apart = last > floor and self._tokens[last - 1].text == ","
        head = last - 1 - apart
        while head >= floor and not self._is_role(head):
            token = self._tokens[head]
            if not token.is_word or token.lower in self._verbs:
                return None
            head -= 1
        last -= apart
        if head < floor or not (head == last - 1 or self._opens_complement(head + 1)):
            return None
        return self._extend_left(head, floor), last

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
