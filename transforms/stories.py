"""Which articles tell the same story: near-identical texts of different sources and runs.

A story begins with its earliest article. It holds what similarity connects to that article, over
others where need be, among the articles of the next 72 hours that are not of an earlier story.
So it is a function of the articles alone: of their instants and texts, whatever the order in
which they came. And as a story never lasts longer than the window, what a new article can change
lies close to it in time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from transforms.signatures import Signatures, unpack_signatures
from transforms.similar_texts import find_similar

# How long after its first article a story takes in more. Ours: papers that print a wire story
# later than the weekend after it are rare, and a month of sports results is no story.
WINDOW = timedelta(hours=72)
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


def assign_stories(
    articles: Iterable[SignedArticle], window: timedelta = WINDOW
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
    near = _link_texts(np.array(times, np.int64), np.array(texts, np.int64), signatures, reach)
    firsts: dict[int, int] = {}
    told: dict[int, int] = defaultdict(int)  # so many articles of a text are in a story
    for first, text in enumerate(texts):
        if first in firsts:
            continue
        firsts[first] = first
        waiting = [text] if text >= 0 else []
        while waiting:
            text = waiting.pop()
            places, start = tellers[text], told[text]
            end = start
            while end < len(places) and times[places[end]] <= times[first] + reach:
                firsts[places[end]] = first
                end += 1
            if end > start:
                told[text] = end
                waiting += near.get(text, ())
    return {ordered[place].article_id: ordered[first] for place, first in firsts.items()}


def _collect_texts(articles: Sequence[SignedArticle]) -> tuple[list[int], Signatures]:
    """Number the distinct signatures; an article without one has the number -1."""
    numbers: dict[bytes, int] = {}
    texts = [
        -1 if article.minhash is None else numbers.setdefault(article.minhash, len(numbers))
        for article in articles
    ]
    return texts, unpack_signatures(list(numbers))


def _link_texts(
    times: npt.NDArray[np.int64],
    texts: npt.NDArray[np.int64],
    signatures: Signatures,
    reach: int,
) -> dict[int, list[int]]:
    """For each text the similar ones of about the same time.

    Time is cut into slots as long as the window. Two articles of a story are in the same slot or
    in neighbouring ones, so that it is enough to compare each slot with the next: the work grows
    with the time covered, not with its square.
    """
    slots = times // reach
    near: dict[int, set[int]] = defaultdict(set)
    for slot in np.unique(slots).tolist():
        first, last = np.searchsorted(slots, [slot, slot + 2])
        present = np.unique(texts[first:last])
        present = present[present >= 0]
        pairs = present[find_similar(signatures.take(present))]
        for one, other in pairs.tolist():
            near[one].add(other)
            near[other].add(one)
    return {text: sorted(others) for text, others in near.items()}
