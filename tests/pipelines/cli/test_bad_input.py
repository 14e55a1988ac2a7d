"""Bad input: the job goes on, and the rejects table says what was wrong and what to do."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from apache_beam.io.filesystems import FileSystems

from tests.support.workplace import Workplace

GOOD = "Tittel\n\nOrdføreren i Bodø er fornøyd, og det er det ikke alle som er.\n"
LINE = '{"id": "%s", "text": "Ordføreren i Bodø er fornøyd med vedtaget."}'
RECORD = (
    b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%b>\r\n"
    b"WARC-Date: 2026-11-22T10:00:00Z\r\nWARC-Target-URI: http://avis.example/%b\r\n"
    b"Content-Type: application/http;msgtype=response\r\nContent-Length: %d\r\n\r\n%b\r\n\r\n"
)
PAGE = (
    "<html lang=nb><title>Sak</title><body><article><h1>Sak</h1>"
    + "<p>Ordføreren i Bodø er fornøyd med vedtaget, sier hun til avisen etter møtet.</p>" * 3
    + "</article></body></html>"
)


def warc_record(name: str, page: str = PAGE) -> bytes:
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + page.encode()
    return RECORD % (name.encode(), name.encode(), len(http), http)


def run_with_good_file(place: Workplace, code: int = 0) -> dict[str, object]:
    """Run with a good article beside the bad input: it must arrive whatever else happens."""
    place.write("good.txt", GOOD)
    count = place.run(code=code)
    assert "good.txt" in {origin.rpartition("/")[2] for origin in place.articles()["origin"]}
    return count


def detail(place: Workplace) -> str:
    (text,) = pd.read_parquet(place.output / "rejects")["detail"]
    return str(text)


def test_glob_without_a_file(workplace: Workplace) -> None:
    workplace.configure("id: avis\nfiles: ['in/*', 'nope/*.txt']\n")
    count = run_with_good_file(workplace)
    assert (count["rejected"], count["read"]) == ({"no_files": 1}, 1)
    assert "nope/*.txt" in detail(workplace)
    assert "correct `files`" in detail(workplace)


def test_only_a_glob_without_a_file(workplace: Workplace) -> None:
    workplace.configure("id: avis\nfiles: ['nope/*.txt']\n")
    count = workplace.run(code=1)
    assert (count["rejected"], count["read"]) == ({"no_files": 1}, 0), "nothing was there to read"


@pytest.mark.slow
@pytest.mark.parametrize("url", ["gs://bucket/*.txt", "nowhere://x/*.txt"])
def test_file_system_that_is_not_there(workplace: Workplace, url: str) -> None:
    workplace.configure(f"id: avis\nfiles: ['in/*', '{url}']\n")
    assert run_with_good_file(workplace)["rejected"] == {"unreadable": 1}
    assert "filesystem" in detail(workplace)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_file_without_permission(workplace: Workplace) -> None:
    workplace.write("locked.txt", GOOD).chmod(0)
    assert run_with_good_file(workplace)["rejected"] == {"unreadable": 1}
    assert "ermission" in detail(workplace)


def test_file_that_the_system_refuses_to_read(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a disk fault or a missing permission looks like, for root too."""
    original = FileSystems.open

    def refuse(path: str, *arguments: object, **options: object) -> object:
        if path.endswith("locked.txt"):
            raise PermissionError(13, "Permission denied", path)
        return original(path, *arguments, **options)

    monkeypatch.setattr(FileSystems, "open", refuse)
    workplace.write("locked.txt", GOOD)
    assert run_with_good_file(workplace)["rejected"] == {"unreadable": 1}
    assert workplace.rejects() == [("locked.txt", "unreadable")]
    assert "Permission denied" in detail(workplace)


def test_link_to_nowhere_is_no_file(workplace: Workplace) -> None:
    path = workplace.folder / "in" / "link.txt"
    path.parent.mkdir()
    path.symlink_to(path)
    workplace.configure("id: avis\nfiles: ['in/good.txt', 'in/link.txt']\n")
    assert run_with_good_file(workplace)["rejected"] == {"no_files": 1}


def test_file_that_vanishes_between_finding_and_reading(workplace: Workplace) -> None:
    from newsbeam.transforms.read.files import FoundFile, read_file
    from newsbeam.transforms.settings.source import Source

    path = str(workplace.folder / "gone.txt")
    source = Source(id="avis", files=("x",))
    (rejection,) = read_file(FoundFile("avis", path, "gone.txt"), source)
    assert rejection.reason == "unreadable"
    assert "gone.txt" in rejection.origin


