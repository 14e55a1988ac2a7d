"""The newest revisions of a source's articles, as lines: what of the lake is learned from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from newsbeam.transforms.clean.boilerplate import RuleMatcher, list_rules
from newsbeam.transforms.clean.evidence import SourceLines
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.log import read_rows
from newsbeam.transforms.lake.object_path import read_place
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.records import Block
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import Source

_COLUMNS = pa.schema(
    [
        ARTICLES.schema.field(name)
        for name in ("article_id", "revision", "text", "language", "headings")
    ]
)
# Where the newest revisions lie of the articles of a source that were published last.
_NEWEST = """
    SELECT file, list({article_id: article_id, revision: revision}) AS wanted
    FROM (
        SELECT article_id, revision, file FROM articles WHERE source = ?
        QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY revision DESC) = 1
        ORDER BY published_date DESC, article_id DESC LIMIT ?
    )
    GROUP BY file ORDER BY file
"""


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """A file of the articles table, and which (article_id, revision) of it are wanted."""

    source: str
    path: str
    wanted: frozenset[tuple[str, int]]


def plan_files(lake: Lake, source: str, most: int) -> list[ArticleFile]:
    """Find the newest revisions of the ``most`` articles of ``source`` published last.

    Reads two narrow columns of the source's partitions. Without a table there are none.
    """
    version = lake.version(ARTICLES)
    if version < 0:
        return []
    from newsbeam.transforms.lake.views import query_files  # not for the workers, which only read

    paths = sorted(list_files(lake.open(ARTICLES, version)))
    found = query_files(lake, ARTICLES, paths, _NEWEST, [source, most]).to_pylist()
    folder = lake.folder(ARTICLES)
    return [
        ArticleFile(
            source,
            str(folder / row["file"]),
            frozenset((piece["article_id"], piece["revision"]) for piece in row["wanted"]),
        )
        for row in found
    ]


def read_lines(
    file: ArticleFile, languages: Mapping[str, Language], source: Source
) -> Iterator[SourceLines]:
    """Yield the lines of the wanted articles, and which of them the rules of today remove.

    Raises:
        OSError: the file is gone or cannot be read.
    """
    path = read_place(file.path)
    try:
        rows = read_rows(path.parent, [path.name], _COLUMNS)
    except FileNotFoundError:
        gone = f"{path} is gone; was the table vacuumed? Run it again."
        raise FileNotFoundError(gone) from None
    for row in rows.to_pylist():
        if (row["article_id"], row["revision"]) not in file.wanted:
            continue
        matcher = RuleMatcher(list_rules(row["language"] or "und", languages, source))
        lines = tuple((row["text"] or "").split("\n"))
        starts, at = {}, 0
        for place, line in enumerate(lines):
            starts[at] = place
            at += len(line) + 1
        headings = [starts.get(heading["start"]) for heading in row["headings"] or ()]
        yield SourceLines(
            file.source,
            row["article_id"],
            lines,
            frozenset(place for place in headings if place is not None),
            frozenset(p for p, line in enumerate(lines) if matcher.find(Block(line))),
        )
