"""Measures what it costs to keep people up: a run over a small and over a large lake, a rebuild.

The lakes are made up, straight into the table of articles; as many articles a day in both, so
that the large one is longer. CPU seconds of this process.

    python benchmarks/bench_people.py --small 1000 --large 200000
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from statistics import median

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from newsbeam.transforms.lake.commit import commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, Row
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.people.corrections import Corrections
from newsbeam.transforms.people.table import PeopleUpdate, update_people

A_DAY, FROM = 180, datetime(2023, 1, 1, tzinfo=UTC)
SOURCES = [f"paper{number:02}" for number in range(20)]
_SYLLABLES = (
    "ba de fi go hu ka le mi no pu ra se ti vo lun berg stad vik nes dal moe rud lie".split()
)
_GIVEN, _SURNAMES, _PEOPLE = 400, 4_000, 60_000
_ROLES = ["statsråd", "ordfører i Moss", "trener", "forsker", "lærer", "direktør"]


def make_names(pick: random.Random) -> list[str]:
    """Full names; some surnames and some given names are far more common than others."""

    def make_words(count: int) -> list[str]:
        return ["".join(pick.choices(_SYLLABLES, k=pick.randint(2, 3))).title()
                for _ in range(count)]  # fmt: skip

    given, surnames = make_words(_GIVEN), make_words(_SURNAMES)
    weights = [list(accumulate(1 / (rank + 3) for rank in range(n))) for n in (_GIVEN, _SURNAMES)]
    firsts = pick.choices(given, cum_weights=weights[0], k=_PEOPLE)
    lasts = pick.choices(surnames, cum_weights=weights[1], k=_PEOPLE)
    return [f"{first} {last}" for first, last in zip(firsts, lasts, strict=True)]


def hash_name(name: str) -> int:
    """A number that a name has in every process."""
    return sum(map(ord, name))


def make_rows(count: int, start: int, seed: int = 5) -> Iterator[Row]:
    """Rows of ``articles`` from number ``start`` on, with four persons each."""
    names = make_names(random.Random(seed))
    weights = list(accumulate(1 / (rank + 10) for rank in range(_PEOPLE)))
    for number in range(start, start + count):
        pick = random.Random(f"{seed} {number}")
        at = FROM + timedelta(days=number // A_DAY, minutes=pick.randrange(1440))
        entities, persons = [], []
        for name in pick.choices(names, cum_weights=weights, k=4):
            shown = name.split()[-1] if pick.random() < 0.08 else name
            entities += [{"text": shown, "label": "PER", "start": 0, "end": 1, "name": shown}] * 2
            if pick.random() < 0.3:
                role = _ROLES[hash_name(name) % len(_ROLES)]
                persons.append(
                    {"name": shown, "kind": "person", "role": role}
                    | dict.fromkeys(("gender", "gender_from", "affiliation"))
                )
        row: Row = dict.fromkeys(ARTICLES.schema.names)
        yield row | {
            "article_id": f"{number:032x}", "revision": 1, "source": pick.choice(SOURCES),
            # A file a source and month: this is not about files.
            "published_date": at.date().replace(day=1), "published_at": at, "ingested_at": at,
            "entities": entities, "quotes": [], "statements": [], "persons": persons,
            "content_hash": f"{number:032x}",
        }  # fmt: skip


def add_articles(lake: Lake, count: int, start: int) -> None:
    """Commit made-up articles."""
    staging = Staging(lake.root, f"made-{start}-{time.time_ns()}")
    with staging.create():
        files = stage_rows(staging, ARTICLES, make_rows(count, start))
        commit_rows(lake, staging, ARTICLES, files, lake.version(ARTICLES))
        staging.remove()


def measure_update(lake: Lake, rebuild: bool = False) -> tuple[PeopleUpdate, float]:
    """Run an update; what it did, and its CPU seconds."""
    staging = Staging(lake.root, f"people-{time.time_ns()}")
    with staging.create():
        began = time.process_time()
        done = update_people(lake, staging, datetime.now(UTC), Corrections(), rebuild=rebuild)
        took = time.process_time() - began
        staging.remove()
    return done, took


def main() -> None:
    """Measure both sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--large", type=int, default=200_000)
    parser.add_argument("--new", type=int, default=100)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-people-") as folder:
        lakes = {size: Lake(Path(folder) / str(size)) for size in (options.small, options.large)}
        for size, lake in lakes.items():
            lake.create()
            for start in range(0, size, 20_000):
                add_articles(lake, min(20_000, size - start), start)
            done, took = measure_update(lake)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{size:,} articles: told in {took:.1f} s, {done.appearances:,} appearances, "
                  f"{done.persons:,} persons, peak {peak:,} MB", flush=True)  # fmt: skip
        times: dict[int, list[float]] = {size: [] for size in lakes}
        for run in range(options.runs):
            for size, lake in lakes.items():  # by turns: what else the machine does befalls both
                add_articles(lake, options.new, size + run * options.new)
                done, took = measure_update(lake)
                times[size].append(took)
                print(f"  {size:,} and {options.new} more: {took:.2f} s, {done.appearances} "
                      f"appearances and {done.persons} persons written", flush=True)  # fmt: skip
    small, large = (median(times[size]) for size in lakes)
    print(f"medians {small:.2f} and {large:.2f} s: {large / small:.2f} x")


if __name__ == "__main__":
    main()
