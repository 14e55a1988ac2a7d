from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.packing import pack, pack_request, unpack, unpack_fields, unpack_request
from newsbeam.transforms.packing import pack_fields as pack_metadata
from newsbeam.transforms.records import Entry, Metadata, PageRequest

unpack_metadata = partial(unpack_fields, Metadata)
ENTRY = Entry("guid-1", "https://avisa.no/a", "0123456789abcdef")
REQUEST = PageRequest("avisa", "topp", ENTRY)

zones = st.integers(-23 * 60, 23 * 60).map(lambda n: timezone(timedelta(minutes=n)))
instants = st.datetimes(timezones=zones).filter(lambda at: 1 < at.year < 9999)
# Lone surrogates included: a feed can hold anything. Two that make a pair are that character.
texts = st.text(st.characters(categories=None), max_size=30).map(
    lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
)
lists = st.lists(texts, max_size=3).map(tuple)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


metadata = st.builds(
    Metadata,
    url=maybe(texts),
    title=maybe(texts),
    lead=maybe(texts),
    authors=lists,
    published_at=maybe(instants),
    published_at_from=maybe(texts),
    published_at_text=maybe(texts),
    modified_at=maybe(instants),
    language=maybe(texts),
    section=maybe(texts),
    tags=lists,
    image_url=maybe(texts),
    paywalled=st.none() | st.booleans(),
)
requests = st.builds(
    PageRequest,
    texts,
    texts,
    st.builds(Entry, texts, maybe(texts), texts, metadata, maybe(texts)),
    st.integers(0, 99),
    maybe(texts),
)


@given(requests)
def test_round_trip(request_: PageRequest) -> None:
    text = pack_request(request_)
    assert unpack_request(text) == request_
    assert text.isascii()
    assert pack_request(unpack_request(text)) == text
    bare = unpack_request(pack_request(request_, with_content=False))
    assert bare == replace(request_, entry=replace(request_.entry, content=None))


@given(metadata)
def test_metadata_round_trip(value: Metadata) -> None:
    packed = json.loads(json.dumps(pack_metadata(value)))
    assert unpack_metadata(packed) == value


def test_what_is_not_known_takes_no_room() -> None:
    assert json.loads(pack_request(REQUEST)) == {
        "source": "avisa",
        "feed": "topp",
        "tries": 0,
        "entry": {"id": "guid-1", "url": "https://avisa.no/a", "digest": "0123456789abcdef"},
    }


def test_instants_keep_their_offset() -> None:
    at = datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1)))
    request = replace(REQUEST, entry=replace(ENTRY, metadata=Metadata(published_at=at)))
    assert "2026-03-01T09:30:00+01:00" in pack_request(request)
    found = unpack_request(pack_request(request)).entry.metadata.published_at
    assert found is not None
    assert (found, found.utcoffset()) == (at, timedelta(hours=1))


def test_fields_of_a_newer_version_are_ignored() -> None:
    packed = json.loads(pack_request(REQUEST))
    packed["new"] = packed["entry"]["new"] = 1
    assert unpack_request(json.dumps(packed)) == REQUEST


@pytest.mark.parametrize(
    "change",
    [
        {"source": None},
        {"feed": 7},
        {"tries": -1},
        {"tries": True},
        {"tries": "1"},
        {"known_as": []},
        {"entry": None},
        {"entry": "x"},
        {"entry": {"id": "x"}},
        {"entry": {"id": "x", "digest": "y", "url": 1}},
        {"entry": {"id": "x", "digest": "y", "metadata": []}},
        {"entry": {"id": "x", "digest": "y", "metadata": {"tags": "a"}}},
        {"entry": {"id": "x", "digest": "y", "metadata": {"tags": [1]}}},
        {"entry": {"id": "x", "digest": "y", "metadata": {"title": 1}}},
        {"entry": {"id": "x", "digest": "y", "metadata": {"paywalled": "no"}}},
        {"entry": {"id": "x", "digest": "y", "metadata": {"published_at": "i går"}}},
        {"entry": {"id": "x", "digest": "y", "metadata": {"published_at": "2026-03-01T09:30"}}},
    ],
)
def test_nonsense_in_a_field(change: dict[str, object]) -> None:
    packed = {**json.loads(pack_request(REQUEST)), **change}
    with pytest.raises(ValueError):
        unpack_request(json.dumps(packed))


