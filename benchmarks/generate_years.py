"""A lake of years: made-up articles of 50 sources and three years, straight into its tables.

usage: python benchmarks/generate_years.py DIR --articles 1000000 [--partition month]

Nothing is run. 2,000 articles with names and quotes are written word for word; each article of the
lake has one of these texts, and an identity and a day of its own. Its files are as `newsbeam
maintain` leaves them: one a partition, sorted. The same seed gives the same rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake.transaction import AddAction

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from newsbeam.transforms.lake.feed_state import FeedState, make_poll_row
from newsbeam.transforms.lake.guard import leave_note
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, STORIES, Table, make_row
from newsbeam.transforms.stories.assign import STORY_WINDOW
from newsbeam.transforms.stories.signatures import MAKING, sign_text
from tests.support.made_up_news import make_articles

SOURCES, DAYS, TEXTS = 50, 1_095, 2_000
UNTIL = datetime(2026, 11, 29, 6, tzinfo=UTC)
# The largest source has 30 times the articles of the smallest.
_SHARES = list(accumulate(30 ** (1 - number / (SOURCES - 1)) for number in range(SOURCES)))


def name_source(number: int) -> str:
    """The id of a source."""
    return f"avis{number:02}"


def generate_years(folder: Path, count: int, partition: str, seed: int = 23) -> Lake:
    """Write a lake of ``count`` articles into ``folder``, which is not there yet."""
    lake = Lake(folder)
    lake.create(partition)
    pick = random.Random(seed)
    pool = _make_pool(seed)
    minutes = sorted(pick.choices(range(DAYS * 24 * 60), k=count))
    sources = pick.choices(range(SOURCES), cum_weights=_SHARES, k=count)
    texts = pick.choices(range(TEXTS), k=count)
    table = lake.table(ARTICLES)
    by_place: dict[tuple[str, ...], list[int]] = defaultdict(list)
    begin = UNTIL - timedelta(days=DAYS)
    for number in range(count):
        day = (begin + timedelta(minutes=minutes[number])).date()
        row = {"source": name_source(sources[number]), "published_date": day}
        by_place[table.place_row(row)].append(number)
    adds = []
    for place, numbers in by_place.items():
        ats = [begin + timedelta(minutes=minutes[number]) for number in numbers]
        rows = pool.take([texts[number] for number in numbers])
        rows = _identify(rows, place[0], numbers, ats).select(table.file_schema.names)
        adds.append(_add_file(lake, table, place, rows, max(ats)))
    _commit(lake, table, adds)
    _tell_stories(lake, sources, minutes, begin, pool["text"].to_pylist(), texts)
    _poll(lake, begin)
    leave_note(lake)
    return lake


def _make_pool(seed: int) -> pa.Table:
    rows = [
        make_row(made, run_id="years", started_at=UNTIL) for made, _ in make_articles(TEXTS, seed)
    ]
    return pa.Table.from_pylist(rows, ARTICLES.schema)


def _identify(rows: pa.Table, source: str, numbers: list[int], ats: list[datetime]) -> pa.Table:
    """``rows`` as articles of their own: ids, address, source and instants."""
    digests = [hashlib.sha256(f"{source} {number}".encode()).hexdigest() for number in numbers]
    instants = pa.array(ats, pa.timestamp("us", tz="UTC"))
    urls = [f"https://{source}.example/sak/{number}" for number in numbers]
    made: dict[str, Any] = {
        "article_id": [digest[:32] for digest in digests],
        "document_id": [digest[32:] for digest in digests],
        "document_hash": digests,
        "content_hash": [digest[16:48] for digest in digests],
        "source": [source] * len(ats),
        "url": urls,
        "origin": urls,
        "published_at": instants,
        "published_date": pc.cast(instants, pa.date32()),
        "ingested_at": instants,
        "fetched_at": instants,
    }
    for name, values in made.items():
        at = rows.schema.get_field_index(name)
        rows = rows.set_column(
            at, rows.schema.field(name), pa.array(values, rows.schema.field(name).type)
        )
    return rows


def _add_file(
    lake: Lake, table: Table, place: Iterable[str], rows: pa.Table, at: datetime
) -> AddAction:
    values = dict(zip(table.partition_by, place, strict=True))
    folders = "/".join(f"{column}={value}" for column, value in values.items())
    name = f"{folders}/part-{uuid.uuid4().hex}.parquet"
    path = lake.root / table.name / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, compression="zstd", write_page_checksum=True, write_page_index=True)
    os.utime(path, (at.timestamp(), at.timestamp()))
    stats = json.dumps({"numRecords": rows.num_rows})
    milliseconds = int(at.timestamp() * 1000)
    return AddAction(name, path.stat().st_size, dict(values), milliseconds, True, stats)


def _commit(lake: Lake, table: Table, adds: list[AddAction]) -> None:
    handle = lake.open(table)
    handle.create_write_transaction(
        adds, "append", table.schema, partition_by=list(table.partition_by)
    )
    lake.open(table).create_checkpoint()


def _commit_by_day(lake: Lake, table: Table, by_day: dict[str, list[dict[str, Any]]]) -> None:
    adds = []
    for day, rows in by_day.items():
        made = pa.Table.from_pylist(rows, table.file_schema)
        at = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(days=1)
        adds.append(_add_file(lake, table, (day,), made, at))
    _commit(lake, table, adds)


def _tell_stories(
    lake: Lake,
    sources: list[int],
    minutes: list[int],
    begin: datetime,
    pool: list[str],
    texts: list[int],
) -> None:
    """Each article is a story of its own."""
    signed = [sign_text(text) for text in pool]
    version, rules = lake.version(ARTICLES), f"{MAKING} {STORY_WINDOW // timedelta(seconds=1)}s"
    by_day: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, (source, minute) in enumerate(zip(sources, minutes, strict=True)):
        at = begin + timedelta(minutes=minute)
        name = hashlib.sha256(f"{name_source(source)} {number}".encode()).hexdigest()[:32]
        by_day[str(at.date())].append(
            {
                "article_id": name, "story_id": name, "dated_at": at,
                "minhash": signed[texts[number]], "decision": 1, "articles_version": version,
                "rules": rules, "decided_at": at, "run_id": "years",
            }
        )  # fmt: skip
    _commit_by_day(lake, STORIES, by_day)


def _poll(lake: Lake, begin: datetime) -> None:
    """A poll a day of each source's feed."""
    by_day: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for day in range(DAYS):
        at = begin + timedelta(days=day, hours=6)
        for number in range(SOURCES):
            url = f"https://{name_source(number)}.example/rss"
            state = FeedState(name_source(number), "front", url, url, at, "parsed")
            by_day[str(at.date())].append(make_poll_row(state, "years"))
    _commit_by_day(lake, FEED_POLLS, by_day)


def main(say: Callable[[str], None] = print) -> None:
    """Read the arguments and write the lake."""
    parser = argparse.ArgumentParser(description="A lake of years.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, required=True)
    parser.add_argument("--partition", choices=("day", "month", "year"), default="month")
    options = parser.parse_args()
    lake = generate_years(options.folder, options.articles, options.partition)
    say(f"{lake.root}: {options.articles:,} articles")


if __name__ == "__main__":
    main()
