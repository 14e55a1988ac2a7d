"""The one document that is looked at: from an address, a file or standard input."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from newsbeam.pipelines.preview.chosen_source import ChosenSource
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.fetch.pages import make_page_document
from newsbeam.transforms.fetch.queue import make_web_request
from newsbeam.transforms.read.formats import FORMATS, read_documents
from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.records import (
    Clock,
    Document,
    Entry,
    FetchFault,
    PageRequest,
    Rejection,
    Response,
)
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.web.client import HttpClient

STANDARD_INPUT = "-"

# What else to do about a page that cannot be had; the fault itself says what happened.
_ADVICE = {
    "robots_disallowed": "save the page in a browser and preview the file",
    "wrong_content_type": "give the address of an article; feeds are for `newsbeam run` and "
    "`newsbeam source add`",
    "forbidden_address": "--allow-address opens it for this once",
    "forbidden": "the site refuses programs: save the page in a browser and preview the file",
}


class NoItemError(NewsbeamError):
    """There is no such item; the message says how many there are."""

    is_usage = True


def is_address(text: str) -> bool:
    """Whether ``text`` is an address of the web rather than a file."""
    return text.lower().startswith(("http://", "https://"))


def allow_addresses(source: Source, networks: tuple[str, ...]) -> Source:
    """``source`` with more networks that may be connected to although they are not public."""
    if not networks:
        return source
    allowed = (*source.fetch.allow_addresses, *networks)
    fetch = source.fetch.model_copy(update={"allow_addresses": allowed})
    return source.model_copy(update={"fetch": fetch})


def fetch_document(url: str, source: Source) -> Document | Rejection:
    """The page at ``url``, asked for as a run would: robots.txt, limits and waits hold."""
    request = PageRequest(source.id, "preview", Entry(url, url, ""))
    answer = asyncio.run(_fetch(request, source))
    if isinstance(answer, Response):
        return make_page_document(request, source, answer)
    advice = _ADVICE.get(answer.reason)
    detail = f"{answer.detail}; {advice}" if advice else answer.detail
    return Rejection(source.id, "fetch", answer.reason, detail, url)


async def _fetch(request: PageRequest, source: Source) -> Response | FetchFault:
    async with HttpClient(Clock()) as client:
        return await client.fetch(make_web_request(request, source))


def read_document(path: Path, chosen: ChosenSource, item: int = 1) -> Document | Rejection:
    """The ``item`` th document (from 1) of a file in any format that sources may have.

    Raises:
        OSError: the file cannot be opened.
        NoItemError: it holds fewer.
    """
    folder = chosen.file.parent if chosen.file else Path.cwd()
    key = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    file = _describe_file(chosen.source, str(path), key)
    with path.open("rb") as stream:
        return _take(read_documents(stream, file), item, str(path))


def read_stream(stream: BinaryIO, source: Source, item: int = 1) -> Document | Rejection:
    """The ``item`` th document (from 1) of what a program wrote, its format told by its beginning:
    HTML, JSON Lines, WARC, else plain text.

    Raises:
        NoItemError: there are fewer.
    """
    # Only archives may be larger than one item; who has one that large has it in a file.
    data = stream.read(2 * source.extract.max_bytes)
    file = _describe_file(source, "standard input", "standard input")
    reader = FORMATS[_guess_suffix(data)].read
    return _take(reader(BytesIO(data), file), item, "standard input")


def _describe_file(source: Source, path: str, key: str) -> InputFile:
    zone = ZoneInfo(source.timezone)
    return InputFile(source.id, path, key, zone, source.extract.max_bytes, source.fields)


def _take(items: Iterator[Document | Rejection], item: int, name: str) -> Document | Rejection:
    count = 0
    for found in islice(items, item):
        count += 1
        if count == item:
            return found
    raise NoItemError(f"{name} holds {show_count(count, 'item')}; --item {item} is not there")


def _guess_suffix(data: bytes) -> str:
    beginning = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:5]
    if beginning == b"WARC/":
        return ".warc"
    return {b"<": ".html", b"{": ".jsonl"}.get(beginning[:1], ".txt")
