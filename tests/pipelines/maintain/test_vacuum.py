"""Files that nobody needs any more go when they are old, and nothing else does."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.maintained import (
    AT_ONCE,
    TEN,
    commit,
    hidden_files,
    maintain,
    read_every_way,
    row,
)


def test_strays_go_when_they_are_old_and_empty_folders_at_once(lake: Lake) -> None:
    folder = lake.root / "articles/source=avis/published_date=2026-11-21"
    stray, note = folder / "part-stray.parquet", folder / "note.txt"
    shutil.copy(next(folder.iterdir()), stray)
    note.write_text("kept: no data")
    empty = lake.root / "articles/source=gone/published_date=2026-01-01"
    empty.mkdir(parents=True)
    maintain(lake)
    assert stray.exists(), "younger than what is retained"
    assert not empty.parent.exists()
    day_ago = time.time() - 90_000
    os.utime(stray, (day_ago, day_ago))
    for path in list(hidden_files(lake)):
        assert path.exists()
    maintain(lake, AT_ONCE)
    assert not stray.exists()
    assert note.exists()
    note.unlink()
    assert read_every_way(lake) == TEN


def test_what_somebody_else_put_into_a_partition_is_left_alone(lake: Lake) -> None:
    folder = lake.root / "articles/source=avis/published_date=2026-11-21"
    (folder / "mine").mkdir()
    (folder / "mine/_notes.txt").write_text("mine")
    maintain(lake, AT_ONCE)
    assert (folder / "mine/_notes.txt").exists()
    assert len(list(folder.glob("*.parquet"))) == 5
    assert read_every_way(lake) == TEN
    shutil.rmtree(folder / "mine")
    maintain(lake, AT_ONCE)
    assert len(list(folder.glob("*.parquet"))) == 1
    assert read_every_way(lake) == TEN


def test_a_log_that_was_cleaned_up_puts_deletions_off(lake: Lake) -> None:
    maintain(lake)
    commit(lake, [row("b")])
    lake.open(ARTICLES).create_checkpoint()
    log = lake.root / "articles/_delta_log"
    for path in sorted(log.glob("*.json"))[:-1]:
        path.unlink()
    report = maintain(lake)["articles"]
    assert report.deleted == 0
    assert report.waiting == 10
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})
