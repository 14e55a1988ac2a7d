"""Clauses whose subject stands before the verb: *“…,” Smith, the mayor, said*.

So English has them in front of speech and behind it. From the verb the subject is read leftward,
over adverbs, brackets and what a pair of commas encloses.
"""

from __future__ import annotations

from newsbeam.transforms.enrich.quotes.attributions import Attribution, AttributionReader
from newsbeam.transforms.enrich.quotes.names import Name, Names
from newsbeam.transforms.enrich.quotes.noun_phrases import Mention, NounPhraseReader
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon
from newsbeam.transforms.text.characters import CLOSING_MARKS, OPENING_MARKS

# Tokens from the marks to the verb, and from a verb back to its subject.
_MAX_CLAUSE = 30
# Tokens of a clause between commas inside a sentence, up to its verb.
_MAX_PARENTHESIS = 12
_ENDS = frozenset(";:" + OPENING_MARKS + CLOSING_MARKS)


class SubjectFirstReader:
    """Reads such clauses in one text."""

    def __init__(
        self, cut: Segmentation, names: Names, reader: AttributionReader, lexicon: Lexicon
    ) -> None:
        self._tokens = cut.tokens
        self._names = names
        self._reader = reader
        self._verbs = lexicon.verbs
        self._words = lexicon.words
        self._joints = self._words.conjunctions | self._words.subordinators
        self._endings = lexicon.adverb_endings
        self._gerunds = lexicon.statements.sets.gerunds
        self._phrases = NounPhraseReader(cut, names, lexicon)

    def read_behind(self, index: int, last: int) -> Attribution | None:
        """The clause at ``index``, right behind speech: the first verb that has a subject."""
        opener = self._tokens[index]
        if opener.lower in self._joints:
            return None
        opening = self._read_opening_name(index)
        for verb in range(index + 1, min(last, index + _MAX_CLAUSE)):
            if self._tokens[verb].text in _ENDS:
                return None
            if self._reports(verb, last):
                mention = opening or self.read_before(verb, index)
                if mention is not None:
                    return Attribution(index, last, self._tokens[verb].text, mention)
        return None

    def read_parenthesis(self, index: int, last: int) -> Attribution | None:
        """*(…,) the minister said on Monday*: the clause behind a comma, if nothing follows it
        that is reported. It ends behind its verb."""
        opener = self._tokens[index]
        if opener.lower in self._joints:
            return None
        for verb in range(index + 1, min(last, index + _MAX_PARENTHESIS)):
            token = self._tokens[verb]
            if not (token.is_word or token.text == "-"):
                return None
            if self._reports(verb, last) and self._closes(verb + 1, last):
                mention = self.read_before(verb, index)
                if mention is None or mention.first < index or self._introduces(verb + 1, last):
                    return None
                return Attribution(index, verb + 1, token.text, mention, self._resume(verb, last))
        return None

    def _introduces(self, index: int, last: int) -> bool:
        """Whether speech follows a verb: *said: “…”*, *said, “…”*."""
        behind = [token.text for token in self._tokens[index : min(last, index + 2)]]
        return behind[:1] == [":"] or (behind[:1] == [","] and behind[-1] in OPENING_MARKS)

    def _closes(self, index: int, last: int) -> bool:
        """Whether a verb ends its clause, but for when and to whom somebody says it."""
        if index >= last:
            return True
        token = self._tokens[index]
        return (
            not token.is_word
            or token.lower in self._words.prepositions
            or token.lower in self._words.grammar.unnamed
        )

    def _resume(self, verb: int, last: int) -> int | None:
        """Where speech goes on right behind a verb's comma: *, she said, and it is true*."""
        index = verb + 2
        if index >= last or self._tokens[verb + 1].text != ",":
            return None
        lower = self._tokens[index].lower
        hangs = lower in self._words.grammar.relatives or lower.endswith(self._gerunds)
        return None if hangs else index

    def _read_opening_name(self, index: int) -> Mention | None:
        """A name at the head of a clause that a comma or bracket parts from its verb."""
        name = self._names.starting.get(index)
        if name is None or name.is_genitive or name.last >= len(self._tokens):
            return None
        return self._name(name, index) if self._tokens[name.last].text in ",(" else None

    def _reports(self, verb: int, last: int) -> bool:
        """Whether a form reports and is no passive, infinitive or relative clause."""
        before = self._tokens[verb - 1].lower
        return (
            before not in self._words.copulas
            and before not in self._words.prepositions
            and before not in self._words.subordinating
            and self._reader.can_report(verb, last)
        )

    def read_before(self, verb: int, first: int) -> Mention | None:
        """The subject of the verb, among the tokens from ``first`` on."""
        first = max(first, verb - _MAX_CLAUSE)
        index = self._skip_adverbs(verb - 1, first)
        if index < first:
            return None
        token = self._tokens[index]
        if token.text == ",":
            around = self._read_around_parenthesis(index, first)
            return around or self._read_opening(first, index)
        if token.lower in self._words.conjunctions:
            return self._read_opening(first, index)
        return self._read_ending_at(index + 1, first)

    def _read_opening(self, first: int, last: int) -> Mention | None:
        """The subject that opens a sentence, for a predicate that hangs on it.

        *He praised the plan, calling it “…”*; *the minister smiled and said “…”*.
        """
        for index in range(first, last):
            token = self._tokens[index]
            before = self._tokens[index - 1].lower if index > first else ""
            hangs = before in self._words.prepositions
            name = self._names.starting.get(index)
            if token.lower in self._words.pronouns:
                return Mention(index, index + 1, "pronoun", index)
            if token.lower in self._words.speech:
                return None
            plain = name is not None and not name.is_genitive and not hangs
            if name is not None and plain and not self._phrases.describes_noun(name.last, last):
                return self._name(name, first)
            noun = Mention(index, index + 1, "role", index)
            if self._words.role_stem(token.lower) is not None and self._phrases.is_definite(noun):
                return noun
        return None

    def _skip_adverbs(self, index: int, first: int) -> int:
        """The last token at or before ``index`` that is no adverb and stands in no brackets."""
        end = index
        while index >= first:
            token = self._tokens[index]
            if token.text == ")":
                while index > first and self._tokens[index].text != "(":
                    index -= 1
            elif index + 1 in self._names.ending or not (
                token.lower in self._words.adverbs
                or token.lower in self._words.grammar.unnamed
                or (index < end and token.lower in self._words.complements)
                or self._ends_like_adverb(index)
            ):
                return index
            index -= 1
        return index

    def _ends_like_adverb(self, index: int) -> bool:
        """*quickly*; *the family* is a noun."""
        before = self._tokens[index - 1].lower if index else ""
        lower = self._tokens[index].lower
        ends = bool(self._endings) and lower.endswith(self._endings)
        return ends and not (
            before in self._words.determiners or before in self._words.grammar.articles
        )

    def _read_around_parenthesis(self, comma: int, first: int) -> Mention | None:
        """*Smith, the mayor,*; *the mayor, John Smith,*"""
        name = self._names.ending.get(comma)
        if name is not None and name.first > first and self._tokens[name.first - 1].text == ",":
            described = self._names.ending.get(name.first - 1)
            return self._name(described or name, first)
        for index in range(comma - 1, first, -1):
            token = self._tokens[index]
            relative = token.lower in self._words.subordinating and index - 1 in self._names.ending
            if token.text != "," and not relative:
                continue
            name = self._names.ending.get(index)
            noun = self._tokens[index - 1].lower
            known = noun in self._words.pronouns or self._words.role_stem(noun) is not None
            told = self._tokens[index + 1].lower in self._words.grammar.relatives
            whole = Mention(index - 1, index, "role", index - 1)
            known = known or (told and self._phrases.is_definite(whole))
            if (name is not None and not name.is_genitive) or known:
                start = self._start_of(index, first)
                described = self._names.ending.get(start - 1) if start > first else None
                if described is not None and not described.is_genitive:
                    return self._name(described, first)
                return self._read_ending_at(index, first)
        return None

    def _name(self, name: Name, first: int) -> Mention:
        return self._phrases.name_with_title(name.first, name.last, first)

    def _start_of(self, end: int, first: int) -> int:
        """Where the words before ``end`` begin that no punctuation or conjunction parts."""
        index = end
        while index > first:
            token = self._tokens[index - 1]
            stops = (
                token.lower in self._words.subordinating
                or token.lower in self._words.complementizers
            )
            dot = token.text == "." and self._tokens[index - 2].lower in (
                self._words.grammar.honorifics
            )
            if (not token.is_word and token.text != "-" and not dot) or (
                stops and token.lower not in self._words.conjunctions
            ):
                break
            index -= 1
        return index

    def _read_ending_at(self, end: int, first: int) -> Mention | None:
        """The name, pronoun or noun phrase that ends before token ``end``."""
        token = self._tokens[end - 1]
        if token.lower in self._words.speech or token.lower in self._words.dummy:
            return None
        if token.lower in self._words.pronouns:
            return Mention(end - 1, end, "pronoun", end - 1)
        if token.lower in self._words.indefinite:
            return Mention(end - 1, end, "pronoun", end - 1, indefinite=True)
        if token.lower in self._words.subordinating:  # "Smith, who said"
            behind = end - 1 - (end - 2 > first and self._tokens[end - 2].text == ",")
            return self._read_ending_at(behind, first) if behind > first else None
        name = self._names.ending.get(end)
        opening = name.first - 1 if name else first
        while opening > first and self._tokens[opening].lower in self._words.grammar.articles:
            opening -= 1  # "a spokesman for the Home Office"
        before = self._tokens[opening].lower if name and name.first > first else ""
        hangs = before in self._words.prepositions or before in self._words.conjunctions
        if name is not None and not name.is_genitive and not hangs:
            return self._name(name, first)
        start = self._start_of(end, first)
        relative = self._tokens[start - 1].lower in self._words.grammar.relatives
        if start - 1 > first and relative and self._words.role_stem(token.lower) is None:
            return self._read_ending_at(
                start, first
            )  # "a spokesman who asked not to be named said"
        return self._phrases.read_with_article(start, end)
