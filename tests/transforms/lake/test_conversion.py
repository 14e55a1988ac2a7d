"""`maintain --partition` lays a lake out anew, each row once, whoever else is at work.

NEWSBEAM_CONVERSION says for how many seconds it is killed; NEWSBEAM_SEED, at which moments.
"""

from __future__ import annotations

import json
import math
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from newsbeam.pipelines.maintain import MaintainOptions, maintain_lake
from newsbeam.transforms.lake import commit, conversion
from newsbeam.transforms.lake.commit import commit_articles, stage_rows
from newsbeam.transforms.lake.guard import check_before_writing
from newsbeam.transforms.lake.known import Known
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.schema import ARTICLES, PARTITIONS
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.lake.views import connect_lake
from tests.support.stored import article, store

Command = Callable[[list[str]], tuple[int, str, str]]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECONDS = float(os.environ.get("NEWSBEAM_CONVERSION", "60"))
SEED = os.environ.get("NEWSBEAM_SEED", "1")
SOURCES = ("avis", "blad")
IDENTITY = ["article_id", "revision"]


def at(number: int) -> datetime:
    return NOW - timedelta(days=11 * number)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """By day: 40 articles of two sources, in four commits."""
    lake = Lake(tmp_path / "lake")
    lake.create("day")
    for part in range(4):
        numbers = range(part, 40, 4)
        store(lake, ARTICLES, [article(f"{n}", SOURCES[n % 2], at(n)) for n in numbers])
    return lake


def read_every_way(root: Path) -> list[tuple[str, str]]:
    """The titles and days, which all readers must agree on."""
    with connect_lake(root) as connection:
        query = "SELECT title, published_date::VARCHAR FROM revisions ORDER BY ALL"
        ours = connection.sql(query).fetchall()
    plain = pd.read_parquet(root / "articles", columns=["title", "published_date"])
    assert sorted(zip(plain["title"], map(str, plain["published_date"]), strict=True)) == ours
    pattern = f"{root}/articles/source=*/**/*.parquet"
    query = f"SELECT title, published_date::DATE::VARCHAR FROM read_parquet('{pattern}')"
    assert sorted(duckdb.sql(query).fetchall()) == ours
    return ours


@pytest.mark.slow
def test_a_lake_is_laid_out_anew_and_back(lake: Lake, newsbeam: Command) -> None:
    before = read_every_way(lake.root)
    assert len(before) == 40
    (lake.root / "articles/_README").write_text("ours", encoding="utf-8")
    for period in ("month", "year", "day"):
        code, out, err = newsbeam(["maintain", str(lake.root), "--partition", period])
        assert code == 0, err
        assert "laid out anew" in out
        assert read_every_way(lake.root) == before
        assert lake.table(ARTICLES).partition_by[1] == f"published_{period}".replace(
            "_day", "_date"
        )
        check_before_writing(lake)
        store(lake, ARTICLES, [article(period, at=NOW)])
        before = sorted([*before, (period, str(NOW.date()))])
        assert read_every_way(lake.root) == before
    assert (lake.root / "articles/_README").read_text(encoding="utf-8") == "ours"
    code, out, _ = newsbeam(["maintain", str(lake.root), "--partition", "day", "--json"])
    assert json.loads(out)["tables"]["articles"]["converted"] == 0
    code, out, err = newsbeam(["check", str(lake.root), "--deep"])
    assert code == 0, out + err


@pytest.mark.slow
def test_a_run_that_began_before_commits_after(lake: Lake) -> None:
    """What it staged is laid out as the table is, and what others brought meanwhile is known,
    though the files that brought it are gone."""
    base = lake.version(ARTICLES)
    staging = Staging(lake.root, uuid.uuid4().hex)
    with staging.create():
        mine = [article("mine", "avis", at(3)), article("both", "avis", at(4))]
        files = stage_rows(staging, ARTICLES, mine)
        store(lake, ARTICLES, [article("both", "avis", at(4))])
        known = Known(lake, base)
        maintain_lake(lake.root, MaintainOptions(partition="month"))
        assert known.article(mine[1]["article_id"]) is None
        counts = commit_articles(lake, staging, files, base)
        assert (counts["avis"].new, counts["avis"].known) == (1, 1)
        staging.remove()
    assert len(read_every_way(lake.root)) == 42
    assert all("published_month=" in path for path in list_files(lake.open(ARTICLES)))