BAD_FILES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "empty.txt": (lambda: b"", "empty", "nothing"),
    "blank.txt": (lambda: b" \n\n ", "empty", "nothing"),
    "picture.txt": (lambda: bytes(range(256)) * 40, "unknown_encoding", "UTF-8"),
    "word.docx": (lambda: b"x", "unknown_format", ".jsonl"),
    "line_of_50_MB.jsonl": (lambda: b"x" * 50_000_000, "too_large", "extract.max_bytes"),
    "text_of_50_MB.txt": (lambda: b"x" * 50_000_000, "too_large", "extract.max_bytes"),
    "no_gzip.txt.gz": (lambda: b"ikke gzip", "broken_gzip", "gzip"),
    "cut.txt.gz": (lambda: gzip.compress(os.urandom(5000))[:-900], "broken_gzip", ""),
    "no_text.html": (lambda: b"<html><body><img src='a.jpg'></body></html>", "no_text", ""),
}


def test_each_bad_file_is_one_reject(workplace: Workplace) -> None:
    for name, (content, _, _) in BAD_FILES.items():
        workplace.write(name, content())
    count = run_with_good_file(workplace)
    assert (count["read"], count["new"]) == (len(BAD_FILES) + 1, 1)
    rejects = pd.read_parquet(workplace.output / "rejects")
    # Of a file of lines the origin tells the line, too.
    names = [origin.rpartition("/")[2].partition("#")[0] for origin in rejects["origin"]]
    found = dict(zip(names, zip(rejects["reason"], rejects["detail"], strict=True), strict=True))
    assert len(rejects) == len(found)
    assert {name: reason for name, (reason, _) in found.items()} == {
        name: reason for name, (_, reason, _) in BAD_FILES.items()
    }
    assert [name for name, (_, _, hint) in BAD_FILES.items() if hint not in found[name][1]] == []


def test_article_of_nothing_but_boilerplate(workplace: Workplace) -> None:
    workplace.write("reklame.txt", "Annonse\nLes også: Ny sak\nAnnonse\n")
    assert run_with_good_file(workplace)["rejected"] == {"only_boilerplate": 1}
    assert "clean.disable" in detail(workplace)
    assert "ad_label" in detail(workplace)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_other_encodings_are_read_right(workplace: Workplace, encoding: str) -> None:
    workplace.write("sak.txt", GOOD.encode(encoding))
    assert workplace.run()["new"] == 1
    (row,) = workplace.articles().to_dict("records")
    assert row["text"] == GOOD.split("\n\n")[1].strip()


def test_broken_lines_are_rejected_one_by_one(workplace: Workplace) -> None:
    lines = [
        LINE % "1",
        "{not json",
        "",
        '{"text": 5}',
        '{"id": "x"}',
        "[1]",
        LINE % "2",
        '{"text": "x", "published_at": "i fjor"}',
    ]
    workplace.write("a.jsonl", "\n".join(lines))
    count = run_with_good_file(workplace)
    assert count["new"] == 3
    assert workplace.rejects() == [
        ("a.jsonl#L2", "invalid_json"),
        ("a.jsonl#L4", "invalid_fields"),
        ("a.jsonl#L5", "invalid_fields"),
        ("a.jsonl#L6", "invalid_json"),
        ("a.jsonl#L8", "invalid_fields"),
    ]


@pytest.mark.slow
def test_lines_before_the_damage_in_a_gzip_arrive(workplace: Workplace) -> None:
    lines = "\n".join(LINE % number for number in range(2000)) + "\n"
    data = gzip.compress(lines.encode() + os.urandom(20_000).hex().encode())
    workplace.write("a.jsonl.gz", data[: len(data) // 2])
    count = run_with_good_file(workplace)
    assert count["new"] == 2001
    assert count["rejected"] == {"broken_gzip": 1}


@pytest.mark.parametrize("compressed", [False, True])
def test_truncated_warc(workplace: Workplace, compressed: bool) -> None:
    records = [warc_record(name) for name in ("a", "b", "c")]
    data = b"".join(map(gzip.compress, records)) if compressed else b"".join(records)
    workplace.write("a.warc.gz" if compressed else "a.warc", data[:-200])
    count = run_with_good_file(workplace)
    assert count["new"] == 3
    assert sum(count["rejected"].values()) == 1
    urls = {url for url in workplace.articles()["url"] if isinstance(url, str)}
    assert urls == {"http://avis.example/a", "http://avis.example/b"}


def test_rejects_do_not_keep_good_items_from_being_known(workplace: Workplace) -> None:
    workplace.write("a.jsonl", LINE % "1" + "\n{\n")
    assert workplace.run()["new"] == 1
    count = workplace.run()
    assert (count["known"], count["rejected"]) == (1, {"invalid_json": 1})
    table = pd.read_parquet(workplace.output / "rejects")
    assert len(table) == 2, "a reject is told by every run that meets it"
    assert table["run_id"].is_unique


def test_item_limit_is_a_setting(workplace: Workplace, tmp_path: Path) -> None:
    workplace.configure("id: avis\nfiles: ['in/*']\nextract: {max_bytes: 50}\n")
    workplace.write("a.txt", GOOD)
    assert workplace.run(code=1)["rejected"] == {"too_large": 1}
