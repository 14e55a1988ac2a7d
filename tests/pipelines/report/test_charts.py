"""The charts of a report: valid, readable, and over periods that cover their days once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from newsbeam.pipelines.report.gather import name_sources
from newsbeam.pipelines.report.labels import make_labels
from newsbeam.pipelines.report.periods import begin_period, choose_periods, end_period
from newsbeam.pipelines.source_notes import SourceNotes, keep_notes
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.reported import CHARTS, Page, as_row, make_article, store_many
from tests.support.stored import store


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


def test_charts_call_sources_by_their_names_and_count_in_whole_numbers(
    lake: Lake, report: Callable[..., Page]
) -> None:
    store(lake, ARTICLES, [as_row(make_article("a", "Et ord.", datetime(2026, 5, 17, tzinfo=UTC)))])
    keep_notes(lake.cache, SourceNotes.NAMES, {"avis": "Avisen i Vik"})
    chart = report(lake).data["charts"]["articles_per_day"]
    assert chart["table"]["rows"] == [["Avisen i Vik", 1]]
    encoding = chart["spec"]["encoding"]
    assert encoding["x"]["axis"]["tickMinStep"] == 1
    assert encoding["color"]["legend"] is None, "the rows are called so already"


def test_a_name_of_two_sources_tells_neither() -> None:
    called = {"a": "Nytt", "b": "Nytt", "c": "Tredje"}
    assert name_sources(["a", "b", "c", "d"], called) == {
        "a": "a", "b": "b", "c": "Tredje", "d": "d",
    }  # fmt: skip


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
