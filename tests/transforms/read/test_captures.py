"""Descriptions of archived documents: what is written is read, also as it was written before."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from newsbeam.transforms.packing import pack_request
from newsbeam.transforms.read.captures import Description, describe_document, restore_document
from newsbeam.transforms.records import Document, Entry, Metadata, PageRequest, Provenance

AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
REQUEST = PageRequest(
    "avisa", "topp", Entry("guid-1", "https://avisa.no/a", "0" * 16), known_as="f"
)
DOCUMENT = Document(
    Provenance(
        "avisa",
        "https://avisa.no/a",
        "archive",
        "a" * 64,
        "https://avisa.no/a",
        AT,
        "f",
        pack_request(REQUEST),
    ),
    "text/plain",
    "Tekst",
    "utf-8",
    Metadata(title="T", published_at=AT),
    Metadata(tags=("x",)),
)
# As version 1 wrote it.
GOLDEN = (
    '{"key":"https://avisa.no/a","url":"https://avisa.no/a","digest":"'
    + "a" * 64
    + '","known_as":"f","media_type":"text/plain","charset":"utf-8","is_text":true,'
    '"given":{"title":"T","published_at":"2026-03-01T08:30:00+00:00"},"hints":{"tags":["x"]},'
    '"request":{"source":"avisa","feed":"topp","tries":0,"known_as":"f","entry":{"id":"guid-1",'
    '"url":"https://avisa.no/a","digest":"0000000000000000"}}}'
)


def restore(text: str, body: bytes = b"Tekst", source: str = "avisa") -> Document:
    return restore_document(
        Description("id", text.encode()),
        body,
        source=source,
        origin="archive",
        fetched_at=AT,
        is_page=True,
    )


def test_a_description_gives_the_document_again() -> None:
    assert restore(describe_document(DOCUMENT, REQUEST)) == DOCUMENT
    assert restore(GOLDEN) == DOCUMENT


def test_what_is_not_known_takes_no_room() -> None:
    bare = Document(Provenance("avisa", "k", "archive", "0" * 64), "text/html", b"")
    described = json.loads(describe_document(bare, REQUEST))
    assert set(described) == {"key", "digest", "media_type", "request"}


def test_what_belongs_to_another_lake_is_left_out() -> None:
    found = restore(GOLDEN, source="other").provenance
    assert (found.known_as, found.request) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("text/plain", "image/png", "`media_type`: .*text/html"),
        ('"is_text":true', '"is_text":1', "`is_text`"),
        ('"key"', '"lock"', "`key`: Field required"),
        ('"request"', '"quest"', "`request`: Field required"),
        ('"tries":0', '"tries":-1', "`request`: .*number from 0"),
        ('"given":{', '"given":{"authors":"x",', "`given.authors`"),
    ],
)
def test_a_description_that_is_not_ours_is_refused(old: str, new: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        restore(GOLDEN.replace(old, new))
