"""Two persons of one full name, told apart by what articles say they are. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from newsbeam.transforms.people.fields import may_be_one

# Days between the last of one trait and the first of another in which nobody changes from the
# one to the other. Ours.
_TURN_DAYS = 30
# So large a share of the articles must be of one of them where nothing tells whom an article
# means. Ours.
CLEAR_SHARE = 0.75

_Bearer = TypeVar("_Bearer")


class Trait(NamedTuple):
    """What a source says that a bearer of a name is, and when (days since 1970)."""

    trait: str
    source: str
    articles: int
    first: int
    last: int


class Namesakes(NamedTuple):
    """The bearers of one name. ``bearers`` says whose each trait is: ``""`` the one's who was
    there first, else the trait that tells of a namesake first. ``by_source`` says whom a source
    means where it does not say, ``otherwise`` whom the others mean; ``None``: nobody can know."""

    bearers: dict[str, str]
    by_source: dict[str, str | None]
    otherwise: str | None


def part_namesakes(traits: Sequence[Trait]) -> Namesakes:
    """Tell the bearers of one name apart by their ``traits``, a row a trait and source.

    Two traits are two persons' where nobody has both at a time, and both are told of the name in
    the same weeks. One after the other they are a role that changed.
    """
    spans: dict[str, tuple[int, int]] = {}
    counts: Counter[str] = Counter()
    for row in traits:
        first, last = spans.get(row.trait, (row.first, row.last))
        spans[row.trait] = min(first, row.first), max(last, row.last)
        counts[row.trait] += row.articles
    groups: list[list[str]] = []
    for trait in sorted(spans, key=lambda trait: (-counts[trait], trait)):
        for group in groups:
            if not any(_are_two(trait, other, spans) for other in group):
                group.append(trait)
                break
        else:
            groups.append([trait])
    starts = sorted((min((spans[trait][0], trait) for trait in group), group) for group in groups)
    bearers = {
        trait: first if number else ""
        for number, ((_, first), group) in enumerate(starts)
        for trait in sorted(group)
    }
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    for row in traits:
        by_source[row.source][bearers[row.trait]] += row.articles
    everywhere: Counter[str] = Counter()
    for count in by_source.values():
        everywhere += count
    return Namesakes(
        bearers,
        {source: find_leader(count) for source, count in sorted(by_source.items())},
        find_leader(everywhere) if everywhere else "",
    )


def find_leader(counts: Counter[_Bearer]) -> _Bearer | None:
    """The one that clearly most are of; ``None`` where nobody leads."""
    if not counts:
        return None
    (leader, most), *_ = counts.most_common(1)
    return leader if most >= CLEAR_SHARE * counts.total() else None


def _are_two(one: str, other: str, spans: dict[str, tuple[int, int]]) -> bool:
    if may_be_one(one, other):
        return False
    (first, last), (start, end) = spans[one], spans[other]
    return max(first, start) - min(last, end) < _TURN_DAYS
