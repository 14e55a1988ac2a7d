"""Articles that damage took come back with `retry --lost`, as they were, and once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.support.newspaper import Servers, make_site, serve
from tests.support.thinned import every_nth

Command = Callable[[list[str]], tuple[int, str, str]]
KEPT = ["article_id", "revision", "title", "text", "url", "content_hash"]


@dataclass
class Place:
    """A lake with the three articles of a newspaper, its config, and who is asked for pages."""

    lake: Path
    config: Path
    servers: Servers
    newsbeam: Command

    def run(self) -> dict[str, Any]:
        command = ["run", str(self.config), "--output", str(self.lake), "--json"]
        return self.do(command)

    def do(self, command: list[str]) -> dict[str, Any]:
        code, out, err = self.newsbeam(command)
        assert code == 0, out + err
        found: dict[str, Any] = json.loads(out)
        return found

    def articles(self) -> pd.DataFrame:
        rows = pd.read_parquet(self.lake / "articles")[KEPT]
        return rows.sort_values(["article_id", "revision"]).reset_index(drop=True)

    def lose_texts(self) -> int:
        """Damage one page of every file, so that the addresses can still be read; then repair.
        Returns how many rows were lost."""
        for path in (self.lake / "articles").glob("source=*/*/*.parquet"):
            row_group = pq.ParquetFile(path).metadata.row_group(0)
            chunks = map(row_group.column, range(row_group.num_columns))
            (chunk,) = (chunk for chunk in chunks if chunk.path_in_schema == "text")
            data = bytearray(path.read_bytes())
            # A chunk's size counts its dictionary too.
            start = chunk.dictionary_page_offset or chunk.data_page_offset
            data[start + chunk.total_compressed_size - 1] ^= 1
            path.write_bytes(data)
        repair = self.do(["repair", str(self.lake), "--apply", "--json"])
        rows: int = sum(repair["lost"].values())
        return rows


@pytest.fixture
def place(tmp_path: Path, newsbeam: Command) -> Iterator[Place]:
    paper = make_site(3, start=datetime.now(UTC) - timedelta(hours=2))
    with serve(paper) as servers:
        servers.set_time(datetime.now(UTC))
        (config,) = paper.write_configs(tmp_path)
        with config.open("a", encoding="utf-8") as file:
            file.write("enrich: {pipelines: {nb: null, nn: null}}\n")
        yield Place(tmp_path / "lake", config, servers, newsbeam)


@pytest.mark.slow
@pytest.mark.parametrize("is_archived", every_nth(2, [True, False]))
def test_lost_articles_come_back_once(place: Place, is_archived: bool) -> None:
    if is_archived:
        with place.config.open("a", encoding="utf-8") as file:
            file.write("archive: true\n")
    place.run()
    before = place.articles()
    assert place.lose_texts() == len(before) == 3
    assert not list((place.lake / "articles").glob("source=*/*/*.parquet"))
    asked = len(place.servers.log)
    summary = place.do(["retry", str(place.lake), "--lost", "--json"])
    (count,) = summary["sources"].values()
    assert count["new"] == 3
    pd.testing.assert_frame_equal(place.articles(), before)
    # The archive has the pages as they were; the paper may have others by now.
    assert (len(place.servers.log) == asked) == is_archived
    place.run()
    code, out, err = place.newsbeam(["retry", str(place.lake), "--lost"])
    assert code == 0, out + err
    pd.testing.assert_frame_equal(place.articles(), before)
    if not is_archived:
        assert "nothing lost is known" in err


def test_where_nothing_was_lost_nothing_is_fetched(place: Place) -> None:
    place.run()
    asked = len(place.servers.log)
    code, _, err = place.newsbeam(["retry", str(place.lake), "--lost"])
    assert (code, "nothing lost is known" in err) == (0, True)
    assert len(place.servers.log) == asked


def test_a_config_that_is_gone_is_named(place: Place) -> None:
    place.run()
    place.lose_texts()
    place.config.unlink()
    code, _, err = place.newsbeam(["retry", str(place.lake), "--lost"])
    assert code == 2
    assert str(place.config) in err
    assert "Traceback" not in err
