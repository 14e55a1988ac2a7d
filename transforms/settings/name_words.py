"""The words by which a genitive is told from a name that ends in s: the ``names:`` section."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from newsbeam.transforms.settings.base import Settings


class NameWords(Settings):
    """For languages whose genitive is an s without a mark before it."""

    ending_in_s: tuple[str, ...] = Field(
        (), description="Common names that end in s by themselves; the text decides for others."
    )
    never_owned: tuple[str, ...] = Field(
        (), description="Words that cannot follow a genitive: verbs, prepositions, pronouns."
    )
    coordinators: tuple[str, ...] = Field((), description="'and', 'or'.")

    @cached_property
    def names_in_s(self) -> frozenset[str]:
        """``ending_in_s``, to look up."""
        return frozenset(self.ending_in_s)

    @cached_property
    def not_owned(self) -> frozenset[str]:
        """``never_owned`` and ``coordinators``, to look up."""
        return frozenset(self.never_owned + self.coordinators)

    @cached_property
    def conjunctions(self) -> frozenset[str]:
        """``coordinators``, to look up."""
        return frozenset(self.coordinators)
