"""What is shown of a document is what a run writes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from newsbeam.pipelines.config.load import load_job, load_shipped_languages
from newsbeam.pipelines.preview.chosen_source import choose_source
from newsbeam.pipelines.preview.documents import read_document
from newsbeam.pipelines.preview.examine import Examination, ExaminedLine, examine_document
from newsbeam.transforms.lake.schema import make_row
from newsbeam.transforms.records import Article, Document, Provenance, Rejection
from newsbeam.transforms.settings.source import CleaningRule, CleanSettings, Source
from tests.support.workplace import Workplace

PAGE = """<html lang="nb"><head><title>Brua er åpen</title>
<meta property="article:published_time" content="2026-03-01T09:30:00+01:00"></head><body>
<article><h1>Brua er åpen</h1>
<p class="lead">Brua over fjorden ble åpnet søndag, etter fire år med arbeid og krangel.</p>
<p>Les også: Krangelen om brua</p>
<p>– Vi er stolte av brua, og jeg gleder meg til å kjøre, sier ordfører Kari Dahl til avisen.</p>
<h2>Dyrere enn ventet</h2>
<p>Prislappen endte på to milliarder kroner, dobbelt så mye som det Stortinget vedtok i 2019.</p>
<div class="deling">Del denne saken med alle som du kjenner, og med dem som du ikke kjenner.</div>
<p>Brua er 1200 meter lang, og den erstatter en ferje som har gått der i over førti år.</p>
<p>Hilsen redaksjonen i byen</p></article></body></html>"""
CONFIG = """id: avis
language: nb
files: ['in/*']
extract: {prune_xpath: ["//div[@class='deling']"]}
clean: {rules: [{name: greeting, pattern: 'hilsen redaksjonen.*'}]}
"""


def examine(place: Workplace, name: str, **options: Any) -> Examination:
    job = load_job([place.folder / "avis.yaml"])
    chosen = choose_source(str(place.folder / "avis.yaml"))
    document = read_document(place.folder / "in" / name, chosen)
    assert isinstance(document, Document)
    return examine_document(document, job.sources[0], job.languages, **options)


def test_the_article_is_the_one_that_a_run_writes(workplace: Workplace) -> None:
    workplace.configure(CONFIG)
    workplace.write("bru.html", PAGE)
    examination = examine(workplace, "bru.html")
    assert examination.rejection is None
    article = examination.article
    assert article is not None
    assert article.entities
    assert article.quotes[0].speaker == "Kari Dahl"

    workplace.run()
    (written,) = workplace.articles().to_dict("records")
    row = make_row(article, run_id="", started_at=pd.Timestamp.now("UTC"))
    assert written["content_hash"] == row["content_hash"]
    assert written["article_id"] == row["article_id"]
    removed = [(line["rule"], line["text"]) for line in written["removed"]]
    shown = [(line.rule, line.text) for line in examination.lines if line.rule]
    assert sorted(removed) == sorted(shown)


def test_lines_are_in_order_and_those_of_the_structure_last(workplace: Workplace) -> None:
    workplace.configure(CONFIG)
    workplace.write("bru.html", PAGE)
    lines = examine(workplace, "bru.html").lines
    assert [(line.rule, line.kind, line.text.split()[0]) for line in lines] == [
        (None, "lead", "Brua"),
        ("related_link", "paragraph", "Les"),
        (None, "paragraph", "–"),
        (None, "heading", "Dyrere"),
        (None, "paragraph", "Prislappen"),
        (None, "paragraph", "Brua"),
        ("greeting", "paragraph", "Hilsen"),
        ("prune_xpath", None, "Del"),
    ]


TEXT = (
    "Tittel\n\n"
    "Kommunen vil bygge en ny skole på tomta ved elva, og arbeidet skal begynne til våren.\n"
    "Dyrere enn ventet\n"
    "Prisen er på to milliarder kroner, sier ordfører Kari Dahl til avisen i byen på søndag.\n"
)


def make_document(text: str) -> Document:
    return Document(Provenance("avis", "a", "a.txt", "0" * 64), "text/plain", text)


def test_guessed_headings_are_shown_without_models_too() -> None:
    source = Source(id="avis", language="nb", files=("*",))
    languages = load_shipped_languages()
    quick = examine_document(make_document(TEXT), source, languages, enrich=False)
    full = examine_document(make_document(TEXT), source, languages)
    assert quick.lines == full.lines
    assert quick.lines[1] == ExaminedLine("Dyrere enn ventet", None, "heading")
    assert isinstance(quick.article, Article)
    assert isinstance(full.article, Article)
    assert (quick.article.entities, quick.article.quotes) == ((), ())
    assert replace(full.article, entities=(), quotes=(), statements=(), persons=()) == quick.article
    assert full.article.entities


@pytest.mark.parametrize(
    ("text", "stage", "reason", "lines"),
    [("  \n", "extract", "no_text", 0), (TEXT, "clean", "only_boilerplate", 3)],
)
def test_a_rejection_has_no_article(text: str, stage: str, reason: str, lines: int) -> None:
    everything = CleaningRule(name="alt", pattern=".*", max_chars=10_000)
    source = Source(
        id="avis", language="nb", files=("*",), clean=CleanSettings(rules=(everything,))
    )
    found = examine_document(make_document(text), source, load_shipped_languages())
    assert found.article is None
    assert isinstance(found.rejection, Rejection)
    assert (found.rejection.stage, found.rejection.reason) == (stage, reason)
    assert [line.rule for line in found.lines] == ["alt"] * lines
