"""The same input, in three ways: a batch on one machine, a batch on Flink, a stream on Flink."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.engines.commands import run_newsbeam
from tests.support.engines.paper import (
    count_rows,
    list_rows,
    make_running_paper,
    write_configs,
)
from tests.support.flink.cluster import Cluster
from tests.support.flink.running import run_stream
from tests.support.newspaper import serve
from tests.support.waiting import wait_until

TEXT = "Brua er åpen\n\n– Endelig, sier ordfører Kari Dahl.\n"


@pytest.mark.timeout(600)
def test_three_ways_give_the_same_rows(cluster: Cluster, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    paper = make_running_paper(now - timedelta(minutes=5), timedelta(minutes=4), every=12)
    configs = tmp_path / "configs"
    with serve(paper):
        write_configs(paper, configs)
        (configs / "texts").mkdir()
        (configs / "texts" / "sak.txt").write_text(TEXT, encoding="utf-8")
        (configs / "filer.yaml").write_text("id: filer\nfiles: [texts/*.txt]\n", encoding="utf-8")
        direct, batch, stream = (tmp_path / name for name in ("direct", "batch", "stream"))
        run_newsbeam("run", configs, "--output", direct)
        beam = cluster.beam_arguments(environment="LOOPBACK")
        run_newsbeam("run", configs, "--output", batch, "--", *beam)
        expected = list_rows(direct)
        with run_stream(cluster, configs, stream, tmp_path / "stream.log") as running:
            wait_until(lambda: count_rows(stream) >= len(expected), 90, "all rows")
            assert running.stop() == 0, running.tail()
    assert len(expected) == 33
    assert any("Kari Dahl" in row["quotes"] for row in expected)
    assert list_rows(batch) == expected
    assert list_rows(stream) == expected
