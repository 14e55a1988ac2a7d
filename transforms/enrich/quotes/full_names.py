"""The fullest form of each name in a text: *Hansen* is the *Kari Hansen* named elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class NamedRun(Protocol):
    """A name of which it may be known whether it is a person's."""

    @property
    def text(self) -> str: ...

    @property
    def is_person(self) -> bool | None: ...


def find_full_names(names: Sequence[NamedRun]) -> dict[str, str]:
    """The fullest form of each name: the longest that ends, or begins, with its words."""
    by_last: dict[str, str] = {}
    by_first: dict[str, str] = {}
    by_ends: dict[tuple[str, str], str] = {}
    persons = {name.text for name in names if name.is_person}
    for name in names:
        words = name.text.split()
        if len(words) < 2 or (name.is_person is False and words[-1] not in persons):
            continue
        ends = (words[0], words[-1])
        if len(name.text) > len(by_ends.get(ends, "")):
            by_ends[ends] = name.text
        for position in range(1, len(words)):
            by_last.setdefault(" ".join(words[position:]), name.text)
        by_first.setdefault(words[0], name.text)
    full: dict[str, str] = {}
    for name in names:
        words = name.text.split()
        whole = by_last.get(name.text) or (by_first.get(name.text) if len(words) == 1 else None)
        parts = (whole or name.text).split()
        full[name.text] = by_ends.get((parts[0], parts[-1]), whole or name.text)
    return full


def longer_form(one: str, other: str, text: str) -> str:
    """The longer of two forms that both hold ``text``."""
    return other if text in other and len(other) > len(one) else one
