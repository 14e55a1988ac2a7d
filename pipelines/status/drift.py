"""Whether a site has changed its layout: its newest articles against its own past.

Each article is read for signs that extraction no longer fits: no text at all, far shorter or
longer than usual, no title, no date on the page, no authors, a paywall, many lines removed. The
newest 10, 20 and 50 and those of the last three days are compared with the past, a sign at a time.
There is drift if

1. chance would do it once in a million times (``LEAST_CHANCE``): Fisher's exact test for what an
   article has or has not; for word and line counts the precedence test, which is exact whatever
   their distribution (Nelson 1963, Technometrics 5:183; Balakrishnan and Ng 2006, Precedence-Type
   Tests and Applications): of the articles beyond a past quantile, so many are new ones;
2. it matters: the share is larger by a fifth of all articles (``LEAST_EFFECT``);
3. it is worse than in every stretch of as many articles of its past, for articles come in bunches
   (a day of live reports) that neither test knows of. If they are of less than two days, it must be
   much worse: half way from there to all of them. Every few months some day is the worst so far.

The past ends ``HOLD`` before the newest article, where enough is left, so that the alarm stands
for that long. After it, the new ways are the past. (Ours, as are the numbers; what they give on
simulated sources is in docs/monitoring.md.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate
from typing import Literal

Sign = Literal[
    "no_text", "short", "long", "no_title", "no_date", "no_authors", "paywalled", "many_removed"
]

# All ours.
LEAST_CHANCE = 1e-6
LEAST_EFFECT = 0.2
LEAST_PAST = 50
NEWEST, NEWEST_DAYS = (10, 20, 50), timedelta(days=3)
HOLD = timedelta(days=14)
_SHORT = timedelta(days=2)
_FAR_OUT = 0.05  # "unusual" is beyond this quantile of the past


@dataclass(frozen=True, slots=True)
class ArticleOutcome:
    """What became of one document: an article, or ``words`` is ``None`` and it had no text.

    ``has_date`` says whether the page itself told the time of publication. ``removed`` counts the
    lines that cleaning took out.
    """

    at: datetime
    words: int | None
    has_title: bool = True
    has_date: bool = True
    has_authors: bool = True
    is_paywalled: bool = False
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A sign that ``bad`` of the ``newest`` articles show.

    ``share_before`` is how many of the past ones do; ``limit`` is the count (words, lines) from
    which on it is unusual, where it is one of counts.
    """

    sign: Sign
    bad: int
    newest: int
    share_before: float
    chance: float
    limit: int | None = None

    @property
    def share(self) -> float:
        """The share of the newest articles that show the sign."""
        return self.bad / self.newest


@dataclass(frozen=True, slots=True)
class Drift:
    """The judgement of a source: ``changes`` is empty where nothing changed.

    ``judged`` is false where its past is too short. ``past`` counts what was compared with.
    ``shares`` are how many of the newest show each sign of yes or no.
    """

    judged: bool
    past: int
    changes: tuple[Change, ...] = ()
    shares: tuple[tuple[Sign, float], ...] = ()


# Of every document, and of articles alone.
_OF_ALL: dict[Sign, Callable[[ArticleOutcome], bool]] = {"no_text": lambda o: o.words is None}
_OF_ARTICLES: dict[Sign, Callable[[ArticleOutcome], bool]] = {
    "no_title": lambda o: not o.has_title,
    "no_date": lambda o: not o.has_date,
    "no_authors": lambda o: not o.has_authors,
    "paywalled": lambda o: o.is_paywalled,
}
# The larger, the further out.
_COUNTS: dict[Sign, Callable[[ArticleOutcome], int]] = {
    "short": lambda o: -(o.words or 0),
    "long": lambda o: o.words or 0,
    "many_removed": lambda o: o.removed,
}


