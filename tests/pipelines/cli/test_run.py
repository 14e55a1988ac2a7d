"""``newsbeam run`` from the command line to the files that readers see."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import spacy
from deltalake import DeltaTable

from newsbeam.pipelines.cli.main import main
from tests.support.workplace import ROOT, Workplace

Command = Callable[[list[str]], tuple[int, str, str]]

STORY = "{title}\n\nOrdføreren er fornøyd med vedtaget i Bodø.\n– Dette er bra, sier Kari Dahl.\n"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with the two sample articles."""
    output = tmp_path_factory.mktemp("seeds")
    assert main(["run", str(ROOT / "configs/seeds.yaml"), "--output", str(output)]) == 0
    return output


def lines_of(name: str) -> list[str]:
    text = (ROOT / "seeds" / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip()]


def seed_row(lake: Path, name: str) -> dict[str, object]:
    table = pd.read_parquet(lake / "articles")
    (row,) = table[table["origin"].str.endswith(f"{name}.txt")].to_dict("records")
    return row


def test_seed_002_comes_out_exactly(seeds: Path) -> None:
    name = "002_280d5b0759e2e5e9"
    row = seed_row(seeds, name)
    title, *lines = lines_of(name)
    assert row["title"] == title == "Putin på plass i Kasakhstan – flere ledere besøker regionen"
    gone = [line["text"] for line in row["removed"]]
    captions = [line for line in lines if "Foto: " in line]
    assert len(captions) == 2
    assert sorted(gone) == sorted(
        [
            *captions,
            *["Artikkelen fortsetter under annonsen"] * 4,
            "Video: Putin-stikk til Vesten: – Jo mindre søppel, jo bedre",
        ]
    )
    kept = row["text"].split("\n")
    assert len(kept) == 8
    assert kept == [line for line in lines if line not in gone]
    assert {line["rule"] for line in row["removed"]} == {
        "photo_caption", "ad_break", "video_teaser",
    }  # fmt: skip
    assert len(row["headings"]) == 0


def test_seed_000_comes_out_exactly(seeds: Path) -> None:
    name = "000_417ea550213c305f"
    row = seed_row(seeds, name)
    assert pd.isna(row["title"])
    gone = [line["text"] for line in row["removed"]]
    assert gone == [
        "Påstått sabotasje-angrep: - Helt urealistisk",
        "Angriper Russland: Hyller Breivik",
        "Kommenterer sykdomsrykter: - Har virus",
        "Rapport med varsko: - Har blitt bedre",
    ]
    assert row["text"].split("\n") == [line for line in lines_of(name) if line not in gone]
    assert [heading["text"] for heading in row["headings"]] == [
        "- Tror Putin er rasende",
        "Ekspert: - Gjennomtenkt",
        "Ba om hjelp i fjor",
    ]


@pytest.mark.parametrize("name", ["000_417ea550213c305f", "002_280d5b0759e2e5e9"])
def test_seeds_have_entities_and_quotes_that_lie_in_the_text(seeds: Path, name: str) -> None:
    row = seed_row(seeds, name)
    text = row["text"]
    for found in (row["entities"], row["quotes"], row["headings"]):
        assert all(text[item["start"] : item["end"]] == item["text"] for item in found)
    names = {entity["name"] for entity in row["entities"] if entity["label"] == "PER"}
    assert {"Vladimir Putin", "Kassym-Jomart Tokajev"} <= names
    speakers = {quote["speaker"] for quote in row["quotes"]}
    expected = {"Kassym-Jomart Tokajev"} | (
        {"Iver Neumann", "Ivar Dale"} if name.startswith("000") else {"Vladimir Putin"}
    )
    assert speakers == expected
    assert row["language"] == "nb"


def test_second_run_knows_everything_and_changes_nothing(workplace: Workplace) -> None:
    for number in range(3):
        workplace.write(f"{number}.txt", STORY.format(title=f"Sak {number}"))
    assert workplace.run()["new"] == 3
    version = DeltaTable(workplace.output / "articles").version()
    before = workplace.articles()
    count = workplace.run()
    assert (count["read"], count["known"], count["new"]) == (3, 3, 0)
    assert DeltaTable(workplace.output / "articles").version() == version
    pd.testing.assert_frame_equal(workplace.articles(), before)


@pytest.mark.slow
def test_pandas_duckdb_and_delta_agree_row_by_row(workplace: Workplace) -> None:
    workplace.write("a.txt", STORY.format(title="Først"))
    workplace.run()
    workplace.write("a.txt", STORY.format(title="Så"))
    workplace.write("b.jsonl", '{"text": "Kort.", "published_at": "2024-05-17T10:00:00+02:00"}\n')
    workplace.run()
    folder = workplace.output / "articles"
    frames = [
        pd.read_parquet(folder),
        DeltaTable(folder).to_pandas(),
        duckdb.sql(f"FROM read_parquet('{folder}/**/*.parquet', hive_partitioning=1)").df(),
        duckdb.sql(
            f"FROM read_parquet('{folder}/source=*/**/*.parquet', hive_partitioning=1)"
        ).df(),
    ]
    rows = [sorted(map(repr, map(plain_row, frame.to_dict("records")))) for frame in frames]
    assert len(rows[0]) == 3
    assert rows[0] == rows[1] == rows[2] == rows[3]
    assert "2024-05-17" in str(rows[0])


