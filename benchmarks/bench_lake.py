"""Measures what the past costs: the same commands on lakes of years, small and large.

usage: python benchmarks/bench_lake.py [--sizes 1000 100000 1000000] [--rounds 3] [--keep FOLDER]

Makes the lakes (generate_years.py), and measures them in turn, in CPU seconds of whole processes
with their children, of which the least of the rounds counts: `newsbeam run` with nothing new and
with ten new articles, `status`, `report`, and three questions to `sql` beside plain DuckDB over
the same rows in one file. "Cold" is without `_cache`. Ratios are to the smallest lake.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import duckdb

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.generate_years import UNTIL, generate_years

MONTH = f"{UNTIL:%Y-%m}"
NEWSBEAM = (sys.executable, "-m", "newsbeam")
# By name: SQL over the views, and over one file with the same columns.
QUESTIONS = {
    "one source's last month": (
        f"""SELECT count(*), sum(word_count) FROM articles
        WHERE source = 'avis00' AND published_month = '{MONTH}'""",
        f"""SELECT count(*), sum(word_count) FROM articles
        WHERE source = 'avis00' AND strftime(published_date, '%Y-%m') = '{MONTH}'""",
    ),
    "one person's quotes": (
        """SELECT published_at, text FROM quotes WHERE speaker = 'Samira Heimdal' ORDER BY ALL""",
        """SELECT published_at, q.text FROM (
            SELECT published_at, unnest(quotes) AS q FROM articles
        ) WHERE q.speaker = 'Samira Heimdal' ORDER BY ALL""",
    ),
    "most quoted by month": (
        """SELECT published_month, speaker, count(*) AS n FROM quotes
        GROUP BY ALL ORDER BY n DESC, 1, 2 LIMIT 20""",
        """SELECT strftime(published_date, '%Y-%m') AS month, q.speaker, count(*) AS n FROM (
            SELECT published_date, unnest(quotes) AS q FROM articles
        ) GROUP BY ALL ORDER BY n DESC, 1, 2 LIMIT 20""",
    ),
}
FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Avis</title></channel></rss>"""


