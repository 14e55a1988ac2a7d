"""A file's bytes read as a run reads them."""

from __future__ import annotations

import io
import random
from typing import Any
from zoneinfo import ZoneInfo

from newsbeam.transforms.read.formats import read_documents
from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.records import Rejection

MEGABYTE = 1_000_000


def read(data: bytes, path: str = "inn/a.txt", max_bytes: int = MEGABYTE) -> list[Any]:
    """Read a file eagerly. ``Any`` because a test knows which outcomes it expects."""
    item = InputFile("avisa", path, path, ZoneInfo("Europe/Oslo"), max_bytes)
    return list(read_documents(io.BytesIO(data), item))


def outcomes(results: list[Any]) -> list[str]:
    """The key of every document and the reason of every rejection."""
    return [r.reason if isinstance(r, Rejection) else r.provenance.key for r in results]


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)
