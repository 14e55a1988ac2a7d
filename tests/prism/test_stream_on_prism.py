"""``newsbeam stream`` on one machine, on Beam's Prism: no JVM, no cluster, no checkpoints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import psutil
import pytest

from tests.support.engines.commands import start_stream
from tests.support.engines.paper import (
    WITHOUT_MODEL,
    catch_up,
    check_rows,
    count_rows,
    list_delays,
    make_running_paper,
    read_rows,
    write_configs,
)
from tests.support.newspaper import serve
from tests.support.waiting import wait_until
from tests.support.workplace import ROOT

PRISM = ROOT / "build" / "prism" / "v2.77.0" / "prism"
BEAM = ("--runner=PrismRunner", f"--prism_location={PRISM}", "--environment_type=LOOPBACK")
# Within which a revision is there, on a machine that does other things, too.
GAP = timedelta(seconds=45)


@pytest.mark.timeout(600)
def test_a_stream_holds_what_is_published_and_ends_when_asked(tmp_path: Path) -> None:
    if not PRISM.exists():
        pytest.skip("no Prism is here: make get-prism")
    paper = make_running_paper(datetime.now(UTC), timedelta(hours=1), every=4)
    output = tmp_path / "lake"
    with serve(paper):
        configs = write_configs(paper, tmp_path / "configs", WITHOUT_MODEL)
        texts = configs / "texts"
        texts.mkdir()
        (configs / "filer.yaml").write_text("id: filer\nfiles: [texts/*.txt]\n", encoding="utf-8")
        log = tmp_path / "stream.log"
        with start_stream(configs, output, log, BEAM, "--ticks", "beam") as stream:
            catch_up(paper, output)
            began, rows = datetime.now(UTC), count_rows(output)
            (texts / "sak.txt").write_text("Brua er åpen\n\nDen åpnet i dag.\n", encoding="utf-8")
            # So long that there are edits, which come 30 seconds after.
            wait_until(lambda: count_rows(output) >= rows + 20, 240, "20 rows more")
            catch_up(paper, output)
            wait_until(lambda: "filer" in set(read_rows(output)["source"]), 60, "the file")
            ended = datetime.now(UTC)
            children = psutil.Process(stream.process.pid).children(recursive=True)
            assert any("prism" in child.name() for child in children)
            assert stream.stop() == 0, stream.tail()
            wait_until(lambda: not any(child.is_running() for child in children), 30, "its end")
    # Nothing but what it says itself: no tracebacks of workers whose engine is gone.
    (said,) = log.read_text("utf-8").splitlines()
    assert said.startswith("stopped; ")
    rows_of_paper = read_rows(output).query("source != 'filer'")
    number = check_rows(rows_of_paper, paper, ended, GAP)
    assert number > 10
    delays = sorted(list_delays(output, paper, began))
    print(
        f"\n{ended - began}: {len(rows_of_paper)} rows, {number} revisions that had to be there"
        f"\nreadable after: median {median(delays):.1f} s, most {delays[-1]:.1f} s"
    )
