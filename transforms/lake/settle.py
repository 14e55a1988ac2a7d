"""Which articles the rows of one commit are of, and as which revisions.

Workers look into the lake as it was when the run began; rows of one run do not know of each other.
So what only shows when they come together is settled here: pages of different stories that call
themselves by one address are articles of their own, and one story at two addresses is one article.
Pure functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newsbeam.transforms.lake.known import is_outdated
from newsbeam.transforms.lake.staged_files import RowFacts, StagedFile
from newsbeam.transforms.text.likeness import Telling, may_tell_one_story

# Ours: what says the same in so much time is one article; later it may be a notice that recurs.
_SAME_STORY = timedelta(days=2)

# Of an article: newest revision, its content, when it was fetched.
Newest = tuple[int, str, datetime | None]
# A file's name and the number of a row in it.
_Place = tuple[str, int]


def settle_stories(files: Sequence[StagedFile]) -> list[StagedFile]:
    """``files`` with the articles that their rows are of: those of other stories stand ``apart``;
    of rows with one text, in documents of their own, the others are copies of the first."""
    rows = {(file.name, at): row for file in files for at, row in enumerate(file.rows)}
    rows |= dict(_find_strangers(rows))
    rows |= dict(_find_copies(rows))
    return [
        replace(file, rows=tuple(rows[file.name, at] for at in range(len(file.rows))))
        for file in files
    ]


def settle_revisions(
    files: Iterable[StagedFile], since: Mapping[str, Newest]
) -> dict[str, list[int | None]]:
    """Decide the final revision of every staged row; ``None`` drops it as known.

    ``since`` holds what is newest of articles that were committed meanwhile. A row that was made
    from an older version of its page is dropped, too, as is a copy.
    Returns a list in the order of the rows by file name.
    """
    newest = dict(since)
    settled: dict[str, list[int | None]] = {f.name: [None] * len(f.rows) for f in files}
    rows = [(row, file.name, at) for file in files for at, row in enumerate(file.rows)]
    for row, name, at in sorted(rows, key=lambda r: (r[0].article_id, r[0].order, r[1], r[2])):
        revision, content, fetched_at = newest.get(
            row.article_id, (row.revision - 1, row.base_content, None)
        )
        if row.is_copy:
            continue
        if content != row.content_hash and not is_outdated(row.fetched_at, fetched_at):
            settled[name][at] = revision + 1
            newest[row.article_id] = (revision + 1, row.content_hash, row.fetched_at)
    return settled


def is_other_time(one: datetime | None, other: datetime | None) -> bool:
    """Whether what says the same at these two times is not one story."""
    return one is not None and other is not None and abs(one - other) > _SAME_STORY


def _find_strangers(rows: dict[_Place, RowFacts]) -> Iterator[tuple[_Place, RowFacts]]:
    """The rows that are of another story than those whose address they claim. What is an article's
    by its own address, or was before, goes first."""
    groups: dict[str, list[_Place]] = defaultdict(list)
    for place, row in rows.items():
        groups[row.article_id].append(place)
    for places in groups.values():
        if all(rows[place].apart is None for place in places):
            continue
        kept: list[Telling] = []
        for place in sorted(places, key=lambda p: (rows[p].apart is not None, rows[p].order, p)):
            row = rows[place]
            is_known = not kept or any(may_tell_one_story(row.telling, one) for one in kept)
            if row.apart is None or is_known:
                kept.append(row.telling)
            else:
                apart = row.apart
                yield (
                    place,
                    replace(
                        row,
                        article_id=apart.article_id,
                        content_hash=apart.content_hash,
                        revision=1,
                        base_content="",
                    ),
                )


def _find_copies(rows: dict[_Place, RowFacts]) -> Iterator[tuple[_Place, RowFacts]]:
    """The rows that say what others say, as copies, and those with the copies' documents."""
    firsts: dict[str, list[_Place]] = defaultdict(list)
    copies: dict[_Place, list[str]] = defaultdict(list)
    for place in sorted(rows, key=lambda p: (not _is_known(rows[p]), rows[p].order, p)):
        row = rows[place]
        if row.text_hash is None:
            continue
        same = next((p for p in firsts[row.text_hash] if _is_copy(row, rows[p])), None)
        if same is None:
            firsts[row.text_hash].append(place)
        else:
            copies[same].append(row.document_id)
            yield place, replace(row, is_copy=True)
    for place, documents in copies.items():
        yield place, replace(rows[place], copies=tuple(sorted(set(documents))))


def _is_known(row: RowFacts) -> bool:
    return row.revision > 1


def _is_copy(row: RowFacts, first: RowFacts) -> bool:
    if row.document_id == first.document_id or is_other_time(row.published_at, first.published_at):
        return False
    return not _is_known(row) or row.article_id == first.article_id
