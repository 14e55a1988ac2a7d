"""The page of a report: strangers' words stay words, and it asks nobody."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from newsbeam.pipelines.report.vega import make_vega
from newsbeam.pipelines.report.write_page import encode
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS
from tests.support.reported import HOUR, NOW, Page, as_row, make_article, poll_row, reject_row
from tests.support.stored import store
from tests.support.workplace import ROOT

# What would be markup, a link that runs, a change of direction, a control character, a wide one.
HOSTILE = (
    "</script><script>alert(1)</script><!-- <script> ]]> {{data}} {{texts}} &lt;b&gt; &amp;"
    "<img src=x onerror=alert(2)>\u2028\u2029\u202e\u2066\x00\x01\x1b[31m\x85\ufeff\u200b\U0001f600"
)


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
