"""What each language has is listed and scored, and a new one takes one YAML file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.pipelines.missing import explain_missing
from newsbeam.transforms.enrich.annotate import annotate_texts
from newsbeam.transforms.settings.language import list_missing

Command = Callable[[list[str]], tuple[int, str, str]]
# A language that nobody speaks, with the grammar of the Scandinavian ones.
TOY = """\
code: qaa
name: Toyish
quotes:
  reporting_verbs: [zalo]
  pronouns: {masculine: [zan], feminine: [zun], speech: [zi]}
  role_nouns: [zerker]
  statements: {stating_verbs: [zalo]}
"""
TOY_TEXT = "– Zi bram untel gorp, zalo Kari Nes.\nOmmer tolp ranna.\n– Zi varn ikker, zalo zun."


@pytest.fixture
def toys(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    (folder / "languages").mkdir(parents=True)
    (folder / "languages" / "qaa.yaml").write_text(TOY, encoding="utf-8")
    return folder


def test_a_new_language_takes_one_file(toys: Path, tmp_path: Path, newsbeam: Command) -> None:
    lines = tmp_path / "texts.jsonl"
    lines.write_text(json.dumps({"text": TOY_TEXT, "language": "qaa"}) + "\n", encoding="utf-8")
    code, out, err = newsbeam(["annotate", str(lines), "--config", str(toys)])
    assert code == 0
    quotes = json.loads(out)["quotes"]
    assert [(q["text"], q["speaker"]) for q in quotes] == [
        ("Zi bram untel gorp", "Kari Nes"),
        ("Zi varn ikker", "Kari Nes"),
    ]
    assert "No entities are looked for in 'qaa'" in err
    assert "quotes" not in err
    code, out, err = newsbeam(["annotate", str(lines)])
    assert json.loads(out)["quotes"] == []
    assert "No entities and no quotes are looked for in 'qaa'" in err


def test_a_preview_reads_by_the_languages_of_a_folder(
    toys: Path, tmp_path: Path, newsbeam: Command
) -> None:
    article = tmp_path / "article.txt"
    article.write_text(f"Ommer tolp\n\n{TOY_TEXT}\n", encoding="utf-8")
    (toys / "defaults.yaml").write_text("language: qaa\n", encoding="utf-8")
    code, out, _ = newsbeam(["preview", str(article), "--config", str(toys)])
    assert code == 0
    assert "Kari Nes (cue: zalo)" in out
    assert "No entities are looked for in 'qaa'" in out
    code, _, err = newsbeam(["preview", str(article), "--config", str(toys), "--source", "x"])
    assert code == 2
    code, _, err = newsbeam(["preview", str(article), "--config", str(toys / "gone")])
    assert (code, "no such file or folder" in err) == (2, True)


def test_languages_are_listed_with_what_they_have(toys: Path, newsbeam: Command) -> None:
    code, out, _ = newsbeam(["languages", "--json", "--config", str(toys)])
    assert code == 0
    rows = {row["code"]: row for row in json.loads(out)}
    assert set(rows) == {*load_shipped_languages(), "qaa"}
    assert (rows["nb"]["has_lexicon"], rows["nb"]["is_installed"]) == (True, True)
    assert rows["qaa"] == {
        "code": "qaa", "name": "Toyish", "rules": 0, "has_lexicon": True, "pipeline": None,
        "is_installed": False,
    }  # fmt: skip
    code, out, _ = newsbeam(["languages", "--config", str(toys)])
    assert code == 0
    assert "Toyish" in out
    assert "no pipeline" in out


def test_a_lexicon_is_scored_on_marked_texts(toys: Path, tmp_path: Path, newsbeam: Command) -> None:
    marked = tmp_path / "marked.jsonl"
    gold = [
        {"text": "Zi bram untel gorp", "speaker": "Kari Nes"},
        {"text": "Zi varn ikker", "speaker": "Per Moe"},
        {"text": "tolp", "speaker": None},
    ]
    marked.write_text(json.dumps({"text": TOY_TEXT, "quotes": gold}) + "\n", encoding="utf-8")
    check = ["languages", "check", "qaa", str(marked)]
    code, out, _ = newsbeam([*check, "--config", str(toys)])
    assert code == 0
    assert out.splitlines() == [
        "line 1: speaker Kari Nes, should be Per Moe: Zi varn ikker",
        "line 1: not found: tolp",
        "3 quotes marked, 2 found, 2 in both: precision 1.00, recall 0.67, speaker 0.50",
    ]
    code, _, err = newsbeam(check)
    assert (code, "write a lexicon in languages/qaa.yaml" in err) == (2, True)
    for bad in ("{", "[]", '{"text": "a"}', '{"text": "a", "quotes": [{"text": "b"}]}'):
        marked.write_text(f'{{"text": "", "quotes": []}}\n{bad}\n', encoding="utf-8")
        code, _, err = newsbeam([*check, "--config", str(toys)])
        assert (code, "line 2 should be an object" in err) == (2, True), bad


@pytest.mark.slow
def test_a_run_says_what_it_did_not_look_for(tmp_path: Path, newsbeam: Command) -> None:
    text = "Le maire a parlé aux habitants de la ville hier soir. " * 12
    for number in range(2):
        (tmp_path / f"{number}.txt").write_text(f"Titre {number}\n\n{text}", encoding="utf-8")
    config = tmp_path / "avis.yaml"
    config.write_text("id: avis\nlanguage: fr\nfiles: ['*.txt']\n", encoding="utf-8")
    run = ["run", str(config), "--output", str(tmp_path / "lake")]
    code, out, err = newsbeam(run)
    assert code == 0
    assert "No entities and no quotes are looked for in 2 articles in 'fr'" in out + err
    both = {"entities": {"fr": 2}, "quotes": {"fr": 2}}
    code, out, _ = newsbeam([*run, "--reprocess", "--dry-run", "--json"])
    assert json.loads(out)["sources"]["avis"]["missing"] == both
    lake = str(tmp_path / "lake")
    code, out, _ = newsbeam(["status", lake])
    assert "avis: No entities and no quotes are looked for in 2 articles in 'fr'" in out
    code, out, _ = newsbeam(["status", lake, "--json"])
    assert json.loads(out)["sources"][0]["missing"] == both
    page = tmp_path / "report.html"
    assert newsbeam(["report", lake, "--output", str(page)])[0] == 0
    assert "No entities and no quotes are looked for" in page.read_text("utf-8")
    config.write_text(
        "id: avis\nlanguage: fr\nfiles: ['*.txt']\nenrich: {pipelines: {fr: null}}\n",
        encoding="utf-8",
    )
    code, out, _ = newsbeam([*run, "--reprocess", "--dry-run", "--json"])
    assert json.loads(out)["sources"]["avis"]["missing"] == {"quotes": {"fr": 2}}


def test_what_is_missing_is_said_by_language() -> None:
    found = explain_missing({"quotes": {"en": 3, "da-DK": 1}, "entities": {"en": 3}})
    assert [line.partition(":")[0] for line in found] == [
        "No quotes are looked for in 1 article in Danish (da-DK)",
        "No quotes and no entities are looked for in 3 articles in English (en)",
    ]


def test_english_has_quotes_and_statements_and_asks_for_a_pipeline() -> None:
    assert list_missing("en-GB", load_shipped_languages()) == ("entities",)


def test_german_has_quotes_and_says_that_statements_are_missing() -> None:
    assert list_missing("de", load_shipped_languages()) == ("entities", "statements")


@pytest.mark.parametrize("tag", ["nb", "nn", "da", "sv", "nn-NO"])
def test_the_scandinavian_languages_have_all(tag: str) -> None:
    missing = list_missing(tag, load_shipped_languages())
    assert missing == ()


@pytest.mark.parametrize(
    ("tag", "text", "found"),
    [
        (
            "da",
            (
                "– Vi er klar til valget, siger borgmester Mette Holm.\n"
                'Borgmesteren vil ikke sige mere. "Det er en svær sag", tilføjer hun til Ritzau.'
            ),
            [("Vi er klar til valget", "Mette Holm"), ("Det er en svær sag", "Mette Holm")],
        ),
        (
            "sv",
            (
                "– Vi är redo för valet, säger kommunalrådet Karin Ek.\n"
                "”Det är en svår fråga”, tillade hon till TT. Enligt Anders Berg är ”allt klart”."
            ),
            [
                ("Vi är redo för valet", "Karin Ek"),
                ("Det är en svår fråga", "Karin Ek"),
                ("allt klart", "Anders Berg"),
            ],
        ),
    ],
)
def test_danish_and_swedish_quotes_have_their_speakers(
    tag: str, text: str, found: list[tuple[str, str]]
) -> None:
    ((_, said),) = annotate_texts([text], load_shipped_languages()[tag])
    assert [(quote.text, quote.speaker) for quote in said.quotes] == found
