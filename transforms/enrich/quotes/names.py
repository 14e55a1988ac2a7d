"""Names in a text: the runs of capitalised words, and whom they stand for.

Entities say what a run is where a model found one; without them (or where it erred) a person is
told by a first name, by a role noun before the name, or by the full name elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from newsbeam.transforms.enrich.quotes.capitals import Capitals
from newsbeam.transforms.enrich.quotes.full_names import find_full_names, longer_form
from newsbeam.transforms.enrich.quotes.labels import Labels
from newsbeam.transforms.enrich.quotes.sentences import Segmentation, Token, is_initial_stop
from newsbeam.transforms.enrich.quotes.titled_runs import list_named_parts, word_before
from newsbeam.transforms.records import PERSON_LABELS, Entity
from newsbeam.transforms.settings.lexicon import MAX_TITLE, Lexicon
from newsbeam.transforms.text.characters import CLOSING_MARKS, SIBILANTS

# Longer runs are headings in capitals or lists, and their parts would cost quadratic time.
_MAX_TOKENS = 8
# Tokens from the preposition behind a role to the name there: "for partiet Rødt".
_MAX_COMPLEMENT = 4
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
        self._verbs = lexicon.verbs
        self._finite = lexicon.verbs.keys() | lexicon.statements.finite
        self._openers = {sentence.first for sentence in cut.sentences}
        self.labels = Labels(cut, entities)
        self._labelled = self.labels.by_token
        nouns = lexicon.words.grammar.nouns_capitalised
        self._capitals = Capitals(cut.tokens, lexicon.words) if nouns else None
        self._common = {token.lower for token in cut.tokens if token.text[0].islower()}
        self._proper = {
            token.text
            for index, token in enumerate(cut.tokens)
            if token.is_capitalised
            and index not in self._openers
            and not self._follows_opening(index)
        }
        found = set(self._find_runs())
        # "Svenskt Näringsliv" has no title, though there are Swedes.
        bodies = {run for run in found if self.labels.is_whole_name(*run)}
        titled = list_named_parts(sorted(found - bodies), cut.tokens, self._words)
        runs = sorted([*bodies, *self._strip_openers(titled)])
        self._plain = {cut.text[cut.tokens[a].start : cut.tokens[b - 1].end] for a, b in runs}
        self._plain |= {cut.tokens[b - 1].text for _, b in runs}
        # What stands somewhere without a noun behind it is no genitive: "Nes" in ", sier Nes."
        self._absolute = {
            cut.tokens[b - 1].text
            for a, b in runs
            if not self._precedes_noun(b) or self._tells_how(a, b)
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

    def _find_runs(self) -> Iterable[tuple[int, int]]:
        tokens, index = self._cut.tokens, 0
        while index < len(tokens):
            if not self._opens_name(index):
                index += 1
                continue
            last = index + 1
            while (
                last < len(tokens)
                and last - index < _MAX_TOKENS
                and self._continues_name(last, index)
            ):
                particle = tokens[last].lower in self._words.particles
                last += 2 if particle or is_initial_stop(tokens, last) else 1
            last = min(last, len(tokens))
            yield index, last
            index = last

    def _strip_openers(self, runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Take a headline's first word off a run whose rest is a name elsewhere, and a role.

        "Lettet Hansen" is a headline; "Kari Hansen" may be one too, but "Kari" is a first name or
        stands capitalised within another sentence.
        """
        tokens, words = self._cut.tokens, self._words
        headlines = {
            sentence.first
            for sentence in self._cut.sentences
            if tokens[sentence.last - 1].text not in ".!?:…"
        }
        later = {tokens[last - 1].text for first, last in runs if first not in self._openers}
        stripped = []
        for first, last in runs:
            opener = tokens[first]
            if last - first > 1 and opener.lower not in words.titles and self._is_role(opener):
                stripped.append((first + (first in self._openers), last))
                continue
            if last - first > 1 and self._is_told_apart(first):  # "Bloggeren Kari"
                stripped.append((first + 1, last))
                continue
            loose = first in headlines
            named = opener.text in self._proper or opener.lower in words.given
            if last - first > 2 and not named and tokens[first + 1].lower in words.given:
                first += first in self._openers  # "Lagkamerat Kari Nes"
            if loose and last - first > 1 and not named and not self.labels.is_person(first):
                known = tokens[last - 1].text in later
                first += known
            stripped.append((first, last))
        return stripped

    def _is_told_apart(self, index: int) -> bool:
        """Whether a model has a person begin right behind the word that opens a sentence."""
        opener = self._cut.tokens[index].lower
        return (
            index in self._openers
            and index not in self._labelled
            and self.labels.is_person(index + 1)
            and opener not in self._words.given
            and opener not in self._words.titles
        )

    def _opens_name(self, index: int) -> bool:
        token = self._cut.tokens[index]
        if not token.is_capitalised or token.lower in self._words.grammar.unnamed:
            return False
        if self.labels.opens_name(index):  # "Det hvite hus"
            return True
        if self._capitals is not None and index not in self._labelled:
            return self._capitals.opens(index)
        if index not in self._openers and not self._follows_opening(index):
            return token.lower not in self._words.speech
        following = self._cut.tokens[index + 1 : index + 2]
        precedes = bool(following) and following[0].is_capitalised
        if token.lower in self._words.closed:  # "Per Hansen", but not "Per dags dato"
            return precedes and token.lower in self._words.given
        if token.text in self._proper or self.labels.is_person(index):
            return True
        if precedes:  # "President Tokajev": the role opens the sentence, not the name.
            named = index in self._labelled and not self.labels.is_person(index)
            return named or token.lower in self._words.titles or not self._is_role(token)
        if self._labelled:  # A model has read the text and found no name here.
            return index in self._labelled
        if token.lower in self._words.given:
            return True
        reports = bool(following) and (
            following[0].lower in self._verbs
            or (token.text.endswith("s") and self._is_role(following[0]))  # "Ryssdals datter"
        )
        owner = token.lower.removesuffix("s")  # "Politiets innsatsleder"
        plain = (
            not self._common.isdisjoint((token.lower, owner))
            or self._words.is_collective(owner)
            or token.lower.endswith(self._words.several + self._words.agents + self._words.definite)
        )
        return reports and not plain and not self._is_role(token)

    def _follows_opening(self, index: int) -> bool:
        """Whether a word is capitalised only because a colon, a mark or a dash precedes it."""
        before = self._cut.tokens[index - 1]
        if index > 0 and before.text in CLOSING_MARKS:  # ”So”, »so«
            return before.end == self._cut.tokens[index].start
        return index > 0 and before.text in '-–—:«“„"*('

    def _continues_name(self, index: int, first: int) -> bool:
        tokens = self._cut.tokens
        token = tokens[index]
        gap = self._cut.text[tokens[index - 1].end : token.start]
        if "\n" in gap or len(gap) > 1 or token.lower in self._words.grammar.unnamed:
            return False
        entity = self._labelled.get(index)
        if token.text[0].islower() and entity is not None and entity.label not in PERSON_LABELS:
            return entity is self._labelled.get(index - 1)  # "Statens vegvesen"
        if is_initial_stop(tokens, index):
            following = tokens[index + 1] if index + 1 < len(tokens) else None
            return (
                following is not None
                and following.is_capitalised
                and "\n" not in self._cut.text[token.end : following.start]
            )
        if _ends_acronym(tokens[index - 1].text) or self._parts_owner(index):
            return False
        capitals = self._capitals
        ended = (
            capitals is not None and index - 1 not in self._labelled and capitals.ends(index - 1)
        )
        if ended or self._begins_person(index, first):
            return False
        if token.lower in self._words.particles and token.text[0].islower():
            return index + 1 < len(tokens) and tokens[index + 1].is_capitalised
        return bool(gap) and token.is_capitalised and index not in self._openers

    def _parts_owner(self, index: int) -> bool:
        """Whether a first name begins behind an owner known elsewhere: *Civitas Kari Nes*."""
        before, token = self._cut.tokens[index - 1], self._cut.tokens[index]
        return (
            before.text.endswith("s")
            and before.text[:-1] in self._proper
            and token.lower in self._words.given
        )

    def _begins_person(self, index: int, first: int) -> bool:
        """Whether a person's name begins or ends within a run: *leder i Lillevik Lag Kari Nes*.

        A model says so, or without one a first name behind what belongs to a role.
        """
        entity, before = self._labelled.get(index), self._labelled.get(index - 1)
        if entity is not None or before is not None:
            return (
                entity is not None
                and before is not None
                and entity.start == self._cut.tokens[index].start
                and (entity.label in PERSON_LABELS) != (before.label in PERSON_LABELS)
            )
        tokens, given = self._cut.tokens, self._words.given
        return (
            tokens[index].lower in given
            and index + 1 < len(tokens)
            and tokens[index + 1].is_capitalised
            and not any(token.lower in given for token in tokens[first:index])
            and self._complements_role(first)
        )

    def _complements_role(self, index: int) -> bool:
        """Whether what begins at a token says of what somebody is a leader."""
        for at in range(index - 1, max(index - _MAX_COMPLEMENT, 1) - 1, -1):
            token = self._cut.tokens[at]
            if token.lower in self._words.complements:
                return self._is_role(self._cut.tokens[at - 1])
            if not token.text[0].islower():
                return False
        return False

    def _is_role(self, token: Token) -> bool:
        return self._words.role_stem(token.lower) is not None

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
        for ending in ("'s", "’s", "'", "’"):
            if text.endswith(ending):
                return text[: -len(ending)], True
        if not self._words.grammar.bare_genitive:
            return text, False
        if _ends_acronym(text):
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
        if len(behind) < 3 or not (behind[1].isdigit() and len(behind[1]) < 4):
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
        return True if titled or self._is_role(before) else None


def _ends_acronym(text: str) -> bool:
    """Whether a word is a genitive behind which another name begins: "NATOs", "FN's"."""
    return text.endswith(("'s", "’s")) or (text.endswith("s") and text[-3:-1].isupper())