class _Feed(BaseHTTPRequestHandler):
    """A feed that never has anything."""

    def do_GET(self) -> None:
        body = FEED if self.path == "/rss" else b""
        self.send_response(200 if self.path == "/rss" else 404)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def measure(command: list[str]) -> tuple[float, float]:
    """CPU seconds and the largest memory (MB) of a command with its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, own = os.wait4(child.pid, 0)
    if status:
        assert child.stderr is not None
        raise SystemExit(f"{' '.join(command)}: {child.stderr.read().decode()}")
    child.returncode = 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, own.ru_maxrss / 1024


class Lake:
    """A lake of the benchmark, with what is asked of it."""

    def __init__(self, folder: Path, size: int, port: int) -> None:
        self.size, self.root = size, folder / f"{size}"
        self.inbox = folder / f"in{size}"
        self.fed, self.files = folder / f"fed{size}.json", folder / f"files{size}.json"
        self.one_file = folder / f"{size}.parquet"
        self.round = 0
        if not self.root.exists():
            generate_years(self.root, size, "month")
        self.inbox.mkdir(exist_ok=True)
        fed = {"id": "fed", "language": "nb", "feeds": [f"http://127.0.0.1:{port}/rss"],
               "fetch": {"allow_addresses": ["127.0.0.0/8"], "contact": "a@b.example"}}  # fmt: skip
        self.fed.with_suffix(".yaml").write_text(json.dumps(fed), encoding="utf-8")
        files = {"id": "filed", "language": "nb", "files": [f"{self.inbox.name}/*.txt"]}
        self.files.with_suffix(".yaml").write_text(json.dumps(files), encoding="utf-8")
        if not self.one_file.exists():
            pattern = f"{self.root}/articles/source=avis*/**/*.parquet"
            duckdb.sql(
                f"COPY (FROM read_parquet('{pattern}', hive_partitioning = 1) "
                f"ORDER BY published_at) TO '{self.one_file}' (COMPRESSION zstd)"
            )

    def run(self, config: Path) -> tuple[float, float]:
        place = str(config.with_suffix(".yaml"))
        return measure([*NEWSBEAM, "run", place, "--output", str(self.root), "--all"])

    def nothing_new(self) -> tuple[float, float]:
        return self.run(self.fed)

    def cold(self, command: Callable[[], tuple[float, float]]) -> tuple[float, float]:
        shutil.rmtree(self.root / "_cache")
        return command()

    def ten_new(self) -> tuple[float, float]:
        self.round += 1
        for number in range(10):
            name = f"{os.getpid()}-{self.round}-{number}"
            text = f"Sak {name}\n\nKommunen vedtok {name} i går. – Det er bra, sier Kari Nes.\n"
            (self.inbox / f"{name}.txt").write_text(text, encoding="utf-8")
        return self.run(self.files)

    def status(self) -> tuple[float, float]:
        return measure([*NEWSBEAM, "status", str(self.root)])

    def ask(self, question: str) -> tuple[float, float]:
        return measure([*NEWSBEAM, "sql", str(self.root), question, "--format", "csv"])

    def ask_plain(self, question: str) -> tuple[float, float]:
        script = (
            "import duckdb, sys; c = duckdb.connect(); "
            f"c.execute(\"CREATE VIEW articles AS FROM '{self.one_file}'\"); "
            "print(c.sql(sys.argv[1]).fetchall())"
        )
        return measure([sys.executable, "-c", script, question])

    def report(self) -> tuple[float, float]:
        page = str(self.one_file.with_suffix(".html"))
        return measure([*NEWSBEAM, "report", str(self.root), "--output", page, "--since", "90d"])


def main() -> None:
    """Read the arguments, make the lakes and measure."""
    parser = argparse.ArgumentParser(description="What the past costs.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Feed)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(exist_ok=True)
        lakes = [Lake(folder, size, server.server_port) for size in options.sizes]
        for lake in lakes:
            files = list((lake.root / "articles").glob("source=*/**/*.parquet"))
            size = sum(file.stat().st_size for file in files)
            print(f"{lake.size:,} articles: {len(files):,} files, {size / 1e6:,.0f} MB; one file: "
                  f"{lake.one_file.stat().st_size / 1e6:,.0f} MB")  # fmt: skip
            lake.nothing_new()
            lake.ten_new()
            lake.status()
        commands: dict[str, Callable[[Lake], tuple[float, float]]] = {
            "run, nothing new": Lake.nothing_new,
            "run, nothing new, cold": lambda lake: lake.cold(lake.nothing_new),
            "run, ten new": Lake.ten_new,
            "status": Lake.status,
            "status, cold": lambda lake: lake.cold(lake.status),
            "report --since 90d": Lake.report,
        }
        for label, act in commands.items():
            _show(label, lakes, options.rounds, act)
        for label, (ours, plain) in QUESTIONS.items():
            took = _show(f"sql: {label}", lakes, options.rounds, lambda lake, q=ours: lake.ask(q))  # type: ignore[misc]
            beside = _show("  plain DuckDB, one file", lakes, options.rounds,
                           lambda lake, q=plain: lake.ask_plain(q))  # type: ignore[misc]  # fmt: skip
            print(
                "  ratio: " + ", ".join(f"{a / b:.2f}" for a, b in zip(took, beside, strict=True))
            )


def _show(
    label: str, lakes: list[Lake], rounds: int, act: Callable[[Lake], tuple[float, float]]
) -> list[float]:
    """Measure in turn, and print; returns the CPU seconds."""
    found: dict[int, list[tuple[float, float]]] = {lake.size: [] for lake in lakes}
    for _ in range(rounds):
        for lake in lakes:
            found[lake.size].append(act(lake))
    least = [min(found[lake.size]) for lake in lakes]
    seconds = [cpu for cpu, _ in least]
    print(f"{label}: " + "; ".join(f"{cpu:.2f} s ({cpu / seconds[0]:.2f} x), {memory:.0f} MB"
                                   for cpu, memory in least), flush=True)  # fmt: skip
    return seconds


if __name__ == "__main__":
    main()
