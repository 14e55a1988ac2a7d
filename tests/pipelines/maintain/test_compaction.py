"""Small files become large ones: which, in which order, and what stands in them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.maintain import MaintainOptions
from newsbeam.transforms.lake import compaction
from newsbeam.transforms.lake.compaction import MergeWish, plan_merges
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.live_files import LiveFile, TableState
from newsbeam.transforms.lake.places import hide_place, is_hidden, plain_place
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.maintained import AT_ONCE, NOW, TEN, commit, maintain, read_every_way, row


def test_files_are_as_runs_write_them(lake: Lake) -> None:
    order = [f"a{number}" for number in range(0, 10, 2)]
    maintain(lake, AT_ONCE)
    (path,) = (lake.root / "articles/source=avis/published_date=2026-11-21").iterdir()
    file = pq.ParquetFile(path)
    assert file.schema_arrow == lake.table(ARTICLES).file_schema
    assert file.read()["title"].to_pylist() == order, "in the order in which they came"
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    (stated,) = {
        number
        for path, number in zip(
            *(
                lake.open(ARTICLES).get_add_actions(flatten=True)[name].to_pylist()
                for name in ("path", "num_records")
            ),
            strict=True,
        )
        if "2026-11-21" in path
    }
    assert stated == 5


@pytest.mark.slow
def test_rows_in_memory_are_bounded_and_sizes_kept_to(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "_GROUP_BYTES", 1)
    maintain(lake, AT_ONCE)
    (path,) = (lake.root / "articles/source=avis/published_date=2026-11-21").iterdir()
    assert pq.ParquetFile(path).num_row_groups == 5
    assert read_every_way(lake) == TEN
    size = max(file.stat().st_size for file in (lake.root / "articles").rglob("*.parquet"))
    for number in range(10, 20):
        commit(lake, [row(f"a{number}", day=23)])
    small = MaintainOptions(timedelta(), target_size=2 * size + 2)
    files = maintain(lake, small)["articles"].files_after
    assert files > 3, "several files of a partition where one would be too large"
    assert maintain(lake, small)["articles"].merged in (0, 2, 4)


def test_columns_of_a_newer_newsbeam_are_not_lost(lake: Lake) -> None:
    folder = lake.root / "articles/source=avis/published_date=2026-11-21"
    path = next(folder.iterdir())
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.append_column("new", pa.array([1] * len(rows))), path)
    version = lake.version(ARTICLES)
    with pytest.raises(Exception, match="does not know \\(new\\); use the newer one"):
        maintain(lake)
    assert lake.version(ARTICLES) == version


def test_columns_that_old_files_lack_are_null(lake: Lake) -> None:
    folder = lake.root / "articles/source=avis/published_date=2026-11-21"
    path = next(folder.iterdir())
    pq.write_table(pq.ParquetFile(path).read().drop_columns(["document_hash"]), path)
    maintain(lake, AT_ONCE)
    hashes = pd.read_parquet(lake.root / "articles")["document_hash"]
    assert hashes.isna().sum() == 1


def test_delta_still_reads_it_from_the_checkpoint(lake: Lake) -> None:
    maintain(lake, AT_ONCE)
    log = lake.root / "articles/_delta_log"
    assert list(log.glob("*.checkpoint.parquet"))
    for path in sorted(log.glob("*.json"))[:-1]:
        path.unlink()
    assert read_every_way(lake) == TEN
    commit(lake, [row("b")])
    assert read_every_way(lake) == TEN + Counter({("b", 1): 1})


@given(
    st.lists(st.tuples(st.sampled_from("pqr"), st.integers(1, 120), st.booleans()), max_size=40),
    st.integers(2, 200),
)
def test_merges_take_small_files_once_and_in_order(
    files: list[tuple[str, int, bool]], target: int
) -> None:
    live = [
        LiveFile(f"source=s/published_date={day}/{number:02}.parquet", size, 1, number)
        for number, (day, size, _) in enumerate(files)
    ]
    kept = {file.path for file, (_, _, keep) in zip(live, files, strict=True) if keep}
    wish = MergeWish(target, NOW)
    merges = plan_merges(live, kept, ("source", "published_date"), wish)
    merged = [file for merge in merges for file in merge.files]
    assert len(merged) == len(set(merged))
    for merge in merges:
        assert len(merge.files) > 1
        assert sum(file.size for file in merge.files) <= target
        assert list(merge.files) == sorted(merge.files, key=lambda file: file.modified_at)
        assert all(file.size < target // 2 and file.path not in kept for file in merge.files)
        assert all(file.path.startswith(merge.partition) for file in merge.files)
    waiting = LiveFile(hide_place("source=s/published_date=p/x.parquet"), 1, 1, 0)
    assert is_hidden(waiting.path)
    assert plain_place(waiting.path) == "source=s/published_date=p/x.parquet"
    again = plan_merges([*live, waiting], kept, ("source", "published_date"), wish)
    assert [m for m in merges if not m.partition.endswith("=p")] == again


def test_state_follows_the_log(lake: Lake) -> None:
    state = TableState.read(lake, ARTICLES, 0)
    maintain(lake, AT_ONCE)
    lake.open(ARTICLES).delete("title = 'a3'")
    commit(lake, [row("b")])
    state.refresh()
    anew = TableState.read(lake, ARTICLES, 0)
    assert state.live == anew.live
    assert state.removed_at == anew.removed_at
    assert set(state.live) == list_files(lake.open(ARTICLES))