def judge_drift(outcomes: Sequence[ArticleOutcome]) -> Drift:
    """Judge a source by what became of its documents, oldest first, each document once."""
    past, new = _split_past(outcomes)
    articles_before = [o for o in past if o.words is not None]
    articles = [o for o in new if o.words is not None]
    shares = tuple(
        (sign, sum(map(shows, group)) / len(group))
        for signs, group in ((_OF_ALL, new), (_OF_ARTICLES, articles))
        for sign, shows in signs.items()
        if group
    )
    if len(past) < LEAST_PAST:
        return Drift(False, len(past), (), shares)
    changes = [
        _compare(sign, _mark(shows, past), _mark(shows, new), [o.at for o in new])
        for sign, shows in _OF_ALL.items()
    ]
    if len(articles_before) >= LEAST_PAST:
        instants = [article.at for article in articles]
        for sign, shows in _OF_ARTICLES.items():
            changes.append(
                _compare(sign, _mark(shows, articles_before), _mark(shows, articles), instants)
            )
        for sign, count in _COUNTS.items():
            beyond = max(math.ceil(_FAR_OUT * len(articles_before)), 1)
            limit = sorted(map(count, articles_before))[-beyond]
            shows = partial(_is_beyond, count, limit)
            before, now = _mark(shows, articles_before), _mark(shows, articles)
            # Without ties, so many lie beyond the limit; with ties the test is on the safe side.
            changes.append(_compare(sign, before, now, instants, beyond - 1, abs(limit)))
    return Drift(True, len(past), tuple(filter(None, changes)), shares)


def _mark(
    shows: Callable[[ArticleOutcome], bool], outcomes: Sequence[ArticleOutcome]
) -> list[bool]:
    return [shows(outcome) for outcome in outcomes]


def _is_beyond(count: Callable[[ArticleOutcome], int], limit: int, outcome: ArticleOutcome) -> bool:
    return count(outcome) > limit


def _split_past(
    outcomes: Sequence[ArticleOutcome],
) -> tuple[Sequence[ArticleOutcome], Sequence[ArticleOutcome]]:
    """The past and the newest: of the last days, or as many as the largest of ``NEWEST``."""
    if not outcomes:
        return (), ()
    end = outcomes[-1].at
    held = sum(outcome.at < end - HOLD for outcome in outcomes)
    older = min(sum(o.at < end - NEWEST_DAYS for o in outcomes), len(outcomes) - NEWEST[-1])
    if held >= LEAST_PAST:
        # Of a source with few articles, the newest 50 would reach back into the past.
        return outcomes[:held], outcomes[max(held, older) :]
    if older < LEAST_PAST:
        older = max(len(outcomes) - NEWEST[-1], 0)
    return outcomes[:older], outcomes[older:]


def _compare(
    sign: Sign,
    before: Sequence[bool],
    now: Sequence[bool],
    instants: Sequence[datetime],
    drawn: int | None = None,
    limit: int | None = None,
) -> Change | None:
    """The clearest change that ``now`` shows against ``before``, if any.

    ``drawn`` is how many of the past count as bad in the test; all that are, if left out.
    """
    bad_before = sum(before)
    found = None
    for newest in dict.fromkeys((*NEWEST, max(len(now), NEWEST[-1]))):
        bad = sum(now[-newest:])
        if len(now) < newest or bad / newest < bad_before / len(before) + LEAST_EFFECT:
            continue
        chance = exceed_share(bad, newest, bad_before if drawn is None else drawn, len(before))
        worst = _worst_stretch(before, newest)
        if instants[-1] - instants[-newest] < _SHORT:
            worst += (newest - worst) // 2
        if chance >= LEAST_CHANCE or bad <= worst:
            continue
        if found is None or chance < found.chance:
            found = Change(sign, bad, newest, bad_before / len(before), chance, limit)
    return found


def _worst_stretch(before: Sequence[bool], length: int) -> int:
    """The most that any ``length`` of ``before`` in a row show."""
    sums = (0, *accumulate(map(int, before)))
    return max(
        (sums[end] - sums[end - length] for end in range(length, len(sums))), default=sums[-1]
    )


def exceed_share(bad: int, newest: int, bad_before: int, before: int) -> float:
    """The chance that, of all that are bad, ``bad`` or more are among the ``newest``.

    The upper tail of the hypergeometric distribution: ``newest`` of ``newest + before`` are new,
    and ``bad + bad_before`` of them are drawn without regard to that.
    """
    drawn = bad + bad_before
    whole = _log_choose(newest + before, drawn)
    return sum(
        math.exp(_log_choose(newest, k) + _log_choose(before, drawn - k) - whole)
        for k in range(bad, min(newest, drawn) + 1)
        if drawn - k <= before
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
