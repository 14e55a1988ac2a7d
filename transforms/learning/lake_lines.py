"""The newest revisions of a source's articles, as lines: what of the lake is learned from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.dataset as ds

from transforms.clean import list_rule, match_rule
from transforms.language_settings import Language
from transforms.learning.learned import SourceLines
from transforms.records import Block
from transforms.settings import Source
from transforms.tables.lake import Lake
from transforms.tables.schema import ARTICLES


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
    dataset = lake.open(ARTICLES, version).to_pyarrow_dataset()
    newest: dict[str, tuple[int, str, str]] = {}
    for fragment in dataset.get_fragments(filter=ds.field("source") == source):
        day = str(ds.get_partition_keys(fragment.partition_expression).get("published_date"))
        rows = fragment.to_table(columns=["article_id", "revision"])
        pairs = zip(
            rows.column("article_id").to_pylist(), rows.column("revision").to_pylist(), strict=True
        )
        for article, revision in pairs:
            if revision > newest.get(article, (0, "", ""))[0]:
                newest[article] = (revision, day, fragment.path)
    last = sorted(newest, key=lambda article: (newest[article][1], article), reverse=True)[:most]
    wanted: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for article in last:
        revision, _, path = newest[article]
        wanted[path].add((article, revision))
    folder = lake.root / ARTICLES.name
    return [
        ArticleFile(source, str(folder / path), frozenset(wanted[path])) for path in sorted(wanted)
    ]


def read_lines(
    file: ArticleFile, languages: Mapping[str, Language], source: Source
) -> Iterator[SourceLines]:
    """Yield the lines of the wanted articles, and which of them the rules of today remove.

    Raises:
        OSError: the file is gone or cannot be read.
    """
    if not Path(file.path).is_file():
        raise FileNotFoundError(f"{file.path} is gone; was the table vacuumed? Run it again.")
    table = ds.dataset(file.path, format="parquet").to_table(
        columns=["article_id", "revision", "text", "language", "headings"]
    )
    for row in table.to_pylist():
        if (row["article_id"], row["revision"]) not in file.wanted:
            continue
        rules = list_rule(row["language"] or "und", languages, source)
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
            frozenset(p for p, line in enumerate(lines) if match_rule(Block(line), rules)),
        )
