"""Archives of ours: written, judged by warcio and fastwarc, read back as what was fetched."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastwarc.warc import ArchiveIterator as FastWarcIterator
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator as WarcioIterator

from newsbeam.transforms.fetch.archive import ARCHIVE_FOLDER, ArchiveWriter, archive_glob
from newsbeam.transforms.fetch.pages import make_feed_document, make_page_document
from newsbeam.transforms.lake.staging import Staging, StagingLost, clean_staging
from newsbeam.transforms.packing import pack_request, unpack_request
from newsbeam.transforms.read.formats import read_documents
from newsbeam.transforms.read.input_file import InputFile
from newsbeam.transforms.records import (
    Document,
    Metadata,
    PageRequest,
    Rejection,
    Response,
)
from newsbeam.transforms.settings.source import Source
from tests.support.fetched import (
    AT,
    ENTRY,
    HINTS,
    PAGE,
    REQUEST,
    make_document,
    make_pages,
    make_response,
)
from tests.support.workplace import ROOT


def make_text_document(body: str, request: PageRequest = REQUEST) -> Document:
    """What the fetch stage makes of an entry that carries its article."""
    data = body.encode("utf-8", "replace")
    document = make_document(make_response(data), request)
    return replace(document, body=body, charset=None, given=HINTS, hints=Metadata())


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    area = Staging(tmp_path / "lake", "20260301T235900Z-abc")
    with area.create():
        yield area


def archives(staging: Staging) -> list[Path]:
    return sorted(path for path in (staging.root / ARCHIVE_FOLDER).rglob("*") if path.is_file())


def read(path: Path, source: str = "avisa", max_bytes: int = 10_000_000) -> list[Any]:
    item = InputFile(source, str(path), "key", ZoneInfo("Europe/Oslo"), max_bytes)
    with path.open("rb") as file:
        return list(read_documents(file, item))


def but_origin(document: Document) -> Document:
    return replace(document, provenance=replace(document.provenance, origin=""))


def write(
    staging: Staging, *pages: tuple[Document, Response | None], request: PageRequest = REQUEST
) -> Path:
    with ArchiveWriter(staging, "avisa") as writer:
        for document, response in pages:
            writer.add(document, response, request)
    [path] = archives(staging)
    return path


def members(data: bytes) -> list[bytes]:
    """The gzip members of a file, decompressed."""
    found = []
    while data:
        inflater = zlib.decompressobj(31)
        found.append(inflater.decompress(data))
        data = inflater.unused_data
    return found


def test_page_comes_back_as_it_was_fetched(staging: Staging) -> None:
    response = make_response()
    document = make_document(response)
    path = write(staging, (document, response))
    [found] = read(path)
    assert but_origin(found) == but_origin(document)
    assert found.provenance.origin.startswith(f"{path}#")
    assert found.provenance.origin.endswith(" https://avisa.no/a")


def test_what_the_fetch_stage_makes_comes_back(staging: Staging) -> None:
    source = Source(id="avisa", feeds=("https://avisa.no/rss",), archive=True)
    whole = replace(REQUEST, entry=replace(ENTRY, content="<p>Ordføreren på Røros.</p>"))
    summary = replace(REQUEST, entry=replace(ENTRY, metadata=replace(HINTS, lead="Kort sagt.")))
    response = make_response()
    page = make_page_document(REQUEST, source, response)
    assert isinstance(page, Document)
    written: list[tuple[Document, Response | None, PageRequest]] = [
        (page, response, REQUEST),
        (make_feed_document(whole, source, AT), None, whole),
        (make_feed_document(summary, source, AT), None, summary),
    ]
    with ArchiveWriter(staging, "avisa") as writer:
        for document, answer, request in written:
            writer.add(document, answer, request)
    [path] = archives(staging)
    assert list(map(but_origin, read(path))) == [but_origin(document) for document, *_ in written]


def test_place(staging: Staging) -> None:
    response = make_response()
    path = write(staging, (make_document(response), response))
    name = rf"pages/source=avisa/2026-03-01/{staging.run_id}-[0-9a-f]{{8}}\.warc\.gz"
    assert re.fullmatch(name, path.relative_to(staging.root).as_posix())
    assert list(staging.root.glob(archive_glob("avisa"))) == [path]


@pytest.mark.parametrize("entry_url", ["https://avisa.no/a", None])
def test_text_of_the_feed_itself(staging: Staging, entry_url: str | None) -> None:
    request = replace(REQUEST, entry=replace(ENTRY, url=entry_url))
    document = make_text_document("<p>Blåbær 🫐 \ud800</p>", request)
    if entry_url is None:
        provenance = replace(document.provenance, url=None, key="topp\x1fguid-1")
        document = replace(document, provenance=provenance)
    path = write(staging, (document, None), request=request)
    [found] = read(path)
    assert but_origin(found) == but_origin(document)
    with path.open("rb") as file:
        [record] = [r for r in WarcioIterator(file) if r.rec_type == "resource"]
        assert record.rec_headers["Content-Type"] == "text/html; charset=utf-8"
        target = record.rec_headers["WARC-Target-URI"]
        assert target == (entry_url or "urn:newsbeam:topp%1Fguid-1")


def test_plain_text_page(staging: Staging) -> None:
    headers = {"content-type": "text/plain; charset=latin-1"}
    response = make_response("Blåbær\r\n".encode("latin-1"), headers=headers)
    as_bytes = make_document(response, media_type="text/plain")
    as_text = replace(as_bytes, body="Blåbær\n")
    found = read(write(staging, (as_bytes, response), (as_text, response)))
    assert [document.body for document in found] == [b"Bl\xe5b\xe6r\r\n", "Blåbær\n"]
    assert {document.media_type for document in found} == {"text/plain"}


def test_page_of_an_odd_type_or_address_is_still_a_page(staging: Staging) -> None:
    """The fetch stage has decided that it is one; the reader must not decide again."""
    odd = [
        make_response(headers={"content-type": "text/xml"}),
        make_response(headers={}),
        make_response(url="https://avisa.no/robots.txt"),
    ]
    documents = [make_document(response) for response in odd]
    found = read(write(staging, *zip(documents, odd, strict=True)))
    assert list(map(but_origin, found)) == list(map(but_origin, documents))


def test_records_are_what_other_tools_expect(staging: Staging) -> None:
    headers = {
        "server": "nginx",
        "content-type": "text/html; charset=utf-8",
        "content-encoding": "gzip",
        "transfer-encoding": "chunked",
        "content-length": "17",
        "x-evil": "a\r\nx-smuggled: 1",
        "bad name": "x",
        "x-latin": "bl\udce5b\udce6r",
    }
    response = make_response(headers=headers, url="https://avisa.no/blåbær og?q=%C3%A6 å")
    path = write(staging, (make_document(response), response))
    assert [part.split(b"\r\n")[1] for part in members(path.read_bytes())] == [
        b"WARC-Type: warcinfo", b"WARC-Type: metadata", b"WARC-Type: response",
    ]  # fmt: skip
    with path.open("rb") as file:
        info, description, page = (
            (record, record.content_stream().read()) for record in WarcioIterator(file)
        )
    for record, _ in (info, description, page):
        assert record.rec_headers.protocol == "WARC/1.1"
    assert b"software: newsbeam/" in info[1]
    assert b"20260301T235900Z-abc" in info[1]
    named, http = page[0].rec_headers, page[0].http_headers
    assert page[1] == PAGE
    assert named["WARC-Date"] == "2026-03-01T23:59:59.123456Z"
    assert named["WARC-Target-URI"] == "https://avisa.no/bl%C3%A5b%C3%A6r%20og?q=%C3%A6%20%C3%A5"
    assert http.statusline == "200 OK"
    assert http["Content-Length"] == str(len(PAGE))
    assert http["X-Archive-Orig-Content-Encoding"] == "gzip"
    assert http["X-Archive-Orig-Transfer-Encoding"] == "chunked"
    assert http["X-Archive-Orig-Content-Length"] == "17"
    assert http["X-Evil"] == "a x-smuggled: 1"
    absent = ("Content-Encoding", "Transfer-Encoding", "x-smuggled", "bad name")
    assert [http[name] for name in absent] == [None] * 4
    assert b"\r\nx-latin: bl\xe5b\xe6r\r\n" in members(path.read_bytes())[2]
    assert description[0].rec_headers["WARC-Refers-To"] == named["WARC-Record-ID"]
    assert description[0].rec_headers["Content-Type"] == "application/json"
    assert named["WARC-Concurrent-To"] == description[0].rec_headers["WARC-Record-ID"]


def judge(path: Path) -> list[bytes]:
    """Payloads as warcio and fastwarc read them; both must find every digest right."""
    payloads = []
    with path.open("rb") as file:
        for record in WarcioIterator(file, check_digests="raise"):
            payload = record.content_stream().read()
            assert record.digest_checker.passed is True
            payloads.append(payload)
    with path.open("rb") as file:
        for record, payload in zip(FastWarcIterator(file, parse_http=False), payloads, strict=True):
            assert record.verify_block_digest()
            is_page = record.headers["WARC-Type"] == "response"
            if is_page:
                record.parse_http()
                assert record.verify_payload_digest()
            assert record.reader.read() == payload
    return payloads


any_text = st.text(st.characters(categories=None), max_size=40)
names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12) | st.sampled_from(
    ["content-type", "content-encoding", "transfer-encoding", "content-length", "status", "b ad"]
)
bodies = st.binary(max_size=300) | st.sampled_from(
    [b"", b"WARC/1.1\r\nWARC-Type: response\r\n\r\n", b"\r\n\r\n", b"HTTP/1.1 404 Gone\r\n\r\nx"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dictionaries(names, any_text, max_size=6), bodies, any_text, any_text)
@example({"content-type": "\ud800"}, b"", "", "")
@example({"content-type": "a" * 70_000, **{f"x-{n}": "b" * 8000 for n in range(100)}}, b"x", "", "")
def test_anything_comes_back(
    staging: Staging, headers: dict[str, str], body: bytes, path_: str, guid: str
) -> None:
    url = f"https://avisa.no/{path_}"
    request = replace(REQUEST, entry=replace(ENTRY, id=guid, url=url), known_as=None)
    response = make_response(body, url, headers)
    # The key stands for whatever the fetch stage makes of an address.
    # Nor is it asked what charset such headers name: no client passes halves of characters on.
    page = make_document(make_response(body, url), request)
    page = replace(page, charset=None, provenance=replace(page.provenance, key=guid or "x"))
    text = body.decode("latin-1")
    feed = replace(page, body=text)
    with ArchiveWriter(staging, "avisa") as writer:
        writer.add(page, response, request)
        writer.add(feed, None, request)
        path = writer.close()
    assert path is not None
    found = read(path)
    path.rename(staging.root / "judged.warc.gz")
    repacked = pack_request(unpack_request(page.provenance.request or ""))
    wanted = [replace(d, provenance=replace(d.provenance, request=repacked)) for d in (page, feed)]
    wanted = [_without_surrogate_pairs(document) for document in wanted]
    assert list(map(but_origin, found)) == list(map(but_origin, wanted))
    assert judge(staging.root / "judged.warc.gz")[2::2] == [body, text.encode()]


def _without_surrogate_pairs(document: Document) -> Document:
    """Two lone surrogates in a row that make a pair are one character in JSON."""
    key = document.provenance.key.encode("utf-16", "surrogatepass").decode(
        "utf-16", "surrogatepass"
    )
    return replace(document, provenance=replace(document.provenance, key=key))


def test_archives_of_another_source(staging: Staging) -> None:
    """A source that got another id reads its old pages; what names the old lake's rows is gone."""
    response = make_response()
    path = write(staging, (make_document(response), response))
    [found] = read(path, source="avisa_ny")
    provenance = found.provenance
    assert (provenance.source, provenance.key) == ("avisa_ny", "https://avisa.no/a")
    assert (provenance.known_as, provenance.request) == (None, None)


