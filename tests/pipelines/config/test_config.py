"""Configs: small ones work, and every fault of every file is told with its place."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsbeam.pipelines.config.job import ConfigError
from newsbeam.pipelines.config.load import find_configs, load_job, load_shipped_languages
from newsbeam.pipelines.config.yaml_lines import YamlError, parse_yaml


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def faults(*paths: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_job(list(paths))
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("name", ["sak.html", "saker.jsonl", "saker.csv.gz", "arkiv.warc.gz"])
def test_articles_are_no_config(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"<p>Hei")
    with pytest.raises(ConfigError, match="holds articles, and is no config"):
        find_configs([tmp_path / name])


def test_an_address_is_no_config() -> None:
    with pytest.raises(
        ConfigError, match=r"newsbeam source add https://www.avisen.example/nyheter"
    ):
        find_configs([Path("https://www.avisen.example/nyheter")])


def test_smallest_config_is_an_id_and_one_glob(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "id: avis\nfiles: ['*.txt']\n")
    job = load_job([path])
    assert [source.id for source in job.sources] == ["avis"]
    assert job.folders["avis"] == tmp_path
    assert {"nb", "nn", "da", "sv", "en"} <= set(job.languages)


def test_norway_is_no_boolean(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "id: avis\nlanguage: no\nfiles: ['*.txt']\n")
    assert load_job([path]).sources[0].language == "no"


def test_folder_counts_as_all_of_its_configs(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "id: a\nfiles: ['*.txt']\n")
    write(tmp_path, "b.yml", "id: b\nfiles: ['*.txt']\n")
    write(tmp_path, "notes.txt", "not a config")
    assert [source.id for source in load_job([tmp_path]).sources] == ["a", "b"]


def test_all_faults_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    one = write(
        tmp_path,
        "one.yaml",
        "id: ../../etc\n"
        "langauge: nb\n"
        "timezone: Europe/Olso\n"
        "files: bilder.txt\n"
        "clean:\n"
        "  rules:\n"
        "    - name: a\n"
        "      patern: x\n"
        "    - name: b\n"
        "      pattern: '('\n",
    )
    two = write(tmp_path, "two.yaml", "files: ['*.txt']\nextract: {max_bytes: '12'}\n")
    found = faults(one, two)
    expected = [
        ("one.yaml:1: id: ", "'../../etc' is not allowed here"),
        ("one.yaml:2: langauge: ", "did you mean 'language'?"),
        ("one.yaml:3: timezone: ", "unknown time zone 'Europe/Olso'"),
        ("one.yaml:4: files: ", "should be a list"),
        ("one.yaml:8: clean.rules[0].patern: ", "did you mean 'pattern'?"),
        ("one.yaml:10: clean.rules[1].pattern: ", "not a valid regular expression"),
        ("two.yaml:1: id: ", "is required"),
        ("two.yaml:2: extract.max_bytes: ", "integer"),
    ]
    for place, message in expected:
        assert any(place in fault and message in fault for fault in found), (place, found)


@pytest.mark.parametrize(
    "bad", ["..", "a/b", "../x", "/abs", "A", "", "a b", "-a", "a" * 65, "a\\b", "a%2e", "å"]
)
def test_id_cannot_leave_its_folder(tmp_path: Path, bad: str) -> None:
    path = write(tmp_path, "a.yaml", f"id: '{bad}'\nfiles: ['*.txt']\n")
    assert any(":1: id: " in fault for fault in faults(path))


def test_duplicate_id_names_both_files(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "id: avis\nfiles: ['*.txt']\n")
    write(tmp_path, "b.yaml", "id: avis\nfiles: ['*.txt']\n")
    (fault,) = faults(tmp_path)
    assert "b.yaml:1" in fault
    assert "a.yaml" in fault


def test_repeated_key_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "id: a\nfiles: ['*.txt']\nid: b\n")
    assert any("a.yaml:3: id: stands here twice" in fault for fault in faults(path))


def test_number_where_text_belongs_says_to_quote_it(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "id: 730\nfiles: ['*.txt']\n")
    assert any('put it in quotes: "730"' in fault for fault in faults(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("- a\n- b\n", "no mapping"),
        ("id: [\n", "is not YAML"),
        ("id: !!python/object:os.system x\n", "is not YAML"),
    ],
)
def test_files_that_are_no_config(tmp_path: Path, text: str, message: str) -> None:
    (fault,) = faults(write(tmp_path, "a.yaml", text))
    assert message in fault


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("id: blåbær\n".encode("latin-1"))
    assert "not UTF-8" in faults(path)[0]


def test_missing_config_suggests_its_neighbour(tmp_path: Path) -> None:
    write(tmp_path, "avisen.yaml", "id: a\nfiles: ['*.txt']\n")
    (fault,) = faults(tmp_path / "avsien.yaml")
    assert "no such file" in fault
    assert "did you mean 'avisen.yaml'" in fault


def test_empty_folder_is_a_fault(tmp_path: Path) -> None:
    assert "no .yaml file" in faults(tmp_path)[0]


def test_names_of_rules_and_pipelines_must_exist(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.yaml",
        "id: a\nfiles: ['*.txt']\nclean:\n  disable: [foto_caption]\n"
        "enrich:\n  pipelines: {nb: nb_newsbaem}\n",
    )
    found = faults(path)
    assert any("a.yaml:4" in f and "did you mean 'photo_caption'" in f for f in found)
    assert any("a.yaml:6" in f and "not installed" in f and "nb_newsbeam" in f for f in found)


def test_languages_beside_the_config_are_added_and_replace(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "id: a\nfiles: ['*.txt']\n")
    write(tmp_path, "languages/fo.yaml", "code: fo\nname: Faroese\n")
    write(tmp_path, "languages/en.yaml", "code: en\nname: Our English\n")
    languages = load_job([path]).languages
    assert languages["fo"].name == "Faroese"
    assert languages["en"].name == "Our English"
    assert languages["nb"] == load_shipped_languages()["nb"]


def test_languages_are_packed_without_what_is_shipped(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "id: a\nfiles: ['*.txt']\n")
    write(tmp_path, "languages/fo.yaml", "code: fo\nname: Faroese\n")
    languages = load_job([path]).languages
    packed = pickle.dumps(languages)
    assert len(packed) < 2_000
    unpacked = pickle.loads(packed)  # noqa: S301
    assert unpacked == languages
    assert "fo" in unpacked
    assert unpacked["nb"] is load_shipped_languages()["nb"]


def test_language_file_under_a_wrong_name_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", "id: a\nfiles: ['*.txt']\n")
    write(tmp_path, "languages/xx.yaml", "code: fo\nname: Faroese\n")
    assert "xx.yaml:1: code" in faults(path)[0]


@given(st.text(max_size=60))
def test_any_text_parses_or_is_no_yaml(text: str) -> None:
    try:
        line = parse_yaml(text).line_of(("x", 0))
    except YamlError as error:
        line = error.line
    assert 1 <= line <= len(text.splitlines()) + 1


@pytest.mark.parametrize(
    ("scalar", "value"),
    [("no", "no"), ("on", "on"), ("true", True), ("12", 12), ("1_000", "1_000"),
     ("12:30", "12:30"), ("2026-01-01", "2026-01-01"), ("~", None), ("1.5", 1.5), ("0o17", "0o17")],
)  # fmt: skip
def test_scalars_follow_the_core_schema(scalar: str, value: object) -> None:
    assert parse_yaml(f"a: {scalar}").data == {"a": value}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: æøåæøåæ\x01\nb: 1\nc: 2", 1, "special characters"),
        ("a: æøåæøåæ\nb: \ud800\nc: 2", 2, "special characters"),
        ("a:\n  " + "[" * 200_000 + "]" * 200_000, 2, "too deep"),
        ("a:\n  " + "- " * 150 + "b", 2, "too deep"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(YamlError, match=message) as raised:
        parse_yaml(text)
    assert raised.value.line == line


def test_names_of_fields_the_wrong_way_round_are_explained(tmp_path: Path) -> None:
    file = tmp_path / "avis.yaml"
    file.write_text("id: avis\nfiles: ['*.csv']\nfields: {body: text}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"avis.yaml:3: fields: 'body' is no name of newsbeam's"):
        load_job([file])
