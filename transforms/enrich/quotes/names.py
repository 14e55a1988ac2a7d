"""Names in a text: the runs of capitalised words, and whom they stand for.

Entities say what a run is where a model found one; without them (or where it erred) a person is
told by a first name, by a role noun before the name, or by the full name elsewhere.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from newsbeam.transforms.enrich.quotes.full_names import find_full_names, longer_form
from newsbeam.transforms.enrich.quotes.labels import Labels
from newsbeam.transforms.enrich.quotes.name_runs import NameRuns, ends_acronym
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.enrich.quotes.titled_runs import word_before
from newsbeam.transforms.records import PERSON_LABELS, Entity
from newsbeam.transforms.settings.lexicon import MAX_TITLE, Lexicon
from newsbeam.transforms.text.characters import SIBILANTS

# A shorter name in "s" is rather a name (Nes, Moss) than a genitive.
_MIN_GENITIVE = 5


class Name(NamedTuple):
    """A run of tokens ``first`` to ``last`` (exclusive) that reads as a name.

    ``text`` lacks a genitive ending. ``is_person`` is ``None`` where nothing tells. ``full`` is
    the fullest form in the article.
    """

    first: int
    last: int
    start: int
    end: int
    text: str
    is_person: bool | None
    is_genitive: bool
    full: str


class Names:
    """The names of a text, by the token they begin at and by the token they end at."""

    def __init__(self, cut: Segmentation, lexicon: Lexicon, entities: Sequence[Entity]) -> None:
        self._cut = cut
        self._lexicon = lexicon
        self._words = lexicon.words
        self._finite = lexicon.verbs.keys() | lexicon.statements.finite
        self._openers = cut.openers
        self.labels = Labels(cut, entities)
        self._labelled = self.labels.by_token
        runs = NameRuns(cut, lexicon, self.labels).find()
        self._plain = {cut.text[cut.tokens[a].start : cut.tokens[b - 1].end] for a, b in runs}
        self._plain |= {cut.tokens[b - 1].text for _, b in runs}
        # What stands somewhere without a noun behind it is no genitive: "Nes" in ", sier Nes."
        self._absolute = {
            cut.tokens[b - 1].text
            for a, b in runs
            if cut.tokens[b - 1].text[-1] == "s"
            and (not self._precedes_noun(b) or self._tells_how(a, b))
        }
        names = [self._read_name(*run) for run in runs]
        full = find_full_names(names)
        persons = {full[name.text] for name in names if name.is_person}
        names = [
            # Of two readings of one full name the person is right.
            name._replace(is_person=True) if " " in name.text and name.text in persons else name
            for name in names
        ]
        self.all = [
            name._replace(
                full=longer_form(full.get(name.text, name.text), name.full, name.text),
                is_person=self._is_person(name, full),
            )
            for name in names
        ]
        # Whose age stands behind them somewhere is a person: no place has one.
        self.aged = {
            name.full: age for name in self.all if (age := self._read_age(name.last)) is not None
        }
        self.starting = {name.first: name for name in self.all}
        self.ending = {name.last: name for name in self.all}
        self._starts = [name.first for name in self.all]

    def list_within(self, first: int, last: int) -> list[Name]:
        """The names that begin at tokens ``first`` to ``last`` (exclusive), in order."""
        at = bisect_left(self._starts, first)
        return self.all[at : bisect_left(self._starts, last, at)]

    def _read_name(self, first: int, last: int) -> Name:
        tokens = self._cut.tokens
        start, end = tokens[first].start, tokens[last - 1].end
        text = self._cut.text[start:end]
        bare, genitive = self._without_genitive(first, last, text)
        entity = self._labelled.get(last - 1) or self._labelled.get(first)
        person = None if entity is None else entity.label in PERSON_LABELS
        full = bare if entity is None else entity.name
        if person:
            full = self._without_role(full)
        full = full if bare in full else bare
        return Name(first, last, start, end, bare, person, genitive, full)

    def _without_role(self, name: str) -> str:
        """A model's name without a role that it begins with: *Fisker Jostein Moe*."""
        opener, _, rest = name.partition(" ")
        lower = opener.lower()
        kept = lower in self._words.given or lower in self._words.titles
        return rest if rest and not kept and self._words.role_stem(lower) else name

    def _without_genitive(self, first: int, last: int, text: str) -> tuple[str, bool]:
        """A name without the ending "s", and whether it is a genitive.

        "Hans" keeps its own: a genitive has the bare form elsewhere in the text, or a noun
        behind it wherever it stands.
        """
        tokens = self._cut.tokens
        following = tokens[last] if last < len(tokens) else None
        if following is not None and following.lower in self._words.genitives:
            return text, True
        if following is not None and following.text in "'’" and self._closes_genitive(last):
            return text, True
        if text[-1] not in "s'’":
            return text, False
        for ending in ("'s", "’s", ":s", "'", "’"):
            if text.endswith(ending):
                return text[: -len(ending)], True
        if not self._words.grammar.bare_genitive:
            return text, False
        if ends_acronym(text):
            return text[:-1], True
        if not text.endswith("s") or len(text) < 3:
            return text, False
        bare = text[:-1]
        if bare in self._plain or bare in self._words.persons.parties:
            return bare, True
        if self._tells_how(first, last):
            return text, False
        entity = self._labelled.get(last - 1)
        if entity is not None and entity.name.endswith(bare) and entity.text.endswith("s"):
            return bare, True
        if len(tokens[last - 1].text) < _MIN_GENITIVE or tokens[last - 1].text in self._absolute:
            return text, False
        known = tokens[last - 1].lower in self._words.given
        return (text if known else bare, True) if self._precedes_noun(last) else (text, False)

    def _closes_genitive(self, index: int) -> bool:
        """Whether a mark is the apostrophe of *Moss' ordfører*: after a sibilant, before a noun."""
        before, mark = self._cut.tokens[index - 1 : index + 1]
        return (
            before.end == mark.start
            and before.text[-1] in SIBILANTS
            and self._precedes_noun(index + 1)
            and self._cut.tokens[index + 1].start == mark.end + 1
        )

    def _tells_how(self, first: int, last: int) -> bool:
        """Whether what follows a name says how somebody speaks: *sier Kari Vangsnes bestemt*."""
        words = [token.lower for token in self._cut.tokens[max(first - MAX_TITLE, 0) : first]]
        behind = self._cut.tokens[last : last + 2]
        return self._lexicon.tells_how(words, *(token.lower for token in behind))

    def _precedes_noun(self, last: int) -> bool:
        """Whether a word that can be a noun or an adjective follows a name."""
        following = self._cut.tokens[last] if last < len(self._cut.tokens) else None
        return (
            following is not None
            and following.text[0].islower()
            and (
                following.lower not in self._words.closed
                or following.lower in self._words.modifiers
            )
            and following.lower not in self._finite
        )

    def _read_age(self, index: int) -> str | None:
        """The age of one to three digits in "(9)" or ", 9 år" at a token."""
        behind = [token.text for token in self._cut.tokens[index : index + 3]]
        if len(behind) < 3 or behind[0] not in "(,":
            return None
        if not (behind[1].isdigit() and len(behind[1]) < 4):
            return None
        in_brackets = behind[0] == "(" and behind[2] == ")"
        counts = in_brackets or (behind[0] == "," and behind[2].lower() in self._words.years)
        return behind[1] if counts else None

    def _is_person(self, name: Name, full: dict[str, str]) -> bool | None:
        words = self._words
        honorific = name.first and self._cut.tokens[name.first - 1].lower
        if honorific in words.grammar.honorifics and name.first not in self._openers:
            return True  # Also where a model errs: "mr Doseba"
        if name.is_person is not None:
            return name.is_person
        given = words.given
        longest = full.get(name.text, name.text)
        whole = longest.lower().split()
        if whole[0] in given and (len(whole) > 1 or whole[0] not in words.titles):
            return True
        if words.neutral and len(whole) > 1 and whole[0] in words.persons.shared:
            return True  # Of no gender, but a neutral pronoun can stand for the name.
        if len(whole) > 1 and words.gendered.of_name(longest) is not None:
            return True
        if name.first in self._openers or not name.first:
            return None
        before = word_before(name.first, self._cut.tokens, words)
        titled = before.lower in words.titles | words.grammar.honorifics
        return True if titled or words.role_stem(before.lower) is not None else None
