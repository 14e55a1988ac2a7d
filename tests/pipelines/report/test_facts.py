"""What a report counts: articles, names, voices, stories, health."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

from newsbeam.pipelines.stories import refresh_stories
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS
from tests.support.reported import (
    DAY,
    HOUR,
    NOW,
    PEOPLE,
    WORDS,
    Page,
    as_row,
    make_article,
    poll_row,
    reject_row,
)
from tests.support.stored import store


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
        ["Ordfører", 1, "33 %"], ["role not known", 2, "67 %"]
    ]  # fmt: skip
    assert "100 % of those whose gender is known" in charts["voices_by_gender"]["summary"]


def test_a_role_is_shown_as_most_write_it(lake: Lake, report: Callable[..., Page]) -> None:
    roles = ["Leder", "leder", "Norges statsminister", "leder"]
    said = [(f"Ord {number}", "Kari Dahl") for number in range(len(roles))]
    row = as_row(make_article("a", " ".join(text for text, _ in said), said=said))
    for quote, role in zip(row["quotes"], roles, strict=True):
        kari = {"name": "Kari Dahl", "kind": "person", "role": role}
        quote["speakers"] = [kari | dict.fromkeys(("gender", "gender_from", "affiliation"))]
    store(lake, ARTICLES, [row])
    shown = [row[:2] for row in report(lake).data["charts"]["voices_by_role"]["table"]["rows"]]
    assert shown == [["leder", 3], ["Norges statsminister", 1]]


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
    assert source["problems"] == ["failing: 1 of 1 feed"]
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
