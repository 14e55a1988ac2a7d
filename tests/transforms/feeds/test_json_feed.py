"""JSON Feed: both versions, and JSON of every kind. The golden pair is in test_feeds."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.transforms.feeds.parse import FeedFault, parse_feed
from newsbeam.transforms.records import Entry, ParsedFeed
from newsbeam.transforms.text.characters import normalize_line

OSLO = ZoneInfo("Europe/Oslo")
VERSION = "https://jsonfeed.org/version/1.1"


def parse(body: str | bytes) -> ParsedFeed | FeedFault:
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return parse_feed(data, url="https://feed.example/feed.json", charset=None, timezone=OSLO)


def read(**feed: Any) -> ParsedFeed:
    found = parse(json.dumps({"version": VERSION, "title": "Avis"} | feed))
    assert isinstance(found, ParsedFeed), found
    return found


def entry(**item: Any) -> Entry:
    (found,) = read(items=[{"id": "1", "url": "/a"} | item]).entries
    return found


def test_author_of_version_1_0() -> None:
    assert entry(author={"name": "Kari Nes"}).metadata.authors == ("Kari Nes",)


@pytest.mark.parametrize(
    "authors",
    [None, "", 5, {}, [], [None], [5], [[]], [{"name": None}], [{"name": {"a": 1}}], "x" * 1000],
)
def test_author_that_is_none(authors: object) -> None:
    assert entry(authors=authors).metadata.authors == ()


def test_html_where_plain_text_belongs_is_read_as_html() -> None:
    found = entry(title="Tom &amp; <i>Kari</i>", summary="<p>Hei <b>du</b> &amp; meg</p>").metadata
    assert (found.title, found.lead) == ("Tom & Kari", "Hei du & meg")
    plain = entry(title="Om <canvas> i nettlesere", summary="5 < 6, sa hun.").metadata
    assert (plain.title, plain.lead) == ("Om <canvas> i nettlesere", "5 < 6, sa hun.")


def test_tags_in_one_string_are_several() -> None:
    assert entry(tags="sport, fotball").metadata.tags == ("sport", "fotball")


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ({"url": "/b"}, "https://feed.example/b"),
        ({"url": "javascript:x", "external_url": "https://b.example/"}, "https://b.example/"),
        ({"url": None, "id": "https://c.example/1"}, "https://c.example/1"),
        ({"url": 5, "content_text": "Tekst"}, None),
    ],
)
def test_address(item: dict[str, Any], url: str | None) -> None:
    assert entry(**item).url == url


@pytest.mark.parametrize(("identity", "expected"), [(17, "17"), (1.5, "1.5"), (" a ", "a")])
def test_id_may_be_a_number(identity: object, expected: str) -> None:
    assert entry(id=identity).id == expected


@pytest.mark.parametrize("identity", [None, True, [], {}, "", " "])
def test_id_that_is_none_is_the_address(identity: object) -> None:
    assert entry(id=identity).id == "https://feed.example/a"


def test_plain_text_is_escaped_and_summary_is_plain() -> None:
    found = entry(content_text="3 < 5 & 6\n\n<b>", summary="1 < 2 <b>")
    assert found.content == "<p>3 &lt; 5 &amp; 6</p><p>&lt;b&gt;</p>"
    assert found.metadata.lead == "1 < 2 <b>"


@pytest.mark.parametrize(
    "extra",
    [{"isAccessibleForFree": False}, {"_site": {"is_premium": True}}, {"_x": {"paywall": "true"}}],
)
def test_paywall_in_the_item_or_an_extension(extra: dict[str, Any]) -> None:
    assert entry(**extra).metadata.paywalled is True


def test_paywall_that_is_not_told() -> None:
    assert entry(_x={"paywall": "maybe", "premium": None}).metadata.paywalled is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("{}", "not_a_feed"),
        ('{"items": {}}', "not_a_feed"),
        ("[]", "not_a_feed"),
        ('{"items": ', "broken_json"),
        ('{"items": [', "broken_json"),
        ("[" * 100_000, "broken_json"),
        ('{"items": ' + "[" * 100_000, "broken_json"),
    ],
)
def test_json_that_is_no_feed(body: str, reason: str) -> None:
    fault = parse(body)
    assert isinstance(fault, FeedFault)
    assert fault.reason == reason


def test_document_that_breaks_off_keeps_its_complete_items() -> None:
    whole = json.dumps({"items": [{"id": str(n), "url": f"/{n}"} for n in range(5)]})
    feed = parse(whole[: whole.index('"/3"') + 2])
    assert isinstance(feed, ParsedFeed)
    assert [e.id for e in feed.entries] == ["0", "1", "2"]
    assert [reason for reason, _ in feed.faults] == ["truncated"]


def test_byte_order_mark_and_utf_16_and_lone_surrogates() -> None:
    text = '{"items": [{"id": "1", "url": "/a", "title": "Bl\\ud800åbær\\u0000"}]}'
    for body in (text.encode("utf-8-sig"), text.encode("utf-16")):
        feed = parse(body)
        assert isinstance(feed, ParsedFeed)
        assert (feed.entries[0].metadata.title or "").startswith("Bl")
        json.dumps(feed.entries[0].metadata.title, ensure_ascii=False).encode()


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["id", "url", "external_url", "title", "content_html", "content_text", "summary", "image",
     "date_published", "date_modified", "author", "authors", "tags", "language", "_x", "paywall"]
)  # fmt: skip


@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=6) | VALUES, max_size=5), VALUES)
def test_any_json_is_read(items: list[Any], title: Any) -> None:
    found = parse(json.dumps({"items": items, "title": title, "language": title}))
    assert isinstance(found, ParsedFeed)
    ids = [e.id for e in found.entries]
    assert len(ids) == len(set(ids))


@given(st.text(st.characters(codec="utf-8"), max_size=50))
def test_title_of_any_characters_is_read_back(title: str) -> None:
    escaped = title.replace("&", "&amp;")
    assert (entry(title=escaped).metadata.title or "") == normalize_line(title)


@pytest.mark.parametrize("rest", ["<script>x</script>", '{"items": []}', "]"])
def test_what_stands_behind_the_feed_is_left_out_and_that_is_said(rest: str) -> None:
    body = json.dumps({"version": VERSION, "items": [{"id": "1", "url": "/a", "title": "Sak"}]})
    found = parse(f"{body}\n{rest}")
    assert isinstance(found, ParsedFeed)
    assert [entry.metadata.title for entry in found.entries] == ["Sak"]
    assert [reason for reason, _ in found.faults] == ["text_around_feed"]
