"""Places on object stores: their names, and what is said of their faults."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.errors import PlaceRefused
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import ObjectPath, name_fault, read_place

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


def test_what_needs_a_folder_refuses_an_object_store() -> None:
    lake = Lake(ObjectPath("s3://b", "lake"))
    with pytest.raises(PlaceRefused, match="s3://b/lake is on an object store"):
        _ = lake.root
    assert pickle.loads(pickle.dumps(lake)) == lake  # noqa: S301 - our own


@pytest.mark.parametrize("command", [["maintain"], ["check"], ["repair"],
                                     ["source", "rename", "a", "b", "--lake"]])  # fmt: skip
def test_commands_that_do_not_know_object_stores_say_so(
    newsbeam: Command, command: list[str]
) -> None:
    code, _, err = newsbeam([*command, "s3://b/lake"])
    assert code == 2
    assert "needs a lake in a local folder" in " ".join(err.split())
