"""Feeds: golden pairs, what a document tells of itself, documents that are none or break off."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path

import pytest

from newsbeam.transforms.feeds.parse import FeedFault
from tests.support.feed_texts import DATA, parse, read, reason, rss


def pack(value: object) -> object:
    """A record as JSON, without digests and what is not known."""
    if is_dataclass(value) and not isinstance(value, type):
        packed = {f.name: pack(getattr(value, f.name)) for f in fields(value)}
        counts = {k for k, v in packed.items() if v == 0 and v is not False}
        known = {k: v for k, v in packed.items() if v not in (None, [], {}) and k not in counts}
        return {k: v for k, v in known.items() if k != "digest"}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return [pack(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("path", sorted(DATA.glob("*.expected.json")), ids=lambda p: p.stem)
def test_golden(path: Path) -> None:
    (source,) = DATA.glob(path.name.removesuffix(".expected.json"))
    found = pack(read(source.read_bytes()))
    assert found == json.loads(path.read_text(encoding="utf-8"))


def test_every_fixture_has_an_expectation() -> None:
    names = {path.name for path in DATA.iterdir()}
    plain = {name for name in names if not name.endswith(".expected.json")}
    assert plain
    assert names - plain == {f"{name}.expected.json" for name in plain}


def test_elements_in_xhtml_do_not_end_its_text() -> None:
    content = (
        "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>En<br/>to</p><details>"
        "<summary title='a>b'>Tre</summary><picture><source src='a'/></picture></details></div>"
        "</content><title>Saken</title>"
    )
    head = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link href='/a'/>"
    (found,) = read(f"{head}{content}</entry></feed>").entries
    assert found.metadata.title == "Saken"
    assert found.content is not None
    assert found.content.startswith("<p>En<br>to</p><details><summary")
    assert found.content.endswith("</details>")
    assert "Tre</summary>" in found.content


def test_elements_that_feedparser_stumbles_over_are_not_the_end_of_a_feed() -> None:
    gml = "<gml:pos xmlns:gml='http://www.opengis.net/gml'>1 2</gml:pos>"
    odd = "<X:>a</X:><p:99 xmlns='u'>b</p:99><\u00e9>c</\u00e9><y:a xmlns:y='a b'>d</y:a>"
    for body in (rss(f"{gml}{odd}<link>/a</link>"), rss(f"<link>/a</link>{gml}", head=gml + odd)):
        assert [e.url for e in read(body).entries] == ["https://feed.example/a"]


PERIOD = "<sy:updatePeriod>%s</sy:updatePeriod><sy:updateFrequency>%d</sy:updateFrequency>"


@pytest.mark.parametrize(
    ("head", "seconds"),
    [
        ("<ttl>5</ttl>", 300),
        (PERIOD % ("daily", 4), 21_600),
        ("<ttl>600</ttl><sy:updatePeriod> hourly\n</sy:updatePeriod>", 36_000),
        ("<ttl>-5</ttl>", None),
        ("<ttl>0</ttl>", None),
        ("<ttl>99999999999</ttl>", None),
        ("<ttl>60000</ttl>", None),
        ("<ttl>ofte</ttl><sy:updatePeriod>ofte</sy:updatePeriod>", None),
        (PERIOD % ("hourly", 0), None),
    ],
)
def test_time_to_live(head: str, seconds: int | None) -> None:
    assert read(rss(head=head)).ttl_seconds == seconds


def test_all_hours_and_days_cannot_be_skipped() -> None:
    hours = "".join(f"<hour>{n}</hour>" for n in range(24))
    days = "<day>Monday</day><day>mandag</day>"
    feed = read(rss(head=f"<skipHours>{hours}</skipHours><skipDays>{days}</skipDays>"))
    assert feed.skip_hours == frozenset()
    assert feed.skip_days == frozenset({0})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "empty"),
        (" \n\ufeff", "empty"),
        ("<!doctype html><title>Avis</title>", "not_a_feed"),
        ("<!-- x --> <HTML><body>", "not_a_feed"),
        ("<opml version='2.0'/>", "not_a_feed"),
        ("Error 503", "not_a_feed"),
        ("[1, 2]", "not_a_feed"),
        ('{"a": 1}', "not_a_feed"),
        ("{", "broken_json"),
        ("<>", "broken_xml"),
        (b"\x1f\x8bikke gzip", "broken_gzip"),
    ],
)
def test_body_without_a_feed(body: bytes | str, expected: str) -> None:
    assert reason(body) == expected


def test_web_page_tells_where_its_feeds_are() -> None:
    page = (
        "<!DOCTYPE html><html><head><link rel='alternate' type='application/rss+xml' href='/rss?a=1"
        "&amp;b=2'><LINK HREF=https://x.example/atom TYPE=application/atom+xml REL=alternate>"
        "<link rel=alternate type=application/json href=/wp-json/wp/v2/pages/1>"
        "<link rel=stylesheet type=text/css href=/a.css></head>"
    )
    fault = parse(page)
    assert isinstance(fault, FeedFault)
    assert "https://feed.example/rss?a=1&b=2, https://x.example/atom" in fault.detail
    assert "wp-json" not in fault.detail


def test_document_that_breaks_off_keeps_its_complete_entries() -> None:
    items = [f"<title>Sak {n}</title><link>/{n}</link>" for n in range(5)]
    whole = rss(*items)
    end = whole.index("<title>Sak 3") + 8
    feed = read(whole[:end])
    assert [e.metadata.title for e in feed.entries] == ["Sak 0", "Sak 1", "Sak 2"]
    assert [name for name, _ in feed.faults] == ["truncated"]
    cut_between = whole[: whole.index("</channel>")]
    assert len(read(cut_between).entries) == 5
    assert [name for name, _ in read(cut_between).faults] == ["truncated"]


@pytest.mark.parametrize(
    ("declared", "encoding", "charset"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8", "utf-8", "iso-8859-1"),
        ("iso-8859-1", "utf-8-sig", None),
        ("utf-16", "utf-8", "us-ascii"),
        ("utf-8", "cp1252", None),
        ("utf-8", "cp1252", "utf-8"),
        ("utf-8", "iso-8859-1", "iso-8859-1"),
        ("iso-8859-15", "iso-8859-15", None),
        ("utf-16", "utf-16", None),
        ("utf-16", "utf-16-le", None),
        ("utf-8", "utf-16-be", None),
        ("tull", "utf-8", "tull"),
    ],
)
def test_encodings(declared: str, encoding: str, charset: str | None) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>' + rss(
        "<title>Blåbær, rømme og «ære»</title><link>/a</link>"
    )
    (found,) = read(text.encode(encoding), charset=charset).entries
    assert found.metadata.title == "Blåbær, rømme og «ære»"


def test_controls_and_white_space_before_the_declaration_do_no_harm() -> None:
    text = '\n \ufeff<?xml version="1.0"?>' + rss("<title>A\x00B\x0bC</title><link>/a</link>")
    (found,) = read(text.encode()).entries
    assert found.url == "https://feed.example/a"
    assert (found.metadata.title or "").replace("\ufffd", "").replace(" ", "") == "ABC"
