"""A WARC archive of many pages, of which some are broken, and a run that reads it in small steps.

python -m tests.support.archived STRETCH run CONFIG --output DIR
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

from tests.support.newspaper.stories import write_story

BROKEN_EACH = 29


def write_archive(path: Path, pages: int) -> None:
    """Write ``pages`` pages of one site; of every ``BROKEN_EACH``th the gzip member is damaged."""
    with path.open("wb") as file:
        for number in range(pages):
            story = write_story(f"arkiv/{number}", "nb", number)
            text = "".join(f"<p>{line}</p>" for line in story.paragraphs)
            page = f"<html><head><title>{story.title}</title></head><body><article>{text}"
            block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
            block += f"{page}</article></body></html>".encode()
            head = (
                "WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-01-01T00:00:00Z\r\n"
                f"WARC-Target-URI: https://www.avisen.no/sak-{number}\r\n"
                f"Content-Length: {len(block)}\r\n\r\n"
            )
            member = bytearray(gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0))
            if is_broken(number):
                member[len(member) // 2] ^= 0xFF
                member[-6] ^= 0xFF  # and its checksum, should the first one make no difference
            file.write(member)


def is_broken(number: int) -> bool:
    """Whether the page with this number cannot be read."""
    return number % BROKEN_EACH == BROKEN_EACH - 1


def make_small(stretch: int) -> None:
    """From now on, cut all archives, into stretches of so many bytes, one a step."""
    from newsbeam.pipelines import archives

    archives._LEAST = archives._FIRST_STEP = archives._STRETCH = stretch  # type: ignore[misc]
    archives.find_step_size = lambda size, seconds: stretch


if __name__ == "__main__":
    from newsbeam.pipelines.cli.main import main

    make_small(int(sys.argv.pop(1)))
    sys.exit(main())