def outcomes(found: list[Any]) -> list[str]:
    return [
        r.reason if isinstance(r, Rejection) else r.provenance.key.rpartition("/")[2] for r in found
    ]


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        # Never the page alone: without its description it would be another document.
        (1, ["broken_record", "broken_record", "1", "2"]),
        (2, ["broken_record", "1", "2"]),
        (3, ["0", "broken_record", "broken_record", "2"]),
        (6, ["0", "1", "broken_record"]),
    ],
)
def test_damage_costs_one_page(staging: Staging, member: int, expected: list[str]) -> None:
    path = write(staging, *make_pages(3))
    data = bytearray(path.read_bytes())
    starts = [found.start() for found in re.finditer(rb"\x1f\x8b\x08\x00", data)]
    assert len(starts) == 7
    middle = (starts[member] + [*starts, len(data)][member + 1]) // 2
    data[middle : middle + 8] = bytes(8)
    path.write_bytes(data)
    assert outcomes(read(path)) == expected


@pytest.mark.parametrize("text", [b"{}", b"null", b"not json", b'{"media_type": "image/png"}'])
def test_description_that_is_none_of_ours(staging: Staging, text: bytes) -> None:
    response = make_response()
    path = write(staging, (make_document(response), response))
    parts = members(path.read_bytes())
    head, _, _ = parts[1].partition(b"\r\n\r\n")
    head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(text), head)
    parts[1] = head + b"\r\n\r\n" + text + b"\r\n\r\n"
    plain = path.with_name("edited.warc")
    plain.write_bytes(b"".join(parts))
    [rejection] = read(plain)
    assert (rejection.stage, rejection.reason) == ("read", "broken_record")
    assert "describes this page cannot be read" in rejection.detail


