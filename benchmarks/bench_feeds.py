"""Measures polling and fetching against what the network and politeness alone dictate.

usage: python benchmarks/bench_feeds.py [--rounds 5] [--articles 1000 200000]

Servers on loopback answer after 200 ms.

1. Fetching 1,000 pages over 100 hosts, one request a second for each: the stage that fetches,
   without what comes after it, against ``gaps + latency``. Aim: at most 1.3 x.
2. A run over 200 feeds of 200 hosts with nothing new, whole process, on a lake of 1,000 and one
   of 200,000 articles in turn. Aim: at most 1.2 x between the two.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median

from newsbeam.transforms.fetch.pages import fetch_pages
from newsbeam.transforms.fetch.queue import FetchJob
from newsbeam.transforms.lake.commit import commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, make_row
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import (
    Article,
    Block,
    Clock,
    Document,
    Entry,
    Metadata,
    PageRequest,
    Provenance,
)
from newsbeam.transforms.settings.source import Source

LATENCY = 0.2
PORT = 18080
HOSTS = 200
PAGE = b"<!doctype html><title>Sak</title><article>" + b"<p>Kommunen vedtok det.</p>" * 400
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Avis</title>{}</channel></rss>"""


def address(host: int) -> str:
    """The host's address; all of 127/8 is loopback on Linux."""
    return f"http://127.0.{1 + host // 200}.{1 + host % 200}:{PORT}"


def serve(hosts: int, ready: Event) -> None:
    """Answer every request after ``LATENCY`` seconds."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        path = head.split()[1]
        await asyncio.sleep(LATENCY)
        status, body = "200 OK", b""
        if path == "/robots.txt" or path.startswith("/gone"):
            status = "404 Not Found"
        elif "if-none-match" in head:
            status = "304 Not Modified"
        elif path == "/rss":
            items = "".join(f"<item><title>{n}</title><link>/gone/{n}</link></item>"
                            for n in range(1))  # fmt: skip
            body = FEED.format(items).encode()
        else:
            body = PAGE
        kind = "application/rss+xml" if path == "/rss" else "text/html"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            'ETag: "1"\r\nConnection: close\r\n\r\n'.encode()
            + body
        )
        await writer.drain()
        writer.close()

    async def run() -> None:
        for host in range(hosts):
            ip = address(host).split("//")[1].split(":")[0]
            await asyncio.start_server(answer, ip, PORT)
        ready.set()
        await asyncio.Event().wait()

    asyncio.run(run())


def bench_pages(rounds: int) -> None:
    """Time the fetching stage."""
    source = Source.model_validate_json(
        json.dumps({"id": "bench", "feeds": [f"{address(0)}/rss"], "full_text": "page",
                    "fetch": {"allow_addresses": ["127.0.0.0/8"]}})
    )  # fmt: skip
    requests = [
        PageRequest("bench", "f", Entry(f"{h}-{n}", f"{address(h)}/sak/{n}", "0" * 16))
        for n in range(10)
        for h in range(100)
    ]
    with tempfile.TemporaryDirectory() as folder:
        job = FetchJob({"bench": source}, {}, Clock(), Lake(Path(folder)), {}, {}, None)
        for number in range(rounds + 1):
            # The first round asks for robots.txt, too: one request and one gap more.
            ideal = (10 if number == 0 else 9) * 1.0 + LATENCY
            began = time.monotonic()
            found = list(fetch_pages(requests, job))
            took = time.monotonic() - began
            assert sum(isinstance(item, Document) for item in found) == len(requests)
            label = "robots.txt first" if number == 0 else "robots.txt cached"
            print(f"1,000 pages, 100 hosts, {label}: {took:.2f} s, ideal {ideal:.1f} s, "
                  f"{took / ideal:.2f} x")  # fmt: skip


def fill(lake: Lake, count: int) -> None:
    """Store ``count`` articles of 20 sources in files of 20, in commits of 50 files."""
    lake.create()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    provenance = Provenance("s", "k", "o", "0" * 64)
    article = Article(provenance, Metadata(title="Sak"), (Block("Kommunen vedtok det."),), "nb")
    template = make_row(article, run_id="fill", started_at=start)
    staging = Staging(lake.root, "fill")
    with staging.create():
        files = []
        for number in range(0, count, 20):
            rows = []
            for index in range(number, number + 20):
                name = hashlib.sha256(str(index).encode()).hexdigest()
                rows.append(
                    template
                    | {
                        "article_id": name[:32],
                        "document_id": name[32:],
                        "document_hash": name,
                        "content_hash": name[:32],
                        "source": f"kilde{number // 20 % 20}",
                        "published_date": (start + timedelta(hours=index * 4000 // count)).date(),
                    }
                )
            files += stage_rows(staging, ARTICLES, [r | {
                "published_date": rows[0]["published_date"]} for r in rows])  # fmt: skip
        for pane, at in enumerate(range(0, len(files), 50)):
            commit_rows(lake, staging, ARTICLES, files[at : at + 50], lake.version(ARTICLES), pane)
    lake.clean()


def bench_polls(sizes: list[int], rounds: int) -> None:
    """Time runs that find nothing new, on lakes of different sizes in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "bench.yaml"
        feeds = [f"{address(host)}/rss" for host in range(HOSTS)]
        config.write_text(
            json.dumps({"id": "bench", "feeds": feeds,
                        "fetch": {"allow_addresses": ["127.0.0.0/8"]}}), encoding="utf-8"
        )  # fmt: skip
        for size in sizes:
            fill(Lake(folder / str(size)), size)
            run(config, folder / str(size))
        whole: dict[int, list[float]] = {size: [] for size in sizes}
        inside: dict[int, list[float]] = {size: [] for size in sizes}
        for _ in range(rounds):
            for size in sizes:
                seconds, took = run(config, folder / str(size))
                whole[size].append(took)
                inside[size].append(seconds)
        for size in sizes:
            print(
                f"200 feeds, nothing new, {size} articles stored: {median(inside[size]):.2f} s, "
                f"whole process {median(whole[size]):.2f} s"
            )
        small, large = min(sizes), max(sizes)
        for label, times in (("the run", inside), ("the process", whole)):
            ratios = [b / a for a, b in zip(times[small], times[large], strict=True)]
            print(f"{label}: {large} against {small} articles: {median(ratios):.2f} x")


def run(config: Path, output: Path) -> tuple[float, float]:
    """Run the job; the seconds that it says it took, and those of the whole process."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "newsbeam", "run", config, "--output", output, "--all",
         "--json"],
        check=True, capture_output=True,
    )  # fmt: skip
    took = time.monotonic() - began
    return json.loads(done.stdout)["seconds"], took


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--articles", type=int, nargs=2, default=[1000, 200_000])
    options = parser.parse_args()
    ready = multiprocessing.Event()
    server = multiprocessing.Process(target=serve, args=(HOSTS, ready), daemon=True)
    server.start()
    ready.wait()
    bench_pages(2)
    bench_polls(options.articles, options.rounds)
    server.terminate()


if __name__ == "__main__":
    main()
