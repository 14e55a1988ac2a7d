"""Phrases for what something is told in: *(det heter) i rapporten*."""

from __future__ import annotations

from dataclasses import replace

from newsbeam.transforms.enrich.quotes.names import Names
from newsbeam.transforms.enrich.quotes.noun_phrases import MAX_SUBJECT, Mention, NounPhraseReader
from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.settings.lexicon import Lexicon


class SourcePhraseReader:
    """Reads the phrases of one text."""

    def __init__(self, cut: Segmentation, names: Names, lexicon: Lexicon) -> None:
        self._tokens = cut.tokens
        self._names = names
        self._phrases = NounPhraseReader(cut, names, lexicon)
        self._words = lexicon.words
        self._behind = lexicon.words.dummy | lexicon.statements.sets.conjunctions

    def read(self, index: int, last: int) -> Mention | None:
        """*det i rapporten*, *det i en pressemelding fra Slottet*."""
        if index >= last or self._tokens[index].lower not in self._words.dummy:
            return None
        index += 1
        index = self._phrases.skip_adverbials(index, last)
        if index >= last or self._tokens[index].lower not in self._words.prepositions:
            return None
        head = None
        for position in range(index + 1, min(last, index + MAX_SUBJECT)):
            token = self._tokens[position]
            name = self._names.starting.get(position)
            if name is not None and not name.is_genitive:
                return Mention(position, name.last, "name", position)
            if not token.is_word or token.lower in self._words.subordinating:
                break
            if head is None and name is None and token.lower not in self._words.closed:
                head = position
        return None if head is None else Mention(head, head + 1, "source", head)

    def read_fronted(self, first: int, verb: int) -> Mention | None:
        """*I rapporten* before *heter det*, before Swedish *står att*."""
        opens = self._tokens[first].lower in self._words.prepositions
        following = [token.lower for token in self._tokens[verb + 1 : verb + 2]]
        opens &= not self._behind.isdisjoint(following)
        index = first + 1
        while index < verb and self._tokens[index].lower in self._words.determiners:
            index += 1
        source = self._phrases.read_subject(index, verb) if opens else None
        if source is not None and self._words.document_stem(self._tokens[source.head].lower):
            sender = source.head + 1  # "I en e-post fra departementet"
            if sender < verb and self._tokens[sender].lower in self._words.complements:
                source = self._phrases.read_subject(sender + 1, verb) or source
        if source is None or source.kind != "role":
            return source
        return replace(source, kind="source")