def test_archives_can_be_joined_and_unpacked(staging: Staging, tmp_path: Path) -> None:
    path = write(staging, *make_pages(2))
    joined = tmp_path / "day.warc.gz"
    joined.write_bytes(path.read_bytes() * 2)
    plain = tmp_path / "day.warc"
    plain.write_bytes(b"".join(members(path.read_bytes())))
    assert outcomes(read(joined)) == ["0", "1", "0", "1"]
    assert list(map(but_origin, read(plain))) == list(map(but_origin, read(path)))


def test_a_page_over_the_limit(staging: Staging) -> None:
    path = write(staging, *make_pages(2, size=30_000), *make_pages(1, size=200_000))
    assert outcomes(read(path, max_bytes=50_000)) == ["0", "1", "too_large"]
    assert outcomes(read(path, max_bytes=20_000)) == ["too_large"] * 3


def test_large_archives_are_divided(staging: Staging) -> None:
    with ArchiveWriter(staging, "avisa", largest_archive=5000) as writer:
        for document, response in make_pages(7):
            writer.add(document, response, REQUEST)
    paths = archives(staging)
    assert len(paths) > 2
    assert all(path.stat().st_size < 10_000 for path in paths)
    assert sorted(name for path in paths for name in outcomes(read(path))) == list("0123456")


