"""Which full forms of names are one person's, and why. Pure.

A link is judged by the two forms, by what is told of them, and by the forms that are as near to
them: never by other links, so that it is the same whatever came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from newsbeam.transforms.people.corrections import Corrections
from newsbeam.transforms.people.forms import Difference, Form, compare_forms, find_odd_pair

# A word that so many forms have in the same place is a name in its own right, so that another
# that sounds like it is one too (Hansen, Hanssen). Ours.
ESTABLISHED = 3
# A key that more forms have tells nothing. Ours.
MOST_ALIKE = 12
# What needs something told of both that they share; of all others the forms alone are enough.
_WEAK = frozenset({"middle", "surname"})
# Of these the longer form must be the only one of its kind.
_SHORT = frozenset({"initial", "part", "middle", "surname"})


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What all articles tell of a form: genders, roles, bodies, and other forms that stood for it
    inside an article."""

    genders: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()
    aliases: frozenset[Form] = frozenset()


class FormsHeld(Protocol):
    """What is known of all forms."""

    def list_alike(self, form: Form) -> Sequence[Form]:
        """The forms that share a key with ``form``, in their order."""

    def read_facts(self, form: Form) -> FormFacts: ...

    def count_bearers(self, word: str, place: int) -> int:
        """How many forms have the word first (0), last (-1) or between (1); exact up to
        ``ESTABLISHED``."""


def find_links(form: Form, held: FormsHeld, corrections: Corrections) -> dict[Form, str]:
    """The forms that are the same person's as ``form``, each with the reason."""
    found: dict[Form, str] = dict.fromkeys(corrections.list_same(form), "correction")
    if len(form) < 2:
        return found
    for other in held.list_alike(form):
        if other in found or other == form or corrections.are_apart(form, other):
            continue
        difference = compare_forms(form, other)
        if difference is not None and _is_link(form, other, difference, held):
            found[other] = difference
    return found


def _is_link(one: Form, other: Form, difference: Difference, held: FormsHeld) -> bool:
    if difference == "letters":
        return True
    facts = held.read_facts(one), held.read_facts(other)
    if len(facts[0].genders | facts[1].genders) > 1:
        return False
    short, long = sorted((one, other), key=lambda form: (len(form), form))
    share = _share_facts(*facts) or short in held.read_facts(long).aliases
    if difference in _SHORT:
        return (share or difference not in _WEAK) and _is_only(short, difference, held)
    pair = find_odd_pair(one, other)
    assert pair is not None  # that is what these differences are
    at, *words = pair
    place = 0 if at == 0 else -1 if at == len(one) - 1 else 1
    both = all(held.count_bearers(word, place) >= ESTABLISHED for word in words)
    return share or not both


def _share_facts(one: FormFacts, other: FormFacts) -> bool:
    return bool(one.roles & other.roles or one.bodies & other.bodies)


def _is_only(short: Form, difference: Difference, held: FormsHeld) -> bool:
    """Whether all longer forms that ``short`` may stand for in this way are alike themselves."""
    longer = [form for form in held.list_alike(short) if _is_longer(form, short, difference)]
    # "Anne Hansen" is not known to be Anne Lise if there is an Anne Marie.
    return all(
        compare_forms(a, b) in ("letters", "sound", "letter", "initial", "part")
        for a, b in combinations(longer, 2)
    )


def _is_longer(form: Form, short: Form, difference: Difference) -> bool:
    return (len(form), form) > (len(short), short) and compare_forms(short, form) == difference


def group_forms(
    forms: Iterable[Form], links: Mapping[Form, Mapping[Form, str]], corrections: Corrections
) -> list[frozenset[Form]]:
    """The persons among ``forms``, which hold whatever links lead to.

    Corrections first, then the surest links; none that would bring together what a correction
    holds apart.
    """
    groups = {form: frozenset((form,)) for form in forms}
    rank = {"correction": 0, "letters": 1}
    ordered = sorted(
        (rank.get(reason, 2), one, other)
        for one in groups
        for other, reason in links[one].items()
        if one < other
    )
    for _, one, other in ordered:
        a, b = groups[one], groups[other]
        if a is b or any(corrections.are_apart(x, y) for x in a for y in b):
            continue
        joined = a | b
        groups |= dict.fromkeys(joined, joined)
    return sorted(set(groups.values()), key=min)


def collect_linked(start: Form, links: Callable[[Form], Iterable[Form]]) -> set[Form]:
    """All forms that links lead to from ``start``."""
    found, waiting = {start}, [start]
    while waiting:
        for other in links(waiting.pop()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
