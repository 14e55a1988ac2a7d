"""What new articles change in the stories told so far, without looking at all of them.

A story that begins more than a window before an article cannot hold it, and one that begins after
it does not either. So stories are told anew from a window before the first change on, until a
whole window has passed in which nothing differs from before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from newsbeam.transforms.stories.assign import STORY_WINDOW, SignedArticle, assign_stories

_DAY = timedelta(days=1)
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoryState:
    """An article and the story that it is of: the id of that story's first article.

    ``None`` for an article that is not at this instant any more.
    """

    article: SignedArticle
    story_id: str | None


# What the lake holds: the articles of each UTC day by their ids. A day may be read when asked for.
Days = Mapping[date, Mapping[str, StoryState]]


def find_story_changes(
    days: Days,
    arrivals: Mapping[str, SignedArticle],
    revised: Collection[str] = (),
    window: timedelta = STORY_WINDOW,
) -> list[StoryState]:
    """What is to be told anew now that ``arrivals`` (by id) are new or have a new text or instant.

    ``days`` is what was told before, about all other articles. ``revised`` are the ids of those
    arrivals that may have been told before under another day. An article that leaves a day is
    told there as of no story. Looks at days within a few windows of the arrivals only, and, for
    a revised article that is not found on its own day, at other days, newest first.
    """
    before = _find_before(days, arrivals, revised)
    changed = {id: a for id, a in arrivals.items() if id not in before or before[id].article != a}
    gone = [told.article for id, told in before.items() if id in changed]
    touched = sorted({a.at for a in (*changed.values(), *gone)})
    newest = max([*days, *(a.day for a in changed.values())], default=date.min)
    ordered = sorted(changed.values(), key=lambda article: article.at)
    changes = [StoryState(a, None) for a in gone if changed[a.article_id].day != a.day]
    at = 0
    while at < len(touched):
        start, last = _shift(touched[at], -window), touched[at].astimezone(UTC).date()
        settled: list[StoryState] | None = None
        while settled is None:
            while at < len(touched) and _shift(touched[at], -window).date() <= last:
                last = max(last, min(_shift(touched[at], window).date(), newest))
                at += 1
            settled = _tell_span(days, changed, ordered, start, last, newest, window)
            step = window // _DAY + 1
            last = date.fromordinal(min(last.toordinal() + step, newest.toordinal()))
        changes += settled
    return changes


def find_all_changes(
    days: Days, articles: Mapping[str, SignedArticle], window: timedelta = STORY_WINDOW
) -> list[StoryState]:
    """As ``find_story_changes`` where ``articles`` are all that there are."""
    before = {id: told for day in days for id, told in days[day].items()}
    firsts = assign_stories(articles.values(), window)
    gone = [
        StoryState(told.article, None)
        for id, told in before.items()
        if id not in articles or articles[id].day != told.article.day
    ]
    now = [StoryState(a, firsts[a.article_id].article_id) for a in articles.values()]
    return gone + [told for told in now if before.get(told.article.article_id) != told]


def _tell_span(
    days: Days,
    changed: Mapping[str, SignedArticle],
    ordered: list[SignedArticle],
    start: datetime,
    last: date,
    newest: date,
    window: timedelta,
) -> list[StoryState] | None:
    """The changes from ``start`` to the end of the day ``last``; ``None`` if they go on after."""
    old = {
        id: told
        for day in _list_days(days, start.date(), last)
        for id, told in days[day].items()
        if told.article.at >= start
    }
    end = _shift(datetime.combine(last, time.min, UTC), _DAY)
    arrivals = ordered[_place(ordered, start) : _place(ordered, end)]
    # Those of stories that began before stay there: nothing touched those.
    kept = [t.article for id, t in old.items() if id not in changed and t.story_id in old]
    firsts = assign_stories([*kept, *arrivals], window)
    # Stories that began less than a window before the end may lack articles of the next day.
    limit = _shift(end, -window) if last < newest else _LATEST
    now = {
        a.article_id: StoryState(a, firsts[a.article_id].article_id)
        for a in (*kept, *arrivals)
        if firsts[a.article_id].at < limit
    }
    for id, told in old.items():
        if told.article.at >= limit and id not in changed and told.story_id in old:
            settled_before = old[told.story_id].article.at < limit
            if (now[id].story_id if id in now else None) != (
                told.story_id if settled_before else None
            ):
                return None
    return [told for id, told in now.items() if old.get(id) != told]


def _find_before(
    days: Days, arrivals: Mapping[str, SignedArticle], revised: Collection[str]
) -> dict[str, StoryState]:
    found = {
        id: days[a.day][id] for id, a in arrivals.items() if a.day in days and id in days[a.day]
    }
    missing = set(revised) - set(found)
    for day in sorted(days, reverse=True) if missing else ():
        here = missing & days[day].keys()
        found |= {id: days[day][id] for id in here}
        missing -= here
        if not missing:
            break
    return found


def _list_days(days: Days, first: date, last: date) -> Iterator[date]:
    count = (last - first).days + 1
    if count > len(days):
        yield from sorted(day for day in days if first <= day <= last)
        return
    for step in range(count):
        if (day := first + step * _DAY) in days:
            yield day


def _shift(instant: datetime, by: timedelta) -> datetime:
    """``instant`` + ``by`` in UTC, or the end of time in that direction."""
    try:
        return instant.astimezone(UTC) + by
    except OverflowError:
        return _EARLIEST if by < timedelta() else _LATEST


def _place(ordered: list[SignedArticle], instant: datetime) -> int:
    return bisect_left(ordered, instant, key=lambda article: article.at)
