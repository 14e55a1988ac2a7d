"""Archives of several versions of a page, read again: docs/decisions/replay.md."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.fetch.archive import ArchiveWriter
from newsbeam.transforms.lake.settle import settle_revisions
from newsbeam.transforms.lake.staged_files import RowFacts, StagedFile
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.packing import pack_request
from newsbeam.transforms.records import Document, Entry, Metadata, PageRequest, Provenance, Response
from newsbeam.transforms.text.identity import digest_bytes
from tests.support.workplace import Workplace

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONFIG = (
    "id: avis\nlanguage: nb\nfiles: ['out/pages/source=avis/**/*.warc.gz']\n"
    "enrich: {pipelines: {nb: null, nn: null}}\n"
)
BETTER = (
    CONFIG
    + "clean:\n  rules:\n    - name: tips\n      lines: ['Bli med på turen til fjells i august']\n"
)
URL = "https://avis.example/sak"


def page(word: str, noise: int = 0) -> bytes:
    sentence = f"Ordføreren i Bodø er {word} med vedtaget, sier hun til avisen etter møtet."
    return (
        f"<html lang=nb><!-- {noise} --><title>Sak</title><link rel=canonical href='{URL}'><body>"
        f"<article><h1>Sak</h1>{f'<p>{sentence}</p>' * 3}"
        "<p>Bli med på turen til fjells i august</p>"
        "<p>Saken skal opp igjen i mai, opplyser kommunen nå.</p>"
        "</article></body></html>"
    ).encode()


class Archive:
    """Archives in the lake of ``place``, each as a run of its own would have left it."""

    def __init__(self, place: Workplace) -> None:
        self.place = place
        self.runs = 0

    def keep(self, hours: int, word: str, *, url: str = URL, noise: int = 0) -> None:
        """Archive the version of the page that was fetched ``hours`` after the start."""
        self.runs += 1
        entry = Entry(url, url, "0" * 16, Metadata(published_at=START, published_at_from="feed"))
        request = PageRequest("avis", "topp", entry)
        body, at = page(word, noise), START + timedelta(hours=hours)
        response = Response(url, 200, {"content-type": "text/html"}, body, at)
        packed = pack_request(request)
        provenance = Provenance("avis", url, url, digest_bytes(body), url, at, None, packed)
        document = Document(provenance, "text/html", body, hints=entry.metadata)
        # In no order of time: the first archive is not the first version.
        name = random.Random(self.runs).randbytes(4).hex()
        staging = Staging(self.place.output, f"{name}-{self.runs}")
        with staging.create(), ArchiveWriter(staging, "avis") as writer:
            writer.add(document, response, request)
        staging.remove()


@pytest.fixture
def archive(workplace: Workplace) -> Archive:
    workplace.configure(CONFIG)
    return Archive(workplace)


def words(place: Workplace) -> list[str]:
    """The words that the article's revisions 1, 2, ... have in the place of ``word``."""
    table = place.articles().sort_values("revision")
    assert table["article_id"].nunique() == 1
    assert list(table["revision"]) == list(range(1, len(table) + 1))
    return [text.split()[4] for text in table["text"]]


def counts(place: Workplace, *options: str) -> tuple[int, int, int]:
    count = place.run(*options)
    assert not count["rejected"]
    return count["new"], count["revised"], count["known"]


def keep_three(archive: Archive) -> None:
    for hours, word in enumerate(("glad", "sint", "trist")):
        archive.keep(hours, word)


def test_a_new_lake_gets_the_whole_history(archive: Archive) -> None:
    keep_three(archive)
    assert counts(archive.place) == (1, 2, 0)
    assert words(archive.place) == ["glad", "sint", "trist"]


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), pytest.param(("--reprocess",), marks=pytest.mark.slow)])
def test_unchanged_rules_add_nothing(archive: Archive, options: tuple[str, ...]) -> None:
    keep_three(archive)
    archive.place.run()
    for _ in range(2):
        assert counts(archive.place, *options) == (0, 0, 3)


@pytest.mark.slow
def test_better_rules_revise_the_newest_version_alone(archive: Archive) -> None:
    keep_three(archive)
    archive.place.run()
    archive.place.configure(BETTER)
    assert counts(archive.place, "--reprocess") == (0, 1, 2)
    assert words(archive.place) == ["glad", "sint", "trist", "trist"]
    texts = list(archive.place.articles().sort_values("revision")["text"])
    assert ["på turen" in text for text in texts] == [True, True, True, False]
    assert counts(archive.place, "--reprocess") == (0, 0, 3)


@pytest.mark.slow
def test_what_was_fetched_and_not_committed_comes_in(archive: Archive) -> None:
    """A killed run leaves pages in the archive whose articles never came into the lake."""
    keep_three(archive)
    archive.place.run()
    archive.keep(4, "lei")
    archive.keep(3, "rasende")
    assert counts(archive.place) == (0, 2, 3)
    assert words(archive.place)[3:] == ["rasende", "lei"]