@pytest.mark.parametrize("text", ["", "{", "null", "[]", "7", "[" * 100_000, '"x"'])
def test_nonsense(text: str) -> None:
    with pytest.raises(ValueError):
        unpack_request(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        unpack_request(text)


def test_utc_stays_utc() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    assert unpack_metadata(pack_metadata(Metadata(modified_at=at))).modified_at == at


GOLDEN = (
    '{"source":"avisa","feed":"topp","tries":2,"known_as":"f0","entry":{"id":"guid-1",'
    '"url":"https://avisa.no/a","digest":"0123456789abcdef","metadata":{"url":"https://avisa.no/a",'
    '"title":"G\\u00e5r\\ud83d det?","lead":"Ingress","authors":["Kari Dahl","Ola Moen"],'
    '"published_at":"2026-03-01T09:30:00+01:00","published_at_from":"feed",'
    '"published_at_text":"Sun, 01 Mar 2026 09:30:00 +0100",'
    '"modified_at":"2026-03-01T09:00:00.000001+00:00","language":"nb","section":"kultur",'
    '"tags":["a","b"],"image_url":"https://avisa.no/b.jpg","paywalled":false},'
    '"content":"<p>Tekst</p>"}}'
)
GOLDEN_REQUEST = PageRequest(
    "avisa",
    "topp",
    Entry(
        "guid-1",
        "https://avisa.no/a",
        "0123456789abcdef",
        Metadata(
            "https://avisa.no/a",
            "Går\ud83d det?",
            "Ingress",
            ("Kari Dahl", "Ola Moen"),
            datetime(2026, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))),
            "feed",
            "Sun, 01 Mar 2026 09:30:00 +0100",
            datetime(2026, 3, 1, 9, 0, 0, 1, tzinfo=UTC),
            "nb",
            "kultur",
            ("a", "b"),
            "https://avisa.no/b.jpg",
            False,
        ),
        "<p>Tekst</p>",
    ),
    2,
    "f0",
)


def test_what_tables_and_archives_of_version_1_hold_is_read() -> None:
    assert unpack_request(GOLDEN) == GOLDEN_REQUEST
    least = '{"source":"avisa","feed":"topp","entry":{"id":"guid-2","digest":"0000000000000000"}}'
    assert unpack_request(least) == PageRequest(
        "avisa", "topp", Entry("guid-2", None, "0000000000000000")
    )


def test_the_fields_that_older_versions_read_are_written() -> None:
    assert json.loads(pack_request(GOLDEN_REQUEST)) == json.loads(GOLDEN)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "`source`: Field required"),
        ('{"source":"a","feed":"b","entry":{"id":1,"digest":"c"}}', "`entry.id`: .* valid string"),
        (GOLDEN.replace("+01:00", ""), "`entry.metadata.published_at`: .*has no offset"),
        (GOLDEN.replace('"2026-03-01T09:30:00+01:00"', "5"), "published_at`: .*must be text"),
        (GOLDEN.replace('"tries":2', '"tries":-2'), "must be a number from 0"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "not a JSON object"),
    ],
)
def test_a_refusal_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as refused:
        unpack_request(text)
    assert "\n" not in str(refused.value)


@dataclass(frozen=True, slots=True)
class Everything:
    by_pair: dict[tuple[str, str], Entry]
    waits: timedelta
    seen: set[str] = field(default_factory=set)
    hours: frozenset[int] = frozenset()
    rate: float = 0.0
    until: tuple[str, datetime] | None = None


@given(
    st.builds(
        Everything,
        st.dictionaries(st.tuples(texts, texts), requests.map(lambda r: r.entry), max_size=3),
        st.timedeltas(timedelta(days=-9), timedelta(days=9)),
        st.sets(texts, max_size=3),
        st.frozensets(st.integers(0, 23)),
        st.floats(allow_nan=False, allow_infinity=False),
        maybe(st.tuples(texts, instants)),
    )
)
def test_any_record_of_ours_can_be_packed(record: Everything) -> None:
    assert unpack(Everything, pack(record)) == record
    assert pack(record).isascii()
