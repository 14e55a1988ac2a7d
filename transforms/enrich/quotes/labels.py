"""What a model of entities says of a text's tokens."""

from __future__ import annotations

from collections.abc import Sequence

from newsbeam.transforms.enrich.quotes.sentences import Segmentation
from newsbeam.transforms.records import PERSON_LABELS, Entity

# What spaCy pipelines call organisations, places and works; a state or town that acts is a body.
_BODIES = frozenset({"ORG", "GPE_ORG", "ORGANIZATION"})
_PLACES = frozenset({"LOC", "GPE", "GPE_LOC"})
_WORKS = frozenset({"PROD", "PRODUCT", "WORK_OF_ART"})


class Labels:
    """The entities of one text: ``by_token`` by the index of every token that they cover."""

    def __init__(self, cut: Segmentation, entities: Sequence[Entity]) -> None:
        self.by_token: dict[int, Entity] = {}
        self._spans: dict[int, tuple[int, int]] = {}
        for entity in entities:
            first, last = cut.token_at(entity.start), cut.token_at(entity.end)
            for index in range(first, last):
                if self.by_token.setdefault(index, entity) is entity:
                    self._spans[index] = first, last

    def is_body(self, index: int) -> bool:
        """Whether a token is a part of an organisation's name."""
        return self._is_any(index, _BODIES)

    def is_person(self, index: int) -> bool:
        """Whether a token is a part of a person's name."""
        return self._is_any(index, PERSON_LABELS)

    def is_whole_name(self, first: int, last: int) -> bool:
        """Whether tokens are the name of no person, and nothing else: *Svenskt Näringsliv*."""
        named = first in self.by_token and self.span(first) == (first, last)
        return named and not self.is_person(first)

    def opens_name(self, index: int) -> bool:
        """Whether a token is the first of several of a name of no person: *Det hvite hus*."""
        first, last = self.span(index)
        return first == index and last - first > 1 and not self.is_person(index)

    def is_place(self, index: int) -> bool:
        """Whether a token is a part of a place's name."""
        return self._is_any(index, _PLACES)

    def is_work(self, index: int) -> bool:
        """Whether a token is a part of the name of a work or a product."""
        return self._is_any(index, _WORKS)

    def _is_any(self, index: int, labels: frozenset[str]) -> bool:
        entity = self.by_token.get(index)
        return entity is not None and entity.label in labels

    def span(self, index: int) -> tuple[int, int]:
        """The entity at a token: its first token and the one behind it, both ``index`` for none."""
        return self._spans.get(index, (index, index))