@pytest.mark.slow
def test_a_version_older_than_the_lake_knows_stays_out(archive: Archive) -> None:
    archive.keep(5, "glad")
    archive.place.run()
    archive.keep(2, "sint")
    for options in ((), ("--reprocess",)):
        assert counts(archive.place, *options) == (0, 0, 2)


def test_a_change_and_its_way_back_in_one_replay(archive: Archive) -> None:
    archive.keep(0, "glad")
    archive.place.run()
    archive.keep(1, "sint")
    archive.keep(2, "glad")
    # Byte for byte what the lake holds is not read again without --reprocess.
    assert counts(archive.place, "--reprocess") == (0, 2, 1)
    assert words(archive.place) == ["glad", "sint", "glad"]
    assert counts(archive.place, "--reprocess") == (0, 0, 3)


@pytest.mark.slow
def test_a_way_back_with_other_bytes(archive: Archive) -> None:
    archive.keep(0, "glad")
    archive.place.run()
    archive.keep(1, "sint")
    archive.keep(2, "glad", noise=1)
    assert counts(archive.place) == (0, 2, 1)
    assert words(archive.place) == ["glad", "sint", "glad"]


@pytest.mark.slow
def test_pages_that_differ_and_say_the_same(archive: Archive) -> None:
    for hours in range(4):
        archive.keep(hours, "glad", noise=hours)
    assert counts(archive.place) == (1, 0, 3)
    assert counts(archive.place) == (0, 0, 4)
    archive.place.configure(BETTER)
    assert counts(archive.place, "--reprocess") == (0, 1, 3)
    assert counts(archive.place, "--reprocess") == (0, 0, 4)


@pytest.mark.slow
def test_two_addresses_of_one_article_do_not_take_turns(archive: Archive) -> None:
    archive.keep(0, "glad")
    archive.keep(1, "sint", url="https://avis.example/amp/sak")
    assert counts(archive.place) == (1, 1, 0)
    for options in ((), ("--reprocess",), ("--reprocess",)):
        assert counts(archive.place, *options) == (0, 0, 2)
    archive.place.configure(BETTER)
    assert counts(archive.place, "--reprocess") == (0, 1, 1)
    assert words(archive.place) == ["glad", "sint", "sint"]


@pytest.mark.slow
def test_foreign_archives_too(workplace: Workplace) -> None:
    """A crawl that met a page twice."""
    record = (
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\n"
        "WARC-Date: 2026-03-0{day}T12:00:00Z\r\nContent-Length: {length}\r\n\r\n"
    )
    data = b""
    for day, word in ((2, "sint"), (1, "glad")):
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page(word)
        head = record.format(url=URL, day=day, length=len(block))
        data += head.encode() + block + b"\r\n\r\n"
    workplace.write("crawl.warc", data)
    assert counts(workplace) == (1, 1, 0)
    assert words(workplace) == ["glad", "sint"]
    for options in ((), ("--reprocess",)):
        assert counts(workplace, *options) == (0, 0, 2)


@pytest.mark.slow
def test_archives_are_read_by_several_workers(archive: Archive) -> None:
    keep_three(archive)
    assert counts(archive.place, "--workers", "2") == (1, 2, 0)
    assert counts(archive.place, "--workers", "2") == (0, 0, 3)


def test_nothing_else_lies_among_the_archives(archive: Archive) -> None:
    keep_three(archive)
    archive.place.run()
    files = [p for p in (archive.place.output / "pages").rglob("*") if p.is_file()]
    assert len(files) == 3
    assert {Path(p).name.rpartition(".warc")[2] for p in files} == {".gz"}


versions = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from("xyz")), max_size=6, unique_by=lambda v: v[0]
)


@given(
    versions,
    st.tuples(st.integers(0, 9), st.sampled_from("xyz")),
    st.none() | st.tuples(st.integers(0, 9), st.sampled_from("xyz")),
)
def test_the_newest_revision_is_the_newest_version(
    staged: list[tuple[int, str]], base: tuple[int, str], since: tuple[int, str] | None
) -> None:
    """Whatever the run brings, and whatever another run has committed meanwhile.

    ``staged`` are versions (hour of fetching, content) that the numbering has let pass, ``base``
    is the newest revision when the run began, ``since`` the one that came meanwhile.
    """
    rows = [
        RowFacts("a", 2, content, str(hour), 0, 0, base[1], START + timedelta(hours=hour))
        for hour, content in staged
        if hour > base[0] or (hour == base[0] and content != base[1])
    ]
    files = [StagedFile("f", "articles", (), 0, len(rows), tuple(rows))]
    meanwhile = {"a": (2, since[1], START + timedelta(hours=since[0]))} if since else {}
    settled = settle_revisions(files, meanwhile)["f"]
    kept = sorted((r, row.content_hash) for r, row in zip(settled, rows, strict=True) if r)
    newest = kept[-1][1] if kept else (since or base)[1]
    hour, content = since or base
    late = {row.fetched_at: row.content_hash for row in rows}
    late = {at: said for at, said in late.items() if at >= START + timedelta(hours=hour)}
    assert newest == (late[max(late)] if late else content)