def plain_row(row: dict[str, object]) -> list[tuple[str, object]]:
    """A row without the differences that are the readers' own (arrays, NaN, time types)."""

    def plain(value: object) -> object:
        if hasattr(value, "tolist"):
            value = value.tolist()
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {key: plain(item) for key, item in sorted(value.items())}
        if value is None or value != value or value is pd.NaT:
            return None
        if hasattr(value, "tz_convert") and value.tzinfo:
            return value.tz_convert("UTC").isoformat()
        return str(value)[:10] if hasattr(value, "isoformat") else value

    return sorted((name, plain(value)) for name, value in row.items())


def test_edited_article_becomes_revision_two_and_the_old_row_stays(workplace: Workplace) -> None:
    workplace.write("a.txt", STORY.format(title="Først"))
    workplace.write("b.txt", STORY.format(title="Annen"))
    workplace.run()
    workplace.write("a.txt", STORY.format(title="Rettet"))
    count = workplace.run()
    assert (count["new"], count["revised"], count["known"]) == (0, 1, 1)
    table = workplace.articles()
    first, second = table[table["origin"].str.endswith("a.txt")].to_dict("records")
    assert (first["revision"], first["title"]) == (1, "Først")
    assert (second["revision"], second["title"]) == (2, "Rettet")
    assert first["article_id"] == second["article_id"]
    workplace.write("a.txt", STORY.format(title="Først"))
    assert workplace.run()["revised"] == 1, "a change back is a change"
    assert workplace.run()["known"] == 2


@pytest.mark.slow
def test_reprocess_adds_a_revision_only_where_the_result_differs(workplace: Workplace) -> None:
    workplace.write("a.txt", STORY.format(title="En"))
    workplace.write("b.txt", STORY.format(title="To") + "Hilsen redaksjonen i Avis\n")
    workplace.run()
    assert workplace.run("--reprocess")["known"] == 2
    workplace.configure(
        "id: avis\nlanguage: nb\nfiles: ['in/*']\n"
        "clean: {rules: [{name: greeting, pattern: 'hilsen redaksjonen.*'}]}\n"
    )
    assert workplace.run()["known"] == 2, "known files are skipped whatever the rules say"
    count = workplace.run("--reprocess")
    assert (count["known"], count["revised"]) == (1, 1)
    last = workplace.articles().to_dict("records")[-1]
    assert last["removed"][0] == {"rule": "greeting", "text": "Hilsen redaksjonen i Avis"}


def test_dry_run_counts_and_writes_nothing(workplace: Workplace) -> None:
    workplace.write("a.txt", STORY.format(title="En"))
    workplace.write("b.jsonl", "{\n")
    count = workplace.run("--dry-run")
    assert (count["new"], count["rejected"]) == (1, {"invalid_json": 1})
    assert not workplace.output.exists()
    workplace.run()
    before = sorted(workplace.output.rglob("*"))
    assert workplace.run("--dry-run")["known"] == 1
    assert sorted(workplace.output.rglob("*")) == before


@pytest.mark.slow
def test_worker_processes_give_the_same_rows(workplace: Workplace) -> None:
    for number in range(8):
        workplace.write(f"{number}.txt", STORY.format(title=f"Sak {number}"))
    workplace.run()
    one = workplace.articles()
    subprocess.run(
        [sys.executable, "-m", "newsbeam", "run", str(workplace.folder / "avis.yaml"),
         "--output", str(workplace.folder / "two"), "--workers", "2"],
        check=True, capture_output=True,
    )  # fmt: skip
    two = pd.read_parquet(workplace.folder / "two" / "articles").sort_values("origin")
    assert len(two) == 8
    same = [c for c in one.columns if c not in ("run_id", "ingested_at", "published_date")]
    pd.testing.assert_frame_equal(
        one[same].reset_index(drop=True), two[same].reset_index(drop=True)
    )


@pytest.mark.slow
def test_two_runs_at_the_same_moment_lose_and_repeat_nothing(workplace: Workplace) -> None:
    workplace.configure(
        "id: avis\nlanguage: nb\nfiles: ['in/*']\nenrich: {pipelines: {nb: null, nn: null}}\n"
    )
    for number in range(20):
        workplace.write(f"{number}.txt", STORY.format(title=f"Sak {number}"))
    command = [
        sys.executable, "-m", "newsbeam", "run", str(workplace.folder / "avis.yaml"),
        "--output", str(workplace.output), "--json",
    ]  # fmt: skip
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)
    ]
    counts = []
    for run in runs:
        out, err = run.communicate()
        assert run.returncode == 0, err.decode()
        counts.append(json.loads(out)["sources"]["avis"])
    assert sum(count["new"] for count in counts) == 20
    assert sum(count["known"] for count in counts) == 40
    table = workplace.articles()
    assert len(table) == 20
    assert table["article_id"].is_unique
    assert len(DeltaTable(workplace.output / "articles").to_pandas()) == 20


