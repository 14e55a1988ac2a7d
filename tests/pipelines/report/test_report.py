"""``newsbeam report`` on real lakes: what it counts, and that strangers' words stay words."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import html

from newsbeam.pipelines.report.labels import make_labels
from newsbeam.pipelines.report.marks import make_converter
from newsbeam.pipelines.report.periods import begin_period, choose_periods, end_period
from newsbeam.pipelines.report.texts import describe_text
from newsbeam.pipelines.report.write_page import encode, make_vega, write_page
from newsbeam.pipelines.stories import refresh_stories
from newsbeam.transforms.lake.commit import commit_articles, commit_rows, stage_rows
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import (
    ARTICLES,
    FEED_POLLS,
    REJECTS,
    Row,
    Table,
    make_reject_row,
    make_row,
)
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.records import (
    Article,
    Block,
    Entity,
    Metadata,
    Provenance,
    Quote,
    Rejection,
    RemovedLine,
)
from tests.support.workplace import ROOT

NOW = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHARTS = {
    "articles_per_day", "polls_per_day", "rejects_by_reason", "removed_by_source",
    "speakers_over_time", "entities_top", "voices_by_gender", "voices_by_role",
}  # fmt: skip
COLUMNS = {
    "title", "source", "date", "url", "words", "quotes", "language", "authors", "section",
    "revision", "paywalled", "lead", "story",
}  # fmt: skip
WORDS = (
    "kommunen vedtok i går et nytt budsjett som gir mindre til skole og mer til vei mens flere "
    "partier advarer mot følgene av kuttene for barn og unge i distriktene der avstandene er store"
).split()
PEOPLE = ("Kari Dahl", "Ola Moen", "Siv Berg", "Jon Lie", "Aud Vik")
# What would be markup, a link that runs, a change of direction, a control character, a wide one.
HOSTILE = (
    "</script><script>alert(1)</script><!-- <script> ]]> {{data}} {{texts}} &lt;b&gt; &amp;"
    "<img src=x onerror=alert(2)>\u2028\u2029\u202e\u2066\x00\x01\x1b[31m\x85\ufeff\u200b\U0001f600"
)

Command = Callable[[list[str]], tuple[int, str, str]]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "out")
    lake.create()
    return lake


def store(lake: Lake, table: Table, rows: Iterable[Row]) -> None:
    staging = Staging(lake.root, f"run-{os.urandom(4).hex()}")
    with staging.create():
        files = stage_rows(staging, table, rows)
        if table is ARTICLES:
            commit_articles(lake, staging, files, lake.version(table))
        else:
            commit_rows(lake, staging, table, files, lake.version(table))
        staging.remove()


def make_article(
    key: str,
    text: str,
    at: datetime | None = NOW,
    *,
    source: str = "avis",
    people: Iterable[str] = (),
    said: Iterable[tuple[str, str | None]] = (),
    removed: Iterable[tuple[str, str]] = (),
    **metadata: Any,
) -> Article:
    """An article of one block; ``said`` holds words of ``text`` with their speaker."""
    lines = text.split("\n")
    given: dict[str, Any] = {"title": key, "published_at": at, "published_at_from": "jsonld"}
    return Article(
        Provenance(source, key, f"{source}/{key}.html", "0" * 64),
        Metadata(**(given | metadata)),
        tuple(Block(line) for line in lines),
        "nb",
        tuple(RemovedLine(*line) for line in removed),
        tuple(
            Entity(name, "PER", text.index(name), text.index(name) + len(name), name)
            for name in people
        ),
        tuple(
            Quote(words, text.index(words), text.index(words) + len(words), "dash", speaker,
                  cue="sier")
            for words, speaker in said
        ),
    )  # fmt: skip


def as_row(article: Article, at: datetime = NOW) -> Row:
    return make_row(article, run_id="r", started_at=at)


def poll_row(at: datetime, **values: Any) -> Row:
    row: Row = {column.name: None for column in FEED_POLLS.columns}
    row |= {
        "source": "avis",
        "feed": "https://avis.example/rss",
        "polled_at": at,
        "polled_date": at.date(),
        "outcome": "parsed",
        "status": 200,
        "new": 0,
        "changed": 0,
        "failures": 0,
        "next_poll_at": at + HOUR,
    }
    return row | values


def reject_row(origin: str, at: datetime = NOW, **values: Any) -> Row:
    given: dict[str, Any] = {"source": "avis", "stage": "read", "reason": "invalid_json"}
    rejection = Rejection(**(given | {"detail": "broken", "origin": origin} | values))
    return make_reject_row(rejection, run_id="r", started_at=at)


class Page:
    """A page as a browser sees it: its elements, the data and texts within them."""

    def __init__(self, path: Path) -> None:
        self.source = path.read_text(encoding="utf-8")
        self.document = html.document_fromstring(self.source)
        (data,) = self.document.xpath("//script[@id='page-data']")
        self.data: dict[str, Any] = json.loads(data.text)
        chunks = self.document.xpath("//script[@class='texts']")
        assert [chunk.get("data-chunk") for chunk in chunks] == [str(n) for n in range(len(chunks))]
        self.chunks = [json.loads(gzip.decompress(base64.b64decode(c.text))) for c in chunks]

    @property
    def texts(self) -> list[dict[str, Any]]:
        return [text for chunk in self.chunks for text in chunk]

    @property
    def articles(self) -> dict[str, list[Any]]:
        return dict(self.data["articles"])


@pytest.fixture
def report(newsbeam: Command, tmp_path: Path) -> Callable[..., Page]:
    """Run the command on a lake; what it wrote."""

    def run(lake: Lake, *options: str) -> Page:
        path = tmp_path / "report.html"
        code, out, err = newsbeam(["report", str(lake.root), "--output", str(path), *options])
        assert code == 0, err
        assert str(path) in out
        page = Page(path)
        assert set(page.data["charts"]) == CHARTS
        assert set(page.articles) == COLUMNS
        assert {len(column) for column in page.articles.values()} == {len(page.texts)}
        assert page.data["meta"]["shown"] == len(page.texts)
        return page

    return run


def test_an_empty_lake_gives_a_page_that_says_so(lake: Lake, report: Callable[..., Page]) -> None:
    page = report(lake)
    assert set(page.data["meta"]["totals"].values()) == {0}
    assert page.data["meta"]["since"] is None
    assert page.texts == []
    for chart in page.data["charts"].values():
        assert chart["spec"] is None
        assert re.search(r"\bno(thing)?\b", chart["summary"], re.IGNORECASE)


def test_a_lake_of_articles_alone_needs_no_other_table(
    lake: Lake, report: Callable[..., Page]
) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord."))])
    for table in ("rejects", "feed_polls", "stories"):
        shutil.rmtree(lake.root / table)
    page = report(lake)
    assert page.data["meta"]["totals"] == {
        "articles": 1, "revisions": 1, "sources": 1, "words": 2, "quotes": 0, "entities": 0,
        "rejects": 0, "polls": 0, "stories": 0,
    }  # fmt: skip
    assert page.texts[0]["t"] == "Et ord."


def test_the_newest_revision_alone_is_shown(lake: Lake, report: Callable[..., Page]) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Det gamle."), NOW - HOUR)])
    store(lake, ARTICLES, [as_row(make_article("a", "Det nye er lengre.")) | {"revision": 2}])
    page = report(lake)
    assert [text["t"] for text in page.texts] == ["Det nye er lengre."]
    assert page.articles["revision"] == [2]
    totals = page.data["meta"]["totals"]
    assert (totals["articles"], totals["revisions"], totals["words"]) == (1, 2, 4)


def test_files_that_the_tables_do_not_list_are_not_read(
    lake: Lake, report: Callable[..., Page]
) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord."))])
    (file,) = (lake.root / "articles").rglob("source=*/**/*.parquet")
    shutil.copy(file, file.with_name("left-by-a-dead-run.parquet"))
    assert report(lake).data["meta"]["totals"]["revisions"] == 1


def test_articles_are_newest_first_and_most_limits_texts_not_counts(
    lake: Lake, report: Callable[..., Page]
) -> None:
    rows = [
        as_row(make_article(f"a{n}", f"– Ja, sier Kari Dahl nr {n}.", NOW - n * DAY,
                            people=["Kari Dahl"], said=[("Ja", "Kari Dahl")]))
        for n in range(5)
    ]  # fmt: skip
    store(lake, ARTICLES, [*rows, as_row(make_article("undated", "Et ord.", None), NOW - 9 * DAY)])
    page = report(lake, "--most", "3")
    assert page.articles["title"] == ["a0", "a1", "a2"]
    assert page.articles["date"][0] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    meta = page.data["meta"]
    assert (meta["shown"], meta["has_more"], meta["totals"]["articles"]) == (3, True, 6)
    (speaker,) = page.data["speakers"]
    assert (speaker["quotes"], speaker["articles"]) == (5, [0, 1, 2])
    assert sum(count for _, count in speaker["periods"]) == 5
    assert page.data["people"] == [
        {"name": "Kari Dahl", "articles": 5, "mentions": 5, "shown": [0, 1, 2]}
    ]
    everything = report(lake)
    assert everything.data["meta"]["has_more"] is False
    assert (everything.articles["title"][-1], everything.articles["date"][-1]) == ("undated", None)


def test_offsets_fit_in_utf16(lake: Lake, report: Callable[..., Page]) -> None:
    text = "Smil \U0001f600 her\n– Ja \U0001f4f0 nei, sier Kari Dahl \U0001f600 i Bodø."
    row = as_row(make_article("a", text, people=["Kari Dahl"],
                              said=[("Ja \U0001f4f0 nei", "Kari Dahl")]))  # fmt: skip
    start = text.index("nei")
    row["headings"] = [{"text": text[:10], "start": 0, "end": 10}]
    row["quotes"][0]["segments"] = [{"start": start, "end": start + 3}]
    store(lake, ARTICLES, [row])
    (shown,) = report(lake).texts

    def cut(span: list[Any]) -> str:
        return str(shown["t"]).encode("utf-16-le")[2 * span[0] : 2 * span[1]].decode("utf-16-le")

    assert cut(shown["h"][0]) == "Smil \U0001f600 her"
    assert (cut(shown["e"][0]), shown["e"][0][2:]) == ("Kari Dahl", ["PER", "Kari Dahl", "person"])
    (quote,) = shown["q"]
    assert (cut(quote), quote[2:6]) == ("Ja \U0001f4f0 nei", ["Kari Dahl", "sier", "dash", False])
    assert [cut(piece) for piece in quote[6]] == ["nei"]


@given(st.text(), st.data())
def test_converted_offsets_cut_what_code_points_cut(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    convert, units = make_converter(text), text.encode("utf-16-le", "surrogatepass")
    cut = units[2 * convert(start) : 2 * convert(end)]
    assert cut.decode("utf-16-le", "surrogatepass") == text[start:end]


def test_headings_and_quotes_without_speaker_are_not_speakers(
    lake: Lake, report: Callable[..., Page]
) -> None:
    said = [("Ja", "Kari Dahl"), ("Nei", None), ("Kanskje", "Ola Moen")]
    row = as_row(make_article("a", "Ja. Nei. Kanskje.", said=said))
    row["quotes"][2]["is_heading"] = True
    store(lake, ARTICLES, [row])
    page = report(lake)
    assert [speaker["name"] for speaker in page.data["speakers"]] == ["Kari Dahl"]
    assert page.data["meta"]["totals"]["quotes"] == 2
    assert page.articles["quotes"] == [2]
    assert len(page.texts[0]["q"]) == 3


def test_voices_are_counted_with_what_is_not_known(lake: Lake, report: Callable[..., Page]) -> None:
    said = [("Ja", "Kari Dahl"), ("Nei", None), ("Kanskje", "Ola Moen"), ("Tja", "politiet")]
    row = as_row(make_article("a", "Ja. Nei. Kanskje. Tja.", said=said))
    nobody = {"role": None, "gender": None, "gender_from": None, "affiliation": None}
    kari = nobody | {"name": "Kari Dahl", "kind": "person", "role": "Ordfører", "gender": "female"}
    ola = nobody | {"name": "Ola Moen", "kind": "person"}
    for quote, speakers in zip(
        row["quotes"],
        ([kari, ola], [], None, [nobody | {"name": "politiet", "kind": "institution"}]),
        strict=True,
    ):
        quote["speakers"] = speakers  # None: of a newsbeam that knew no speakers
    store(lake, ARTICLES, [row])
    charts = report(lake).data["charts"]
    assert charts["voices_by_gender"]["table"]["rows"] == [
        ["female", 1, "20 %"], ["gender not known", 2, "40 %"], ["institution", 1, "20 %"],
        ["speaker not known", 1, "20 %"],
    ]  # fmt: skip
    assert charts["voices_by_role"]["table"]["rows"] == [
        ["ordfører", 1, "33 %"], ["role not known", 2, "67 %"]
    ]  # fmt: skip
    assert "100 % of those whose gender is known" in charts["voices_by_gender"]["summary"]


def test_names_are_told_apart_by_label(lake: Lake, report: Callable[..., Page]) -> None:
    row = as_row(make_article("a", "Kari Norge NRK Ting"))
    labels = {"Kari": "PER", "Norge": "GPE_LOC", "NRK": "ORG", "Ting": "PROD"}
    row["entities"] = [
        {"text": name, "label": label, "start": 0, "end": 1, "name": name}
        for name, label in labels.items()
    ]
    store(lake, ARTICLES, [row])
    data = report(lake).data
    kinds = {kind: [item["name"] for item in data[kind]]
             for kind in ("people", "organisations", "places")}  # fmt: skip
    assert kinds == {"people": ["Kari"], "organisations": ["NRK"], "places": ["Norge"]}
    assert data["meta"]["totals"]["entities"] == 4
    assert {row[1] for row in data["charts"]["entities_top"]["table"]["rows"]} == {
        "person", "organisation", "place",
    }  # fmt: skip


def test_stories_link_the_articles_that_tell_the_same(
    lake: Lake, report: Callable[..., Page]
) -> None:
    rng = random.Random(4)
    wire = " ".join(rng.choices(WORDS, k=120))
    other = " ".join(rng.choices(PEOPLE, k=120))
    store(lake, ARTICLES, [
        as_row(make_article("w1", wire, NOW - 2 * HOUR, source="avis")),
        as_row(make_article("w2", wire + " Slutt.", NOW - HOUR, source="bladet")),
        as_row(make_article("alone", other, NOW, source="avis")),
    ])  # fmt: skip
    refresh_stories(lake.root)
    page = report(lake)
    (story,) = page.data["stories"]
    assert [page.articles["title"][at] for at in story["articles"]] == ["w2", "w1"]
    assert page.articles["story"] == [None, 0, 0]
    assert page.data["meta"]["totals"]["stories"] == 1
    assert report(lake, "--most", "2").data["stories"] == []  # one of it is in the page


def test_what_cleaning_removed_is_told_by_source_and_rule(
    lake: Lake, report: Callable[..., Page]
) -> None:
    lines = [("teaser", "Les også: <b>"), ("teaser", "Les også: <b>"), ("share", "Del")]
    store(lake, ARTICLES, [
        as_row(make_article("a", "Et ord.", removed=lines)),
        as_row(make_article("b", "Et ord.", removed=lines[:1])),
        as_row(make_article("c", "Et ord.")),
        as_row(make_article("d", "Et ord.", source="bladet")),
    ])  # fmt: skip
    data = report(lake).data
    assert data["cleaning"] == [
        {"source": "avis", "rule": "teaser", "lines": 3, "articles": 2, "share": 0.6667,
         "examples": ["Les også: <b>"]},
        {"source": "avis", "rule": "share", "lines": 1, "articles": 1, "share": 0.3333,
         "examples": ["Del"]},
    ]  # fmt: skip
    assert "1.3 lines an article" in data["charts"]["removed_by_source"]["summary"]


def test_health_tells_what_status_tells(lake: Lake, report: Callable[..., Page]) -> None:
    started = datetime.now(UTC).replace(microsecond=0)
    store(lake, FEED_POLLS, [
        *(poll_row(started - n * HOUR, new=1) for n in range(9, 5, -1)),
        poll_row(started - 5 * HOUR, outcome="not_modified"),
        *(poll_row(started - n * HOUR, outcome="failed", status=503, reason="server_error",
                   detail="<b>down</b>", failures=5 - n) for n in range(4, 0, -1)),
    ])  # fmt: skip
    again = [reject_row("in/b.jsonl", NOW - n * HOUR) for n in range(3)]
    more = [reject_row(f"in/{n}.jsonl", NOW - DAY, reason="too_large") for n in range(5)]
    store(lake, REJECTS, [*again, *more])
    data = report(lake).data
    (feed,) = data["health"]["feeds"]
    assert (feed["outcome"], feed["status"], feed["failures"]) == ("failed", 503, 4)
    assert feed["problems"][0].startswith("failing: 4 in a row")
    assert "<b>down</b>" in feed["problems"][0]
    (source,) = data["health"]["sources"]
    assert source["problems"] == ["failing: 1 of 1 feeds"]
    large, invalid = data["health"]["rejects"]
    assert (large["reason"], large["count"], len(large["examples"])) == ("too_large", 5, 3)
    assert (invalid["reason"], invalid["count"]) == ("invalid_json", 1)
    assert invalid["examples"][0]["rejected_at"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    assert data["meta"]["totals"] | {"rejects": 6, "polls": 9} == data["meta"]["totals"]
    polls = data["charts"]["polls_per_day"]
    assert polls["summary"].startswith("9 polls: 4 brought something new, 1 nothing, 4 failed")
    assert [sum(column) for column in list(zip(*polls["table"]["rows"], strict=True))[1:]] == [
        4, 1, 4,
    ]  # fmt: skip
    assert [source["id"] for source in data["sources"]] == ["avis"]  # it gave no article yet


def test_strangers_words_stay_words(lake: Lake, report: Callable[..., Page]) -> None:
    said, person = "Ja" + HOSTILE, "Per" + HOSTILE
    article = make_article(
        "hostile",
        f"{HOSTILE} {person} {said}",
        title=HOSTILE,
        lead=HOSTILE,
        authors=(HOSTILE, "javascript:alert(1)"),
        url="javascript:alert('</script>')",
        image_url="data:text/html,<script>alert(1)</script>",
        section=HOSTILE,
        tags=(HOSTILE,),
        people=[person],
        said=[(said, person)],
        removed=[(f"rule{HOSTILE}", HOSTILE)],
    )
    rows = [as_row(article), as_row(make_article("b", "Et ord.", url="HTTPS://avis.example/?<b>"))]
    rows[0]["origin"] = HOSTILE
    store(lake, ARTICLES, rows)
    store(lake, REJECTS, [reject_row(HOSTILE, detail=HOSTILE, reason="a" + HOSTILE)])
    store(lake, FEED_POLLS, [poll_row(NOW - HOUR, feed=HOSTILE, outcome="failed", reason="x",
                                      detail=HOSTILE, moved_to="javascript:alert(1)")])  # fmt: skip
    page = report(lake, "--title", HOSTILE.replace("\x00", ""))

    # The elements are those of the template alone, in spite of all the markup in the data.
    scripts = page.document.xpath("//script")
    own = [s for s in scripts if s.get("id") == "page-data" or s.get("class") == "texts"]
    template = (ROOT / "pipelines/report/page.html").read_text()
    expected = html.document_fromstring(re.sub(r"\{\{\w+\}\}", "", template))
    assert len(own) == 2
    assert len(own) + 2 == len(scripts)  # Vega and the page's own
    for tag in ("img", "b", "iframe", "title", "link", "meta", "style", "a"):
        assert len(page.document.xpath(f"//{tag}")) == len(expected.xpath(f"//{tag}"))
    assert not page.document.xpath("//@onerror")
    assert len(page.document.xpath("//comment()")) == len(expected.xpath("//comment()"))
    for script in own:
        assert re.fullmatch(r"[\x20-\x7e]*", script.text)
        assert not re.search("[<>&]", script.text)

    # And every word is there as it was.
    data, (shown,) = page.data, [t for t in page.texts if t["m"]["origin"] == HOSTILE]
    at = page.texts.index(shown)
    assert page.articles["title"][at] == page.articles["lead"][at] == HOSTILE
    assert page.articles["authors"][at] == [HOSTILE, "javascript:alert(1)"]
    assert page.articles["section"][at] == HOSTILE
    assert page.articles["url"][at] is None
    assert page.articles["url"][1 - at] == "HTTPS://avis.example/?<b>"
    assert shown["t"] == article.text
    assert shown["m"]["image_url"] is None
    assert shown["m"]["tags"] == [HOSTILE]
    assert shown["r"] == [[f"rule{HOSTILE}", HOSTILE]]
    assert data["people"][0]["name"] == data["speakers"][0]["name"] == person
    (reject,) = data["health"]["rejects"]
    assert (reject["reason"], reject["examples"][0]["detail"]) == ("a" + HOSTILE, HOSTILE)
    assert data["health"]["feeds"][0]["feed"] == HOSTILE
    assert data["meta"]["title"] == HOSTILE.replace("\x00", "")
    for chart in data["charts"].values():  # Vega draws labels itself
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066]", json.dumps(chart["spec"]))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_data_in_a_script_element_come_back_as_they_were(value: Any) -> None:
    page = (
        f"<!doctype html><title>x</title><script type='application/json'>{encode(value)}</script>"
    )
    document = html.document_fromstring(page + "<p>after</p>")
    (script,) = document.xpath("//script")
    assert json.loads(script.text) == value
    assert document.xpath("//p/text()") == ["after"]


def test_vega_stays_in_its_element_and_sets_one_name() -> None:
    script = make_vega()
    assert not re.search("</script|<!--", script, re.IGNORECASE)
    assert script.startswith("(() => {")
    assert set(re.findall(r"window\.(\w+)=", script)) >= {"vegaEmbed"}
    # The one way out, a loader of data by URL, is closed by the page's policy.
    assert not re.search(r"XMLHttpRequest|WebSocket|EventSource|sendBeacon|\bimport\(", script)


def test_the_page_asks_nobody(lake: Lake, report: Callable[..., Page]) -> None:
    page = report(lake)
    (policy,) = page.document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    scripts = page.document.xpath("//script[not(@id) and not(@class)]")
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.text.encode()).digest()).decode()}'"
        for script in scripts
    ]
    assert f"script-src {' '.join(reversed(hashes))} 'unsafe-eval';" in policy
    assert not page.document.xpath("//script[@src] | //iframe | //object | //base")
    assert set(page.document.xpath("//link/@href")) <= {"data:,"}
    assert not re.findall(r"\{\{\w+\}\}", re.sub(r"(?s)<script.*?</script>", "", page.source))


def test_charts_are_valid_vega_lite(lake: Lake, report: Callable[..., Page]) -> None:
    import altair

    store_many(lake, 60, days=40)
    schema = json.loads(
        (Path(altair.__file__).parent / "vegalite/v6/schema/vega-lite-schema.json").read_text()
    )
    validator = Draft202012Validator(schema)
    charts = report(lake).data["charts"]
    drawn = {key: chart for key, chart in charts.items() if chart["spec"]}
    assert set(drawn) == CHARTS - {"polls_per_day", "rejects_by_reason"}
    for chart in drawn.values():
        spec = chart["spec"]
        assert not list(validator.iter_errors(spec))
        assert spec["width"] == "container"
        assert "config" not in spec
        assert '"url"' not in json.dumps(spec)
        assert {len(row) for row in chart["table"]["rows"]} == {len(chart["table"]["columns"])}
    table = charts["articles_per_day"]["table"]
    assert (table["columns"][0], set(table["columns"][1:])) == ("week", {"avis", "bladet"})
    assert sum(sum(row[1:]) for row in table["rows"]) == 60


def test_a_page_of_long_ago_does_not_stretch_the_charts(
    lake: Lake, report: Callable[..., Page]
) -> None:
    store_many(lake, 150, days=10)
    long_ago = datetime(1999, 5, 17, 12, tzinfo=UTC)
    store(lake, ARTICLES, [as_row(make_article("old", "Et ord.", long_ago))])
    data = report(lake).data
    assert data["meta"]["since"] == "1999-05-17"
    table = data["charts"]["articles_per_day"]["table"]
    assert table["columns"][0] == "day"
    assert len(table["rows"]) < 12
    assert sum(sum(row[1:]) for row in table["rows"]) == 150
    assert data["articles"]["date"][-1] == "1999-05-17T12:00:00Z"


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 4000))
def test_periods_cover_their_days_once(first: date, days: int) -> None:
    last = first + timedelta(days=days)
    periods = choose_periods(first, last)
    starts = periods.list_starts()
    ends = [end_period(start, periods.unit) for start in starts]
    assert starts[0] <= first <= last < ends[-1]
    assert starts[1:] == ends[:-1]
    assert begin_period(last, periods.unit) == starts[-1]
    assert periods.unit == ("day" if days < 20 else "week" if days < 729 else "month")


@given(st.lists(st.text(max_size=40)))
def test_labels_are_short_plain_and_unlike(names: list[str]) -> None:
    labels = make_labels(names, taken=["others"])
    assert len(set(labels)) == len(names)
    assert "others" not in labels
    assert not [label for label in labels if re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", label)]
    assert max(map(len, labels), default=0) <= 28 + len(" (99)")


def test_a_folder_with_signs_of_globs_is_read(tmp_path: Path, report: Callable[..., Page]) -> None:
    lake = Lake(tmp_path / "env=[a]'s *" / "out")
    lake.create()
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord.", source="007"))])
    assert report(lake).data["sources"][0]["id"] == "007"


@pytest.mark.parametrize(
    "place", ["out/articles/x.html", "out/_cache/x.html", "none/x.html", "out"]
)
def test_places_where_no_page_belongs_are_refused(
    lake: Lake, tmp_path: Path, newsbeam: Command, place: str
) -> None:
    (lake.root / "_cache").mkdir(exist_ok=True)
    code, out, err = newsbeam(["report", str(lake.root), "--output", str(tmp_path / place)])
    assert (code, out) == (2, "")
    assert place.split("/")[0] in err
    assert not (tmp_path / place).is_file()


def test_a_folder_without_a_lake_is_wrong_usage(tmp_path: Path, newsbeam: Command) -> None:
    code, _, err = newsbeam(["report", str(tmp_path), "--output", str(tmp_path / "r.html")])
    assert code == 2
    assert "holds no lake" in err
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_replaced_whole_or_not_at_all(lake: Lake, report: Callable[..., Page]) -> None:
    data = report(lake).data
    path = lake.root / "report.html"
    path.write_text("before")

    def break_off() -> Iterator[list[dict[str, Any]]]:
        yield [{"t": "Et ord."}]
        raise OSError(28, "No space left on device")

    before = sorted(lake.root.iterdir())
    with pytest.raises(OSError, match="No space"):
        write_page(path, data, break_off())
    assert path.read_text() == "before"
    assert sorted(lake.root.iterdir()) == before
    assert write_page(path, data, []) == path.stat().st_size > 100_000


def test_a_lost_file_is_said(lake: Lake, tmp_path: Path, newsbeam: Command) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord."))])
    arguments = ["report", str(lake.root), "--output", str(tmp_path / "r.html")]
    assert newsbeam(arguments)[0] == 0  # status keeps what it read of the file
    (file,) = (lake.root / "articles").rglob("source=*/**/*.parquet")
    file.unlink()
    code, _, err = newsbeam(arguments)
    assert code == 1
    assert file.name in err
    shutil.rmtree(lake.root / "_cache")
    code, _, err = newsbeam(arguments)
    assert code == 1
    assert file.name in err


def test_the_summary_is_json_where_asked(
    lake: Lake, tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord."))])
    code, out, err = newsbeam(["report", str(lake.root), "--json"])
    path = tmp_path / "report.html"
    assert code == 0
    assert json.loads(out) == {
        "path": str(path), "bytes": path.stat().st_size, "articles": 1, "shown": 1, "sources": 1,
    }  # fmt: skip
    assert "counting" in err
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    assert "newsbeam: out" in unescape(path.read_text(encoding="utf-8"))
    assert not list(lake.root.glob("*.html"))


def test_open_shows_the_page_in_the_browser(lake: Lake, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/shown\n')
    browser.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "newsbeam", "report", str(lake.root), "--open"],
        cwd=tmp_path,
        env=os.environ | {"BROWSER": f"{browser} %s", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{tmp_path}/report.html: ")
    assert (tmp_path / "shown").read_text() == f"{(tmp_path / 'report.html').as_uri()}\n"


def test_the_same_lake_gives_the_same_page(lake: Lake, report: Callable[..., Page]) -> None:
    store_many(lake, 300, days=20)
    first, second = report(lake), report(lake)
    for page in (first, second):
        page.data["meta"].pop("generated_at")
    assert first.data == second.data
    assert first.chunks == second.chunks
    assert [len(chunk) for chunk in first.chunks] == [200, 100]


def test_a_text_of_nothing_is_described() -> None:
    columns = ("text", "headings", "entities", "quotes", "statements", "removed", "origin",
               "published_at_from", "modified_at", "fetched_at", "tags", "image_url")  # fmt: skip
    text = describe_text(dict.fromkeys(columns) | {"article_id": "id"})
    assert (text["t"], text["h"], text["q"], text["m"]["tags"]) == ("", [], [], [])


def store_many(lake: Lake, count: int, days: int, words: int = 40) -> None:
    """So many articles of two papers, over so many days, with names, quotes and removed lines."""
    rng = random.Random(8)
    rows = []
    for n in range(count):
        speaker = rng.choice(PEOPLE)
        paragraphs = [" ".join(rng.choices(WORDS, k=40)) for _ in range(words // 40)]
        text = "\n".join([f"– Dette er sak {n}, sier {speaker}.", *paragraphs])
        article = make_article(
            f"Sak {n}",
            text,
            NOW - timedelta(days=days * n / count),
            source=rng.choice(("avis", "bladet")),
            people=[speaker],
            said=[(f"Dette er sak {n}", speaker)],
            removed=[("teaser", f"Les også: {rng.randrange(50)}")] * 3,
            url=f"https://avis.example/{n}",
            lead="Ingress.",
        )
        rows.append(as_row(article))
    store(lake, ARTICLES, rows)
