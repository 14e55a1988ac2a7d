"""Where names and quotes stand in the texts of a report: a browser's offsets, not ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.report.marks import make_converter
from newsbeam.pipelines.report.texts import describe_text
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES
from tests.support.reported import Page, as_row, make_article
from tests.support.stored import store


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


def test_a_text_of_nothing_is_described() -> None:
    columns = ("text", "headings", "entities", "quotes", "statements", "removed", "origin",
               "published_at_from", "modified_at", "fetched_at", "tags", "image_url")  # fmt: skip
    text = describe_text(dict.fromkeys(columns) | {"article_id": "id"})
    assert (text["t"], text["h"], text["q"], text["m"]["tags"]) == ("", [], [], [])
