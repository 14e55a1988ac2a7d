"""What commands on a lake on an object store ask for, and what 50 ms a request make of it.

    .venv/bin/python -P benchmarks/bench_objects.py --articles 5

Starts the S3 server of the tests (`make get-s3`) and a proxy that holds each answer back. Prints
for each command how many requests it makes, how many of them one after the other ("rounds", which
a delay costs so many times), and the seconds that it took.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.s3.proxy import Proxy, run_proxy  # noqa: E402
from tests.support.s3.server import BUCKET, run_server  # noqa: E402

_LAKE = f"s3://{BUCKET}/lake"
_CONFIG = "id: avis\nlanguage: nb\nfiles: ['texts/*.txt']\nenrich: {pipelines: {nb: null}}\n"


def write_article(folder: Path, number: int) -> None:
    """A text in which somebody is quoted."""
    (folder / "texts" / f"{number}.txt").write_text(
        f"Overskrift {number}\n\n– Det er sak {number}, sier ordfører Kari Dahl i Bodø.\n"
    )


def measure(name: str, arguments: list[str], environment: dict[str, str], proxy: Proxy) -> None:
    """Run a command and print what it asked for."""
    proxy.forget()
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-P", "-m", "newsbeam", *arguments],
        env=environment, check=True, capture_output=True,
    )  # fmt: skip
    seconds = time.monotonic() - began
    print(
        f"{name:32} {proxy.counts.total():4} requests {proxy.count_rounds():4} rounds "
        f"{seconds:6.1f} s",
        flush=True,
    )


def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=5, help="runs with one new article each")
    parser.add_argument("--delay", type=float, default=0.05, help="seconds")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, run_server(Path(place) / "server") as server:
        folder = Path(place)
        (folder / "texts").mkdir()
        config = folder / "avis.yaml"
        config.write_text(_CONFIG)
        for number in range(12):
            write_article(folder, number)
        with run_proxy(server.address, delay=given.delay) as proxy:
            environment = {
                **os.environ, **server.environment(folder / "cache", 900),
                "AWS_ENDPOINT_URL": proxy.address, "PYTHONPATH": str(ROOT),
            }  # fmt: skip
            run = ["run", str(config), "--output", _LAKE]
            for name, arguments in (
                ("run, a new lake", run),
                ("run, the first with nothing new", run),
                ("run, nothing new", run),
                ("status, the first", ["status", _LAKE]),
                ("status", ["status", _LAKE]),
                ("sql, the first", ["sql", _LAKE, "SELECT count(*) FROM articles"]),
                ("sql", ["sql", _LAKE, "SELECT count(*) FROM articles"]),
            ):
                measure(name, arguments, environment, proxy)
            for number in range(12, 12 + given.articles):
                write_article(folder, number)
                measure("run, one new article", run, environment, proxy)
            measure("status", ["status", _LAKE], environment, proxy)
            measure("sql", ["sql", _LAKE, "SELECT count(*) FROM articles"], environment, proxy)


if __name__ == "__main__":
    main()
