"""The machine's clock set a day ahead and back while a run or a scheduler is at work: nothing is
lost, nothing is there twice, and feeds are polled again at once.

libfaketime (``apt-get install faketime``) tells the processes another time of day, from a file
that may change meanwhile; as on a machine, what only counts seconds goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.support.sites import Site, list_items, make_paper, serve_site
from tests.support.waiting import wait_until

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(LIBRARY is None, reason="no libfaketime: apt-get install faketime"),
]
CONFIG = """\
id: avisen
language: nb
feeds: ['{url}']
fetch: {{allow_addresses: ['127.0.0.0/8'], seconds_between_requests: 0.2}}
poll: {{every: 1m}}
enrich: {{pipelines: {{nb: null}}}}
"""
ITEMS = list_items(12)


@dataclass
class Desk:
    """A paper with ``shown`` of its articles in its feed, the oldest first, and a clock."""

    folder: Path
    site: Site
    shown: int = 0

    def set_clock(self, offset: str) -> None:
        (self.folder / "clock").write_text(f"{offset}\n")

    def publish(self, count: int) -> None:
        self.shown += count
        self.site.answers = make_paper(self.site.base, items=ITEMS[-self.shown :])

    @contextmanager
    def start(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """newsbeam, in a process that the clock is told to."""
        faked = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "newsbeam", *arguments],
            cwd=self.folder,
            env=os.environ | faked,
            stdout=subprocess.PIPE,
            stderr=(self.folder / "err").open("w"),
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def run(self, *options: str) -> dict[str, object]:
        with self.start("run", "avisen.yaml", "--output", "lake", "--json", *options) as process:
            out, _ = process.communicate(timeout=200)
        assert process.returncode == 0, (self.folder / "err").read_text()
        found: dict[str, object] = json.loads(out)["sources"]["avisen"]
        return found

    def stored(self) -> list[str]:
        """The path of each row's address."""
        articles = self.folder / "lake/articles"
        if not any(articles.glob("source=*/**/*.parquet")):
            return []
        urls = pd.read_parquet(articles, columns=["url"])["url"]
        return sorted(url.removeprefix(self.site.base) for url in urls)

    def expected(self) -> list[str]:
        return sorted(item.path for item in ITEMS[-self.shown :])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with serve_site(lambda base: make_paper(base, items=[])) as site:
        (tmp_path / "avisen.yaml").write_text(CONFIG.format(url=site.url("/nytt.xml")))
        desk = Desk(tmp_path, site)
        desk.set_clock("+0")
        yield desk


@pytest.mark.parametrize(("first", "then"), [("+1d", "+0"), ("-1d", "+0"), ("+0", "-1d")])
def test_a_clock_set_in_the_middle_of_a_run(desk: Desk, first: str, then: str) -> None:
    desk.publish(6)
    pages = Counted(desk.site)
    with desk.start("run", "avisen.yaml", "--output", "lake", "--json") as process:
        wait_until(lambda: pages() >= 2 or process.poll() is not None)
        desk.set_clock(first)
        process.communicate(timeout=200)
        assert process.returncode == 0, (desk.folder / "err").read_text()
    assert desk.stored() == desk.expected()
    desk.set_clock(then)
    desk.publish(3)
    desk.run("--all")
    assert desk.stored() == desk.expected()


def test_polls_of_a_clock_that_was_ahead_do_not_silence_a_feed(desk: Desk) -> None:
    desk.set_clock("+1d")
    desk.publish(3)
    desk.run()
    desk.set_clock("+0")
    desk.publish(3)
    desk.run()  # without --all: the feed is due
    assert desk.stored() == desk.expected()


@pytest.mark.timeout(1200)
def test_a_clock_set_while_a_scheduler_works(desk: Desk) -> None:
    desk.publish(3)
    with desk.start("schedule", "avisen.yaml", "--output", "lake") as process:

        def has_all() -> bool:
            assert process.poll() is None, (desk.folder / "err").read_text()
            return desk.stored() == desk.expected()

        wait_until(has_all, 300)
        for offset in ("+1d", "+0", "-1d"):
            desk.set_clock(offset)
            desk.publish(3)
            wait_until(has_all, 300)


class Counted:
    """How many pages of articles a site was asked for."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def __call__(self) -> int:
        return sum(path.startswith("/nyheter/") for path in self.site.asked)