def test_a_day_has_its_own_folder(staging: Staging) -> None:
    midnight = AT + timedelta(seconds=1)
    with ArchiveWriter(staging, "avisa") as writer:
        for at in (AT, midnight, midnight):
            response = replace(make_response(), fetched_at=at)
            writer.add(make_document(response), response, REQUEST)
    assert [path.parent.name for path in archives(staging)] == ["2026-03-01", "2026-03-02"]
    assert [len(read(path)) for path in archives(staging)] == [1, 2]


def test_workers_do_not_meet(staging: Staging) -> None:
    response = make_response()
    with ArchiveWriter(staging, "avisa") as one, ArchiveWriter(staging, "avisa") as two:
        one.add(make_document(response), response, REQUEST)
        two.add(make_document(response), response, REQUEST)
    assert len(archives(staging)) == 2


def test_nothing_fetched_no_archive(staging: Staging) -> None:
    with ArchiveWriter(staging, "avisa") as writer:
        assert writer.close() is None
    assert not (staging.root / ARCHIVE_FOLDER).exists()


def test_failure_leaves_no_archive(staging: Staging) -> None:
    response = make_response()
    document = make_document(response)
    undated = replace(document, provenance=replace(document.provenance, fetched_at=None))
    with pytest.raises(ValueError, match="when it was fetched"):
        write(staging, (document, response), (undated, response))
    assert archives(staging) == []
    assert [path.name for path in staging.folder.iterdir()] == ["lock"]


def test_run_that_was_taken_for_dead(staging: Staging) -> None:
    response = make_response()
    writer = ArchiveWriter(staging, "avisa")
    writer.add(make_document(response), response, REQUEST)
    staging.remove()
    with pytest.raises(StagingLost):
        writer.close()
    assert archives(staging) == []


_ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from tests.support.fetched import REQUEST, make_pages
from newsbeam.transforms.fetch.archive import ArchiveWriter
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.lake.staging import Staging
staging = Staging(Path(sys.argv[1]), "killed")
some = make_pages(5)
with staging.create(), ArchiveWriter(staging, "avisa", largest_archive=20_000) as writer:
    for number in count():
        writer.add(*some[number % 5], REQUEST)
"""


def test_killed_run_leaves_whole_archives_only(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", _ENDLESS, str(tmp_path)], cwd=ROOT, env=environment
    )
    folder = tmp_path / ARCHIVE_FOLDER / "source=avisa"
    while not len(list(folder.rglob("*"))) > 5:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert clean_staging(tmp_path, lambda _: set()) == ["killed"]
    assert not list((tmp_path / "_staging").iterdir())
    whole = [path for path in folder.rglob("*") if path.is_file()]
    assert len(whole) >= 5
    for path in whole:
        assert path.name.endswith(".warc.gz")
        assert set(outcomes(read(path))) <= set("01234")
        judge(path)


def test_memory_does_not_grow_with_the_archive(staging: Staging) -> None:
    body = random.Random(1).randbytes(2_000_000)
    response = make_response(body)
    document = make_document(response)

    def peak(count: int) -> int:
        tracemalloc.start()
        with ArchiveWriter(staging, "avisa") as writer:
            for _ in range(count):
                writer.add(document, response, REQUEST)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(8) < peak(1) + len(body)
    assert peak(1) < 5 * len(body)
