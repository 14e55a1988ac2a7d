"""What stands behind a noun for a speaker: *kilder VG har snakket med*, *a source close to him*."""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon


class NounTails:
    """Tells what belongs to the nouns of one text."""

    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._tokens = cut.tokens
        self._names = names
        self._words = lexicon.words
        self._perfect = lexicon.statements.sets.perfect
        self._endings = lexicon.statements.sets.endings
        self._apart = lexicon.statements.sets.apart
        self._is_paper = lexicon.statements.sets.is_paper

    def opens_with_name(self, index: int) -> bool:
        """Whether a clause about the noun before ``index`` begins there with who has spoken to it:
        *kilder VG har snakket med*."""
        name, noun = self._names.starting.get(index), self._tokens[index - 1].lower
        return (
            name is not None
            and (name.is_person is not True or name.text.isupper() or "." in name.text)
            and not name.is_genitive
            and name.last < len(self._tokens)
            and self._tokens[name.last].lower in self._perfect
            and (self._words.role_stem(noun) is not None or self._words.is_group(noun))
            and not self._words.is_collective(noun)
        )

    def opens(self, index: int) -> bool:
        """Whether what is told of a noun begins at ``index``: *a study published on Friday*, *a
        source close to the talks*."""
        token, before = self._tokens[index], self._tokens[index - 1]
        behind = self._tokens[min(index + 1, len(self._tokens) - 1)].lower
        if behind not in self._words.prepositions | self._words.complements:
            return False
        known = self._words.role_stem(before.lower) is not None
        plain = token.text.islower() and token.lower not in self._words.closed
        told = known and plain and self._words.role_stem(token.lower) is None
        return token.lower.endswith(self._endings) or told

    def counts(self, index: int, last: int) -> bool:
        """Whether a word tells how many of the persons behind it speak: *flere eksperter*."""
        noun = self._tokens[index + 1].lower if index + 1 < last else ""
        word = self._tokens[index].lower
        several = noun in self._words.persons.groups or self._words.names_several(noun)
        several = several or self._words.role_stem(noun) == noun  # Swedish "flera forskare"
        return several and word in self._words.indefinite - self._words.determiners

    def is_appended(self, index: int, last: int) -> bool:
        """Whether a word belongs to the noun before it: *forsvareren hans, advokat Kari Nes*."""
        return (
            index + 1 < last
            and self._tokens[index].lower in self._words.closed
            and self._tokens[index + 1].text == ","
        )

    def suspends(self, index: int) -> bool:
        """Whether a hyphen leaves a compound to be ended: *barne- og familieminister*."""
        if index + 1 >= len(self._tokens):
            return False
        mark, joint = self._tokens[index : index + 2]
        return (
            mark.text == "-"
            and mark.start == self._tokens[index - 1].end
            and (joint.text == "," or joint.lower in self._words.conjunctions)
        )

    def represents(self, noun: int, index: int, name: str) -> bool:
        """Whether a ``name`` behind the preposition at ``index`` says for whom somebody speaks:
        *talesperson för SVT*. A witness or a source speaks to the paper."""
        stem = self._words.role_stem(self._tokens[noun].lower)
        apart = stem is None or stem in self._words.kin or stem in self._apart
        told = self._tokens[index].lower in self._words.role_prepositions
        return not (apart and told and self._is_paper(name))
