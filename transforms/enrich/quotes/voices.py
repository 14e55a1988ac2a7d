"""Those who speak, one by one: what kind each is, and what the text tells of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.persons import Persons
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.records import Speaker, SpeakerKind
from newsbeam.transforms.settings.lexicon import Lexicon

# Names in a list of speakers: "sier Kari Nes, Per Moe og Ola Dahl".
_MAX_LISTED = 8
# Words of a title between two names of a list.
_MAX_TITLE = 4


class Voices:
    """Describes the speakers of one text."""

    def __init__(self, cut: Segmentation, names: Names, persons: Persons, lexicon: Lexicon) -> None:
        self._cut = cut
        self._tokens = cut.tokens
        self._names = names
        self._persons = persons
        self._words = lexicon.words
        self._known = {name.full: name for name in names.all}
        self._by_surname: dict[str, dict[str, None]] = {}
        for name in names.all:
            if " " in name.full and name.full in persons.named:
                self._by_surname.setdefault(name.full.split()[-1], {})[name.full] = None

    def describe(
        self, speaker: str | None, mention_start: int | None, members: Sequence[str] = ()
    ) -> tuple[Speaker, ...]:
        """Everybody behind ``speaker``, whom the words at the offset ``mention_start`` name.

        ``members`` are those whom ``speaker`` joins, where that is known. *they* who are not
        known are a group.
        """
        if speaker is None and mention_start is None:
            return ()
        index = 0 if mention_start is None else self._cut.token_at(mention_start)
        if speaker is None:
            word = self._word(index)
            return (Speaker(word, "group"),) if word in self._words.plural else ()
        if mention_start is not None:
            family = self._read_family(index)
            if family:
                return family
            listed = self._read_list(index)
            if len(listed) > max(len(members), 1):
                members = listed
        return tuple(self._describe_one(member) for member in members or (speaker,))

    def _read_list(self, index: int) -> tuple[str, ...]:
        """*Kari Nes, Per Moe og rektor Ola Dahl* at a token: all, where "and" ends the list."""
        found: list[str] = []
        joint = ""
        while len(found) < _MAX_LISTED:
            name = self._find_listed(index, bool(found))
            if name is None:
                return ()
            found.append(name.full)
            if len(found) > 1 and joint in self._words.conjunctions:
                return tuple(found)
            joint = self._word(name.last)
            if joint != "," and joint not in self._words.conjunctions:
                return ()
            index = name.last + 1
        return ()

    def _find_listed(self, index: int, titled: bool) -> Name | None:
        """The person named at a token, behind a title where a list goes on."""
        for at in range(index, index + (_MAX_TITLE if titled else 1)):
            name = self._names.starting.get(at)
            if name is not None:
                return None if name.full not in self._persons.named else name
            if not self._word(at) or self._word(at) in self._words.closed:
                return None
        return None

    def _read_family(self, index: int) -> tuple[Speaker, ...]:
        """*ekteparet Moe*: the two of that surname, or one group."""
        name = self._names.starting.get(index)
        noun = index if name is None else index - 1
        name = name or self._names.starting.get(index + 1)
        if name is None or name.first != noun + 1 or not self._words.is_group(self._word(noun)):
            return ()
        family = tuple(self._by_surname.get(name.text, ()))
        if self._words.is_couple(self._word(noun)) and len(family) == 2:
            return tuple(self._describe_one(person) for person in family)
        if " " in name.text:
            return ()  # "brødrene Kari Nes"
        words = self._cut.text[self._tokens[noun].start : name.start] + name.text
        return (Speaker(words[0].lower() + words[1:], "group"),)

    def _describe_one(self, speaker: str) -> Speaker:
        if speaker in self._known:
            kind = self._kind_of_name(self._known[speaker])
            return self._persons.describe(speaker) if kind == "person" else Speaker(speaker, kind)
        title, _, bare = speaker.partition(" ")
        if title in self._words.titles and bare in self._known:  # "dronning Sonja"
            return replace(self._persons.describe(bare), name=speaker)
        words = speaker.lower().split()
        kind = self._kind_of_noun(words)
        if kind != "person":
            return Speaker(speaker, kind)
        described = self._persons.describe(speaker)
        return replace(described, role=described.role or speaker)

    def _kind_of_name(self, name: Name) -> SpeakerKind:
        acronym = name.is_person is None and name.full.isupper()
        if name.full in self._persons.named and not acronym:
            return "person"
        return "document" if self._names.labels.is_work(name.first) else "institution"

    def _kind_of_noun(self, words: Sequence[str]) -> SpeakerKind:
        """The kind of a speaker known by a noun: the first of its words that tells it."""
        for word in words:
            if self._words.is_group(word) or word in self._words.plural:
                return "group"
            if self._words.is_collective(word):
                return "institution"
            if self._words.role_stem(word) is not None or word.endswith(self._words.agents):
                return "person"
            if self._words.is_document(word):
                return "document"
        return "institution"

    def _word(self, index: int) -> str:
        return self._tokens[index].lower if 0 <= index < len(self._tokens) else ""