def test_a_run_about_to_commit_commits_as_the_table_is_laid_out_by_then(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that was overtaken by a conversion once kept the partitions of before it."""
    plain, periods = commit._read_entries, iter(("year", "month"))

    def read(*arguments: Any) -> Any:
        entries = plain(*arguments)
        for period in periods:
            maintain_lake(lake.root, MaintainOptions(partition=period))
            break
        return entries

    monkeypatch.setattr(commit, "_read_entries", read)
    store(lake, ARTICLES, [article("mine", "avis", at(3))])
    assert ("mine", str(at(3).date())) in read_every_way(lake.root)
    assert all("published_month=" in path for path in list_files(lake.open(ARTICLES)))


@pytest.mark.slow
def test_what_comes_in_meanwhile_is_taken_along(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = conversion.refresh_known
    come = iter(range(3))

    def refresh(*arguments: object) -> None:
        for number in come:  # a run commits just before the switch
            store(lake, ARTICLES, [article(f"late{number}", at=NOW)])
            break
        plain(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(conversion, "refresh_known", refresh)
    monkeypatch.setattr(conversion, "_FILE_ROWS", 7)
    maintain_lake(lake.root, MaintainOptions(partition="month"))
    assert len(read_every_way(lake.root)) == 41


WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.stored import NOW, article, store
lake = Lake(Path(sys.argv[1]))
for number in range(1000):
    name = f"{sys.argv[2]}-{number}"
    lake.create()
    lake.clean()
    at = NOW - timedelta(days=11 * (number % 40))
    store(lake, ARTICLES, [article(name, "avis", at), article(name, "blad", NOW)])
    print(name, flush=True)
"""


@dataclass
class Looks:
    """What readers of a lake saw while others changed it: ``seen`` looks at which all agreed, and
    ``away`` ones at which files were on their way, so that they have to ask again."""

    lake: Lake
    seen: int = 0
    away: int = 0

    def look(self) -> None:
        try:
            before, plain, after = self.read_delta(), self.read_plain(), self.read_delta()
        except OSError:
            self.away += 1
            return
        self.seen += 1
        for rows in (before, plain, after):
            assert max(rows.values()) == 1
        assert not before - after
        assert not before - plain
        # Plain readers see a commit a moment earlier; a killed one's, until the next run cleans up.
        assert len(plain - after) <= len(SOURCES)

    def read_delta(self) -> Counter[tuple[str, int]]:
        return count_rows(self.lake.open(ARTICLES).to_pandas(columns=IDENTITY))

    def read_plain(self) -> Counter[tuple[str, int]]:
        return count_rows(pd.read_parquet(self.lake.root / "articles", columns=IDENTITY))


def count_rows(frame: pd.DataFrame) -> Counter[tuple[str, int]]:
    return Counter(zip(*(frame[name] for name in IDENTITY), strict=True))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 1200)
def test_killed_at_any_moment_while_runs_and_readers_go_on(lake: Lake, tmp_path: Path) -> None:
    """For a while: conversions and merges that are killed, runs that are killed, and readers who
    compare."""
    pick, said = random.Random(SEED), tmp_path / "said"
    looks, lasts = Looks(lake), dict[str, float]()
    killed, switched = Counter[str](), Counter[str]()
    end, number = time.monotonic() + SECONDS, 0
    writer: subprocess.Popen[bytes] | None = None
    with said.open("wb") as out:
        while time.monotonic() < end or len(switched) < 2 or len(+killed) < 2:
            number += 1
            if writer is None or writer.poll() is not None:
                arguments = [sys.executable, "-c", WRITER, str(lake.root), str(number)]
                writer = subprocess.Popen(arguments, stdout=out)
            now = lake.table(ARTICLES).partition_by[1]
            others = [p for p in ("month", "year", "day") if PARTITIONS[p] != now]
            options = pick.choice((["--partition", pick.choice(others)], ["--retain", "0s"]))
            command = [sys.executable, "-m", "newsbeam", "maintain", str(lake.root), *options]
            began, work = time.monotonic(), subprocess.Popen(command)
            # At any moment, as long as one lasts here; the first of a kind is left alone.
            dies = began + lasts.get(options[0], math.inf) * pick.uniform(0.2, 2)
            while work.poll() is None and time.monotonic() < dies:
                looks.look()
            work.send_signal(signal.SIGKILL)
            if pick.random() < 0.3:
                writer.send_signal(signal.SIGKILL)
            code = work.wait()
            assert code in (0, -signal.SIGKILL)
            if code == 0:
                lasts[options[0]] = time.monotonic() - began
            killed[options[0]] += code != 0
            switched[lake.table(ARTICLES).partition_by[1]] += 1
        assert writer is not None
        writer.kill()
        writer.wait()
    lake.clean()
    titles = Counter(title for title, _ in read_every_way(lake.root))
    names = said.read_text(encoding="utf-8").split()
    assert names
    for name in names:
        assert titles[name] == 2, "what was committed is there, once a source"
    # Killed before it could say so, a run has committed both or none.
    assert all(n == (1 if name.isdigit() else 2) for name, n in titles.items())
    assert sum(name.isdigit() for name in titles) == 40
    assert titles.total() == len(lake.open(ARTICLES).to_pandas())
    assert looks.seen
    check_before_writing(lake)
    print(f"{number} rounds, {dict(killed)} killed, {dict(switched)}, {looks.seen} looks, "
          f"{looks.away} in vain, {len(names)} commits")  # fmt: skip
