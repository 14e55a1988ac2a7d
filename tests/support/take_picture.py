"""Pictures of a report to look at, by Chromium alone, of a made-up lake or of one that is there.

python -m tests.support.take_picture PLACE.png [--view speakers] [--lake LAKE]
python -m tests.support.take_picture FOLDER --all   # all views, wide and narrow, light and dark

Chromium's own pictures are 500 pixels wide at least; what is narrower the browser tests look at.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from newsbeam.pipelines.cli.main import main
from tests.support.browser import WIDE
from tests.support.generate_lake import generate_lake

ARTICLES = 10_000
NARROWEST = 500
VIEWS = ("overview", "health", "cleaning", "names", "speakers", "stories", "articles")


def take_picture(page: Path, place: Path, view: str, size: tuple[int, int], *, dark: bool) -> None:
    """Write what Chromium shows of a view of the report ``page`` to ``place``."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert chromium, "no chromium: `make get-browser` installs it, or name one in CHROMIUM"
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={profile}", f"--screenshot={place.resolve()}",
             f"--window-size={size[0]},{size[1]}", "--virtual-time-budget=20000",
             *(["--blink-settings=preferredColorScheme=0"] if dark else []),
             f"{page.resolve().as_uri()}#{view}"],
            check=True, capture_output=True,
        )  # fmt: skip


def make_page(folder: Path, lake: Path | None, articles: int) -> Path:
    """The report on ``lake``, or on a made-up one."""
    if lake is None:
        lake = folder / "lake"
        generate_lake(lake, articles)
    page = folder / "report.html"
    title = ["--title", "Norwegian papers"]
    assert main(["report", str(lake), "--output", str(page), *title]) == 0
    return page


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", type=Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--view", default="overview")
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--articles", type=int, default=ARTICLES)
    given = parser.parse_args()
    folder = given.place if given.all else given.place.parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        made = make_page(Path(work), given.lake, given.articles)
        if not given.all:
            take_picture(made, given.place, given.view, (WIDE, 1500), dark=False)
        for name in VIEWS if given.all else ():
            for width in (WIDE, NARROWEST):
                for dark in (False, True):
                    place = given.place / f"{name}-{width}-{'dark' if dark else 'light'}.png"
                    take_picture(made, place, name, (width, 2200), dark=dark)
