"""Which articles tell the same story: near-identical texts of different sources and runs.

A story begins with its earliest article. It holds what similarity connects to that article, over
others where need be, among the articles of the next 72 hours that are not of an earlier story.
So it is a function of the articles alone: of their instants and texts, whatever the order in
which they came. And as a story never lasts longer than the window, what a new article can change
lies close to it in time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from newsbeam.transforms.stories.signatures import Signatures, unpack_signatures
from newsbeam.transforms.stories.similar import find_similar

# How long after its first article a story takes in more. Ours: papers that print a wire story
# later than the weekend after it are rare, and a month of sports results is no story.
STORY_WINDOW = timedelta(hours=72)
# A link counts if no other holds this much more of the shorter text (docs/stories.md).
_NEARLY = 0.05
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SignedArticle:
    """What counts of an article: its instant (publication, else ingestion) and the signature of
    its newest text, ``None`` where that is too short to judge."""

    article_id: str
    at: datetime
    minhash: bytes | None

    @property
    def day(self) -> date:
        """The UTC day of its instant."""
        return self.at.astimezone(UTC).date()


# Two texts are similar: the numbers of the shorter and the longer, and the share of the shorter
# that the longer holds.
_Link = tuple[int, int, float]


@dataclass(frozen=True, slots=True)
class _Links:
    """All links of each text, and those to longer ones, the one that holds most of it first."""

    all: dict[int, list[_Link]]
    longer: dict[int, list[_Link]]


def assign_stories(
    articles: Iterable[SignedArticle], window: timedelta = STORY_WINDOW
) -> dict[str, SignedArticle]:
    """The first article of each article's story, by article id. Ids must not repeat.

    Raises:
        ValueError: a signature is not one.
    """
    ordered = sorted(articles, key=lambda article: (article.at, article.article_id))
    times = [(article.at - _EPOCH) // _MICROSECOND for article in ordered]
    reach = window // _MICROSECOND
    texts, signatures = _collect_texts(ordered)
    tellers: dict[int, list[int]] = defaultdict(list)  # places of the articles with a text
    for place, text in enumerate(texts):
        tellers[text].append(place)
    links = _link_texts(np.array(times, np.int64), np.array(texts, np.int64), signatures, reach)
    firsts: dict[int, int] = {}
    told: dict[int, int] = defaultdict(int)  # so many articles of a text are in a story
    for first, text in enumerate(texts):
        if first in firsts:
            continue
        firsts[first] = first
        if text < 0:
            continue
        limit = times[first] + reach

        def is_open(text: int, limit: int = limit) -> bool:
            """Whether the text is of an article that this story may take in."""
            places, start = tellers[text], told[text]
            return start < len(places) and times[places[start]] <= limit

        for member in _collect_story(text, links, is_open):
            places = tellers[member]
            while told[member] < len(places) and times[places[told[member]]] <= limit:
                firsts[places[told[member]]] = first
                told[member] += 1
    return {ordered[place].article_id: ordered[first] for place, first in firsts.items()}


def _collect_story(text: int, links: _Links, is_open: Callable[[int], bool]) -> set[int]:
    """The texts that links connect with ``text`` among those that are open.

    A text is linked to the longer ones that hold nearly as much of it as any does. So a short
    version of one story that repeats much of another does not make them one.
    """
    bests: dict[int, float] = {}
    found, waiting = {text}, [text]
    while waiting:
        text = waiting.pop()
        for shorter, longer, contained in links.all.get(text, ()):
            other = longer if shorter == text else shorter
            if other in found or not is_open(other):
                continue
            if shorter not in bests:
                bests[shorter] = next(
                    share for _, holder, share in links.longer[shorter] if is_open(holder)
                )
            if contained >= bests[shorter] - _NEARLY:
                found.add(other)
                waiting.append(other)
    return found


def _collect_texts(articles: Sequence[SignedArticle]) -> tuple[list[int], Signatures]:
    """Number the distinct signatures in their order; an article without one has the number -1."""
    distinct = sorted({a.minhash for a in articles if a.minhash is not None})
    numbers = {signature: number for number, signature in enumerate(distinct)}
    texts = [-1 if a.minhash is None else numbers[a.minhash] for a in articles]
    return texts, unpack_signatures(distinct)


def _link_texts(
    times: npt.NDArray[np.int64],
    texts: npt.NDArray[np.int64],
    signatures: Signatures,
    reach: int,
) -> _Links:
    """For each text the similar ones of about the same time.

    Time is cut into slots as long as the window. Two articles of a story are in the same slot or
    in neighbouring ones, so that it is enough to compare each slot with the next: the work grows
    with the time covered, not with its square.
    """
    slots = times // reach
    pairs, shares = [np.empty((0, 2), np.int64)], [np.empty(0)]
    for slot in np.unique(slots).tolist():
        first, last = np.searchsorted(slots, [slot, slot + 2])
        present = np.unique(texts[first:last])
        present = present[present >= 0]
        similar = find_similar(signatures.take(present))
        pairs.append(present[similar.pairs])
        shares.append(similar.contained)
    both, share = np.concatenate(pairs), np.concatenate(shares)
    _, chosen = np.unique(both, axis=0, return_index=True)  # some come from two slots
    chosen = chosen[np.argsort(-share[chosen], kind="stable")]
    links = _Links(defaultdict(list), defaultdict(list))
    for (shorter, longer), contained in zip(
        both[chosen].tolist(), share[chosen].tolist(), strict=True
    ):
        link = shorter, longer, contained
        links.all[shorter].append(link)
        links.all[longer].append(link)
        links.longer[shorter].append(link)
    return links