def test_summary_for_people_names_the_data_and_a_query_that_works(
    workplace: Workplace, newsbeam: Command
) -> None:
    workplace.write("a.txt", STORY.format(title="En"))
    workplace.write("tom.txt", "")
    code, out, _ = newsbeam(
        ["run", str(workplace.folder / "avis.yaml"), "--output", str(workplace.output)]
    )
    assert code == 0
    assert "1 empty" in out
    query = out[out.index("SELECT") :]
    assert duckdb.sql(query).fetchall()[0][2:] == ("Kari Dahl", "Dette er bra")


@pytest.mark.slow
def test_another_spacy_pipeline_can_be_named_for_a_language(workplace: Workplace) -> None:
    nlp = spacy.blank("da")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "GPE", "pattern": "Aarhus"}])
    nlp.to_disk(workplace.folder / "mine")
    workplace.configure(
        "id: avis\nlanguage: da\nfiles: ['in/*']\nenrich: {pipelines: {da: mine}}\n"
    )
    workplace.write("a.txt", "Der er fest i Aarhus i dag, og alle er med.\n")
    assert workplace.run()["entities"] == 1
    (entity,) = workplace.articles()["entities"].iloc[0]
    assert (entity["text"], entity["label"]) == ("Aarhus", "GPE")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "COMMAND"),
        (["run"], "CONFIG"),
        (["run", "x.yaml"], "--output"),
        (["run", "nowhere.yaml", "--output", "out"], "no such file or folder"),
        (["run", "x.yaml", "--output", "out", "--workers", "0"], "Must be > 0"),
        (["run", "x.yaml", "--output", "out", "--workers", "two"], "Invalid value"),
        (["run", "x.yaml", "--output", "ftp://host/lake"], "not at ftp://"),
        (["rnu"], 'Did you mean "run"'),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what(
    newsbeam: Command, arguments: list[str], message: str
) -> None:
    code, _, err = newsbeam(arguments)
    assert code == 2
    assert message in err


def test_output_that_is_a_file_is_wrong_usage(workplace: Workplace, newsbeam: Command) -> None:
    workplace.output.write_text("")
    code, _, err = newsbeam(
        ["run", str(workplace.folder / "avis.yaml"), "--output", str(workplace.output)]
    )
    assert (code, "is a file" in err) == (2, True)


def test_output_that_cannot_be_written_fails_with_1(
    workplace: Workplace, newsbeam: Command
) -> None:
    workplace.write("a.txt", STORY.format(title="En"))
    (workplace.folder / "block").write_text("")
    output = workplace.folder / "block" / "out"
    code, _, err = newsbeam(["run", str(workplace.folder / "avis.yaml"), "--output", str(output)])
    assert code == 1
    assert "the run failed" in err


def test_a_bug_fails_the_run_loudly_and_commits_nothing(
    workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workplace.write("a.txt", STORY.format(title="En"))

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("newsbeam.transforms.enrich.articles.annotate_texts", broken)
    with pytest.raises(ZeroDivisionError):
        workplace.run()
    monkeypatch.undo()
    assert DeltaTable(workplace.output / "articles").to_pandas().empty
    assert not list((workplace.output / "_staging").iterdir())
    assert workplace.run()["new"] == 1


def test_beam_options_go_to_beam(workplace: Workplace) -> None:
    workplace.write("a.txt", STORY.format(title="En"))
    assert workplace.run("--", "--runner=DirectRunner", "--direct_num_workers=1")["new"] == 1


def test_help_shows_an_example(newsbeam: Command) -> None:
    for arguments in (["--help"], ["run", "--help"], ["annotate", "--help"]):
        code, out, _ = newsbeam(arguments)
        assert code == 0
        assert "\n  newsbeam run " in out or "\n  newsbeam annotate articles.jsonl" in out


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ("files: ['gone/*.txt']", "no file matches `files` of avis"),
        ("files: ['avis.yaml']", "nothing could be used: 1 item rejected"),
        (
            "feeds: ['http://127.0.0.1:9/feed']\nfetch: {allow_addresses: [127.0.0.0/8]}",
            "no feed gave anything (1 of 1 failed)",
        ),
    ],
)
def test_a_run_that_gets_nothing_of_what_it_should_fails(
    tmp_path: Path, newsbeam: Command, config: str, sentence: str
) -> None:
    file = tmp_path / "avis.yaml"
    file.write_text(f"id: avis\n{config}\n", encoding="utf-8")
    code, out, err = newsbeam(["run", str(file), "--output", str(tmp_path / "lake"), "--json"])
    assert (code, json.loads(out)["failure"].partition(";")[0]) == (1, sentence)
    assert f"newsbeam: {sentence}" in err
