"""Measures an archive of many sites of which three are wanted, against a bare look at each address.

usage: python benchmarks/bench_sites.py [--megabytes 300] [--rounds 3]

Makes an archive like CC-NEWS (WARC, a gzip member a record, 100 sites), reads it as a source with
``sites:`` does, and compares the processor time with fastwarc's that reads the archive and looks at
each address. They take turns. Then a record in a thousand is damaged, at which fastwarc gives up.
"""

from __future__ import annotations

import argparse
import gzip
import random
import tempfile
import time
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastwarc.warc import ArchiveIterator, WarcRecordType

from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.read.sites import SiteChooser
from newsbeam.transforms.read.warc import read_archive
from newsbeam.transforms.records import Document
from newsbeam.transforms.web.urls import domain_of

SITES, PAGES, DAMAGED = 100, 300, 1000
WANTED = {f"avis{number:02}.no": f"avis{number:02}" for number in (11, 42, 77)}


def make_page(rng: random.Random, words: list[str]) -> bytes:
    """A page of some 40 kB that compresses as pages do."""
    menu = "".join(
        f'<div class="x{rng.randint(0, 9999)}"><a href="/{rng.randint(0, 10**9)}">'
        f"{rng.choice(words)}</a></div>"
        for _ in range(400)
    )
    text = "".join(
        f"<p>{' '.join(rng.choices(words, k=rng.randint(30, 90)))}.</p>" for _ in range(20)
    )
    return f"<!doctype html><html><body>{menu}<article>{text}</article></body></html>".encode()


def write_archive(path: Path, size: int) -> list[int]:
    """Write ``size`` bytes of archive; returns where its records begin."""
    rng = random.Random(21)
    words = [
        "".join(rng.choices("abcdefghijklmnoprstuv", k=rng.randint(3, 10))) for _ in range(8000)
    ]
    pages = [make_page(rng, words) for _ in range(PAGES)]
    offsets: list[int] = []
    with path.open("wb") as file:
        while file.tell() < size:
            count = len(offsets)
            offsets.append(file.tell())
            domain = f"avis{count % SITES:02}.no"
            block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            block += pages[count % PAGES] + str(count).encode()
            head = (
                "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
                f"WARC-Target-URI: https://www.{domain}/nyheter/sak-{count}\r\n"
                f"Content-Type: application/http; msgtype=response\r\n"
                f"Content-Length: {len(block)}\r\n\r\n"
            )
            file.write(gzip.compress(head.encode() + block + b"\r\n\r\n", 6))
    return offsets


def damage(path: Path, offsets: list[int]) -> int:
    """Damage a record in a thousand; returns how many of them were wanted."""
    broken = range(DAMAGED // 2 + 11, len(offsets) - 1, DAMAGED)
    with path.open("r+b") as file:
        for number in broken:
            at = (offsets[number] + offsets[number + 1]) // 2
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 0xFF]))
    return sum(f"avis{number % SITES:02}.no" in WANTED for number in broken)


def look_at_addresses(path: Path) -> int:
    """What nobody can do without: fastwarc reads, and each address is looked at."""
    found = 0
    with path.open("rb") as file:
        kind = WarcRecordType.response
        for record in ArchiveIterator(file, record_types=kind, parse_http=False):
            host = urlsplit(record.headers.get("WARC-Target-URI") or "").hostname
            found += domain_of(host or "") in WANTED
    return found


def read_wanted(path: Path) -> tuple[int, int]:
    """As a source with ``sites:`` reads the archive: documents, and records passed over."""
    sites = SiteChooser(WANTED, takes_all=False)
    item = InputFile("arkiv", str(path), path.name, ZoneInfo("UTC"), 10 * 1024 * 1024, sites=sites)
    with path.open("rb") as file:
        found = sum(isinstance(outcome, Document) for outcome in read_archive(file, item))
    return found, sites.passed


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "news.warc.gz"
        offsets = write_archive(path, options.megabytes * 1024 * 1024)
        bare, ours = [], []
        for _ in range(options.rounds):
            start = time.process_time()
            wanted = look_at_addresses(path)
            bare.append(time.process_time() - start)
            start = time.process_time()
            found, passed = read_wanted(path)
            ours.append(time.process_time() - start)
            assert found == wanted, (found, wanted)
        print(f"{len(offsets):,} records, {wanted:,} of them wanted")
        print(f"fastwarc, looking at each address: {median(bare):.2f} s of processor")
        print(f"newsbeam, with documents:          {median(ours):.2f} s ({passed:,} passed over)")
        print(f"ratio: {median(ours) / median(bare):.2f}")
        lost = damage(path, offsets)
        found, _ = read_wanted(path)
        print(f"damaged, {lost} of the wanted among them: {found:,} documents")
        assert found >= wanted - lost, (found, wanted, lost)


if __name__ == "__main__":
    main()
