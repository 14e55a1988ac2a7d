"""What an editor says about persons, which wins over whatever newsbeam finds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.people.forms import Form


class CorrectionsError(NewsbeamError):
    """What the editor wrote cannot be read."""

    is_usage = True


@dataclass(frozen=True, slots=True)
class OwnPerson:
    """Whoever bears the name ``form`` in these sources, or articles, is a person of their own."""

    form: Form
    sources: frozenset[str] = frozenset()
    articles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Corrections:
    """``same``: forms that are one person's. ``apart``: pairs that never are. ``own``: namesakes
    of whom an editor knows."""

    same: tuple[frozenset[Form], ...] = ()
    apart: frozenset[frozenset[Form]] = frozenset()
    own: tuple[OwnPerson, ...] = ()
    _by_form: dict[Form, set[Form]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_form: dict[Form, set[Form]] = {}
        for group in self.same:
            for form in group:
                by_form.setdefault(form, set()).update(group)
        object.__setattr__(self, "_by_form", by_form)

    def list_same(self, form: Form) -> list[Form]:
        """The other forms that are the same person's."""
        return sorted(self._by_form.get(form, set()) - {form})

    def is_named(self, form: Form) -> bool:
        """Whether it is said of a form whose it is, even of a single word."""
        return form in self._by_form

    def are_apart(self, one: Form, other: Form) -> bool:
        """Whether it is said of two forms that they are two persons'."""
        return frozenset((one, other)) in self.apart

    def find_own(self, form: Form, source: str, article: str) -> str | None:
        """A word for the namesake who is meant there; ``None`` where nothing is said."""
        for own in self.own:
            if own.form == form and (source in own.sources or article in own.articles):
                told = json.dumps([sorted(own.sources), sorted(own.articles)])
                return f"own {hashlib.sha256(told.encode()).hexdigest()[:12]}"
        return None

    def list_forms(self) -> Iterator[Form]:
        """All forms that something is said of."""
        yield from self._by_form
        for pair in self.apart:
            yield from pair
        for own in self.own:
            yield own.form

    def digest(self) -> str:
        """A hash of all that is said; empty where nothing is."""
        if not (self.same or self.apart or self.own):
            return ""
        told = [
            sorted(sorted(map(list, group)) for group in self.same),
            sorted(sorted(map(list, pair)) for pair in self.apart),
            sorted([list(o.form), sorted(o.sources), sorted(o.articles)] for o in self.own),
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
