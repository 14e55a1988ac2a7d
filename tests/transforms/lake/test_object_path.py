"""Places on object stores: their names, and what is said of their faults."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.errors import PlaceRefused
from newsbeam.transforms.lake import object_path
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath, read_place
from newsbeam.transforms.lake.store_faults import name_fault

Command = Callable[[list[str]], tuple[int, str, str]]
PARTS = st.text("abcXYZ019._=-~", min_size=1, max_size=12)


@given(st.sampled_from(["s3", "az", "gs"]), st.from_regex(r"[a-z0-9]{3,20}", fullmatch=True),
       st.lists(PARTS, max_size=4))  # fmt: skip
def test_addresses_come_back_as_they_were(scheme: str, bucket: str, parts: list[str]) -> None:
    address = "/".join([f"{scheme}://{bucket}", *parts])
    place = read_place(address)
    assert isinstance(place, ObjectPath)
    assert str(place) == address
    assert read_place(f"{address}/") == place
    below = place / "articles" / "part.parquet"
    assert (below.name, below.parent) == ("part.parquet", place / "articles")
    assert pickle.loads(pickle.dumps(below)) == below  # noqa: S301 - our own


@given(st.text(max_size=20).filter(lambda text: "://" not in text))
def test_all_else_is_a_folder(text: str) -> None:
    assert read_place(text) == Path(text)


@pytest.mark.parametrize(
    "address", ["s3://", "s3:///lake", "s3://b/a b", "s3://b/a?x=1", "s3://b//a", "http://b/lake",
                "s3://user:secret@host/lake", "hdfs://b/lake", "s3://b/%41"]
)  # fmt: skip
def test_addresses_where_no_lake_can_be(address: str) -> None:
    with pytest.raises(PlaceRefused) as refused:
        read_place(address)
    assert "secret@" not in str(refused.value)


SAID = {
    "<Code>NoSuchBucket</Code>": "there is no bucket s3://b; make it, or correct its name",
    "403 Forbidden: <Error><Code>AccessDenied</Code>": "may not be written (AccessDenied)",
    "403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code>": "does not accept the credentials",
    "Error performing PUT: error sending request": "does not answer",
    "something else\nDebug source: connection reset": "cannot be written: something else",
}


@pytest.mark.parametrize("told", SAID)
def test_faults_are_one_sentence(told: str) -> None:
    fault = str(name_fault(ObjectPath("s3://b", "lake"), OSError(told), "written"))
    assert SAID[told] in fault
    assert "\n" not in fault


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> ObjectPath:
    """A bucket that is in memory."""
    store = pytest.importorskip("obstore.store").MemoryStore()
    monkeypatch.setattr(object_path, "_open_store", lambda _: store)
    return ObjectPath("s3://b")


PATTERNS = ["*", "*.gz", "a/*", "a/**/*.gz", "a/*/*.gz", "**/*", "a/b.gz", "s=*/*/p-*.gz"]


def test_patterns_find_what_they_find_on_a_disk(bucket: ObjectPath, tmp_path: Path) -> None:
    for name in ("a/b.gz", "a/x/b.gz", "a/x/y/c.gz", "b.gz", "s=1/m=1/p-1.gz", "s=1/m.1/q.gz"):
        (bucket / name).write_bytes(b"")
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for pattern in PATTERNS:
        on_disk = {p.relative_to(tmp_path).as_posix() for p in tmp_path.glob(pattern)
                   if p.is_file()}  # fmt: skip
        assert {path.key for path in bucket.glob(pattern)} == on_disk, pattern


def test_parts_of_objects(bucket: ObjectPath) -> None:
    luck, path = random.Random(0), bucket / "data"
    data = luck.randbytes(10_000)
    path.write_bytes(data)
    with path.open(buffering=512) as file:
        for _ in range(100):
            start, size = luck.randrange(11_000), luck.randrange(2_000)
            file.seek(start)
            assert file.read(size) == data[start : start + size]
        assert file.seek(-10, 2) == len(data) - 10
        assert file.read() == data[-10:]
    with pytest.raises(FileNotFoundError):
        (bucket / "missing").open()


def test_what_needs_a_folder_refuses_an_object_store() -> None:
    lake = Lake(ObjectPath("s3://b", "lake"))
    with pytest.raises(PlaceRefused, match="s3://b/lake is on an object store"):
        _ = lake.root
    assert pickle.loads(pickle.dumps(lake)) == lake  # noqa: S301 - our own


def test_what_cannot_be_done_there_is_refused_with_a_way_out(newsbeam: Command) -> None:
    code, _, err = newsbeam(["maintain", "s3://bucket/lake", "--partition", "year"])
    assert code == 2
    assert "copy it into a folder, convert it there" in " ".join(err.split())
