"""Finding files and reading them, whole or in shards."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from newsbeam.transforms.read.files import FileSet, FoundFile, match_files, read_file, read_files
from newsbeam.transforms.records import Count, Document, Rejection
from newsbeam.transforms.settings.source import Source

SOURCE = Source(id="avis", files=("x",))


def write_lines(path: Path, count: int) -> None:
    lines = [json.dumps({"id": str(n), "text": "ord " * 100}) for n in range(count)]
    lines[count // 2] = "{broken"
    data = "\n".join(lines).encode()
    path.write_bytes(gzip.compress(data, 0) if path.suffix == ".gz" else data)


def found(folder: Path, *globs: str, shards: int = 1) -> list[FoundFile]:
    outcomes = list(match_files(FileSet("avis", globs, str(folder)), shards))
    assert not [outcome for outcome in outcomes if isinstance(outcome, Rejection)]
    return [outcome for outcome in outcomes if isinstance(outcome, FoundFile)]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_shards_of_a_large_file_share_its_items_without_loss_or_repeat(
    tmp_path: Path, name: str
) -> None:
    write_lines(tmp_path / name, 3000)
    (whole,) = found(tmp_path, "*")
    shards = found(tmp_path, "*", shards=3)
    assert [file.shard for file in shards] == [0, 1, 2]
    parts = [list(read_file(file, SOURCE)) for file in shards]
    together = [item for part in parts for item in part]
    assert sorted(map(repr, together)) == sorted(map(repr, read_file(whole, SOURCE)))
    assert len(together) == 3000
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1


def test_small_files_and_single_articles_are_not_shared(tmp_path: Path) -> None:
    write_lines(tmp_path / "small.jsonl", 10)
    (tmp_path / "large.txt").write_text("ord " * 500_000)
    assert [file.shards for file in found(tmp_path, "*", shards=4)] == [1, 1]


def test_vanished_shared_file_is_one_rejection(tmp_path: Path) -> None:
    parts = [FoundFile("avis", str(tmp_path / "gone.jsonl"), "gone.jsonl", n, 3) for n in range(3)]
    assert len([item for part in parts for item in read_file(part, SOURCE)]) == 1


def test_globs_are_relative_to_the_config_and_overlap_without_repeats(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/deep/c.txt", "[d].txt"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    folder = tmp_path / "configs"
    folder.mkdir()
    files = found(folder, "../in/*.txt", "../in/a*", "../in/**/*.txt")
    everything = ["../in/[d].txt", "../in/a.txt", "../in/b.txt", "../in/sub/deep/c.txt"]
    assert [file.key for file in files] == everything
    for glob in ("../in/**/*.txt", "../**/in/**/*.txt", "**/../../in/**/**/*.txt"):
        assert [file.key for file in found(folder, glob)] == everything, "no folder is any depth"
    assert [file.key for file in found(tmp_path / "in", "**/*.txt")][-1] == "sub/deep/c.txt"
    assert len(found(tmp_path / "in", "**/*.txt")) == 4


def test_a_link_to_nothing_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "b.txt").symlink_to("gone.txt")
    (tmp_path / "c.md").symlink_to("gone.md")
    for globs in (["*.txt"], ["**/*.txt", "b*"]):
        file, link = sorted(match_files(FileSet("avis", tuple(globs), str(tmp_path))), key=repr)
        assert isinstance(file, FoundFile)
        assert isinstance(link, Rejection)
        assert (link.reason, link.origin) == ("unreadable", str(tmp_path / "b.txt"))
        assert link.detail == "a link to gone.txt, which is not there"


def test_of_rows_with_one_id_the_last_is_read(tmp_path: Path) -> None:
    lines = [{"id": str(n % 11), "text": f"Tekst {n}."} for n in range(12)]  # 0 twice
    lines += [{"id": "1", "text": "Tekst 1."}, {"text": "Uten."}, {"text": "Uten."}]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    for shards in (1, 3):
        files = [FoundFile("avis", str(path), "a.jsonl", n, shards) for n in range(shards)]
        outcomes = list(read_files(files, {"avis": SOURCE}))
        bodies = [o.body for o in outcomes if isinstance(o, Document)]
        assert sorted(bodies) == sorted(line["text"] for line in lines[1:])
        counts = [o.name for o in outcomes if isinstance(o, Count)]
        assert counts.count("left_out:duplicate_id") == 1
        assert counts.count("read") == len(bodies)


def test_records_of_archives_that_hold_no_page_are_counted(tmp_path: Path) -> None:
    def record(kind: str, block: bytes) -> bytes:
        head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: https://a.example/x\r\n"
        return f"{head}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"

    def answer(status: str, media_type: str) -> bytes:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\n\r\n"
        return record("response", head.encode() + b"<p>Tekst.</p>")

    path = tmp_path / "a.warc"
    path.write_bytes(
        answer("200 OK", "text/html") + record("request", b"GET / HTTP/1.1\r\n\r\n")
        + answer("404 Not Found", "text/html") + answer("301 Moved", "text/html")
        + answer("200 OK", "image/png")
    )  # fmt: skip
    for shards in (1, 2):
        files = [FoundFile("avis", str(path), "a.warc", n, shards) for n in range(shards)]
        outcomes = [outcome for file in files for outcome in read_file(file, SOURCE)]
        assert sorted(repr(o) for o in outcomes if isinstance(o, Count)) == [
            "Count(source='avis', name='left_out:other_status', number=2)",
            "Count(source='avis', name='left_out:other_type', number=1)",
        ]
        assert len([o for o in outcomes if isinstance(o, Document)]) == 1
