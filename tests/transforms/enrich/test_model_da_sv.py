"""The shipped pipelines of Danish and Swedish: their record, their size, what they find."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from spacy.language import Language

from tests.support.workplace import SHARED

package = importlib.import_module("dasv_newsbeam")
FOLDER = Path(str(package.__file__)).parent
MODULES = {"da": "dasv_newsbeam.danish", "sv": "dasv_newsbeam.swedish"}


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Language]:
    return {code: importlib.import_module(name).load() for code, name in MODULES.items()}


def test_it_is_small_and_says_its_licence() -> None:
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file())
    assert size <= 15_000_000
    meta = json.loads((FOLDER / "meta.json").read_text(encoding="utf-8"))
    assert meta["license"].startswith("CC-BY-SA-4.0")
    assert {source["name"] for source in meta["sources"]} >= {"klintan/swedish-ner-corpus", "DaN+"}
    assert "ShareAlike" in (FOLDER / "LICENSE").read_text(encoding="utf-8")


def test_both_read_one_table_of_vectors(pipelines: dict[str, Language]) -> None:
    assert pipelines["da"].vocab.vectors.data is pipelines["sv"].vocab.vectors.data


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "da",
            "Statsminister Mette Frederiksen mødte Angela Merkel i Berlin, skriver Politiken.",
            {("Mette Frederiksen", "PER"), ("Angela Merkel", "PER"), ("Berlin", "GPE"),
             ("Politiken", "ORG")},
        ),
        (
            "sv",
            "Statsminister Ulf Kristersson mötte Angela Merkel i Berlin, skriver Aftonbladet.",
            {("Ulf Kristersson", "PER"), ("Angela Merkel", "PER"), ("Berlin", "GPE"),
             ("Aftonbladet", "ORG")},
        ),
        ("da", "Det går ikke så godt nu, men det kan blive bedre til efteråret.", set()),
        ("sv", "Det går inte så bra nu, men det kan bli bättre till hösten.", set()),
    ],
)  # fmt: skip
def test_obvious_entities(
    pipelines: dict[str, Language], language: str, text: str, expected: set[tuple[str, str]]
) -> None:
    found = {
        (ent.text, ent.label_.removesuffix("_LOC").removesuffix("_ORG"))
        for ent in pipelines[language](text).ents
    }
    assert found == expected


def test_names_that_the_swedish_corpus_never_has(pipelines: dict[str, Language]) -> None:
    text = "Vi vill gå med i Nato och stanna i EU och FN, säger Anna Lindqvist till TT och SVT."
    found = {ent.text for ent in pipelines["sv"](text).ents}
    assert found == {"Nato", "EU", "FN", "Anna Lindqvist", "TT", "SVT"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the annotated dev sets are not here")
@pytest.mark.slow
@pytest.mark.parametrize(("language", "floor"), [("da", 79.5), ("sv", 87.0)])
def test_dev_score(pipelines: dict[str, Language], language: str, floor: float) -> None:
    lines = (SHARED / f"ner/{language}-dev.jsonl").read_text(encoding="utf-8").splitlines()
    three = {"GPE_LOC": "LOC", "GPE_ORG": "LOC", "LOC": "LOC", "PER": "PER", "ORG": "ORG"}
    hits = wanted = found = 0
    for row in map(json.loads, lines):
        gold = {(e["start"], e["end"], three[e["label"]]) for e in row["entities"]
                if e["label"] in three and not e.get("part")}  # fmt: skip
        doc = pipelines[language](row["text"])
        mine = {(e.start_char, e.end_char, three[e.label_]) for e in doc.ents if e.label_ in three}
        skip = [*row.get("ignore", ()), *(e for e in row["entities"] if e.get("part"))]
        mine = {
            m for m in mine
            if m in gold or not any(m[0] < s["end"] and s["start"] < m[1] for s in skip)
        }  # fmt: skip
        hits, wanted, found = hits + len(gold & mine), wanted + len(gold), found + len(mine)
    assert 200 * hits / (wanted + found) >= floor
