"""The shipped pipeline: its record, its size, what it finds, and how well."""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language

from newsbeam.transforms.enrich.annotate import load_pipeline
from tests.support.workplace import ROOT, SHARED

nb_newsbeam = importlib.import_module("nb_newsbeam")
PACKAGE = Path(str(nb_newsbeam.__file__)).parent
DATA = SHARED / "ner"
MEGABYTE = 1_000_000
# F on the raw text of the dev sets, as measured when the pipeline was packaged, minus 0.3.
FLOORS = {"nb": 85.2, "nn": 82.6}


@pytest.fixture(scope="module")
def pipeline() -> Language:
    return load_pipeline("nb_newsbeam")


@pytest.fixture(scope="module")
def meta() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PACKAGE / "meta.json").read_text(encoding="utf-8"))
    return found


def found_in(pipeline: Language, text: str) -> set[tuple[str, str]]:
    """The entities, all kinds of geopolitical ones as GPE."""
    return {
        (ent.text, ent.label_.removesuffix("_LOC").removesuffix("_ORG"))
        for ent in pipeline(text).ents
    }


def test_package_folder_is_one_pipeline(meta: dict[str, Any]) -> None:
    data = PACKAGE / f"{meta['lang']}_{meta['name']}-{meta['version']}"
    assert [path.name for path in PACKAGE.glob("nb_newsbeam-*")] == [data.name]
    assert json.loads((data / "meta.json").read_text(encoding="utf-8")) == meta
    assert nb_newsbeam.__version__ == meta["version"]
    assert spacy.load(data).pipe_names == ["ner"]


@pytest.mark.parametrize("package", ["nb_newsbeam", "dasv_newsbeam"])
def test_project_has_the_version_of_its_pipeline(package: str) -> None:
    folder = ROOT / "models" / package
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    meta = json.loads((folder / package / "meta.json").read_text(encoding="utf-8"))
    assert project["project"]["version"] == meta["version"]


def test_size() -> None:
    size = sum(path.stat().st_size for path in PACKAGE.rglob("*") if path.is_file())
    assert size <= 25 * MEGABYTE


def test_record_of_its_making(meta: dict[str, Any]) -> None:
    made = meta["training"]
    assert made["seed"] in {1, 2, 3}
    assert made["versions"].keys() >= {"python", "spacy"}
    assert made["sha256"].keys() >= {"nb-train.ndt.conll.xz", "nn-train.ndt.conll.xz"}
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in made["sha256"].values())
    for language, floor in FLOORS.items():
        assert made["scores"][f"{language}_dev"]["F"] >= floor


def test_labels(pipeline: Language) -> None:
    assert set(pipeline.get_pipe("ner").labels) == {
        *("PER", "ORG", "GPE_LOC", "GPE_ORG", "LOC", "PROD", "EVT", "DRV", "MISC")
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Statsminister Jonas Gahr Støre møtte Angela Merkel i Berlin på torsdag.",
            {("Jonas Gahr Støre", "PER"), ("Angela Merkel", "PER"), ("Berlin", "GPE")},
        ),
        (
            "– Vi reiser til Bergen i morgen, sier Kari Hansen til NTB.",
            {("Bergen", "GPE"), ("Kari Hansen", "PER"), ("NTB", "ORG")},
        ),
        (
            "Statsminister Jonas Gahr Støre møtte Angela Merkel i Berlin førre veke.",
            {("Jonas Gahr Støre", "PER"), ("Angela Merkel", "PER"), ("Berlin", "GPE")},
        ),
        (
            "– Me reiser til Førde i morgon, seier Anne Viken til NRK.",
            {("Førde", "GPE"), ("Anne Viken", "PER"), ("NRK", "ORG")},
        ),
        (
            "Ursula von der Leyen var gjest på TV 2. Det melder E24.",
            {("Ursula von der Leyen", "PER"), ("TV 2", "PROD"), ("E24", "ORG")},
        ),
        (
            "Forsker ved Fridtjof Nansens Institutt, Lars Bru, er enig.",
            {("Fridtjof Nansens Institutt", "ORG"), ("Lars Bru", "PER")},
        ),
        ("Det går ikkje så bra no, men det kan verte betre til hausten.", set()),
        ("Det går ikke så bra nå, men det kan bli bedre til høsten.", set()),
    ],
)
def test_obvious_entities(pipeline: Language, text: str, expected: set[tuple[str, str]]) -> None:
    assert found_in(pipeline, text) == expected


def test_full_stop_after_a_party_is_no_part_of_it(pipeline: Language) -> None:
    assert [token.text for token in pipeline("De stemmer Frp. Vi stemmer Sp.")] == [
        *("De", "stemmer", "Frp", ".", "Vi", "stemmer", "Sp", ".")
    ]


def test_entities_have_scores(pipeline: Language) -> None:
    entities = pipeline("Jonas Gahr Støre møtte Angela Merkel i Berlin.").ents
    assert len(entities) == 3
    assert all(0.5 < entity._.score <= 1 for entity in entities)


@pytest.mark.skipif(not DATA.is_dir(), reason="the annotated dev sets (NorNE) are not here")
@pytest.mark.slow
@pytest.mark.parametrize("language", FLOORS)
def test_dev_score(pipeline: Language, meta: dict[str, Any], language: str) -> None:
    lines = (DATA / f"{language}-dev.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    gold = {(row["id"], e["start"], e["end"], e["label"]) for row in rows for e in row["entities"]}
    found = {
        (row["id"], ent.start_char, ent.end_char, ent.label_)
        for row, doc in zip(rows, pipeline.pipe(row["text"] for row in rows), strict=True)
        for ent in doc.ents
    }
    score = 200 * len(gold & found) / (len(gold) + len(found))
    assert score >= FLOORS[language]
    recorded = meta["training"]["scores"][f"{language}_dev"]["F"]
    assert score == pytest.approx(recorded, abs=0.1)
