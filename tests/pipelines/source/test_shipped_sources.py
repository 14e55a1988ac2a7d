"""The configs of real sources that come with newsbeam."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest

from newsbeam.pipelines.cli.reference import ROOT, make_source_schema
from newsbeam.pipelines.config.job import ConfigError
from newsbeam.pipelines.config.load import DEFAULTS_FILE, load_job
from newsbeam.pipelines.config.yaml_lines import parse_yaml
from newsbeam.transforms.text.identity import canonicalize_url

Command = Callable[[list[str]], tuple[int, str, str]]
FOLDER = ROOT / "configs" / "sources"
PATHS = sorted(path for path in FOLDER.glob("*.yaml") if path.name != DEFAULTS_FILE)
CHECKED = re.compile(
    r"^# (Pages checked against saved pages \(of \d{4}-\d\d-\d\d\); the feed not|Not) yet checked "
    r"live \(\d{4}-\d\d-\d\d\)\.$|^# Checked live \(\d{4}-\d\d-\d\d\)\.$",
    re.MULTILINE,
)


def test_all_load_together_and_are_named_as_their_files() -> None:
    job = load_job([FOLDER])
    assert {source.id for source in job.sources} == {path.stem for path in PATHS}
    assert {"nrk", "vg", "dagbladet", "nettavisen"} <= {source.id for source in job.sources}


def test_no_feed_belongs_to_two_sources() -> None:
    urls = [feed.url for source in load_job([FOLDER]).sources for feed in source.feeds]
    assert len({canonicalize_url(url) for url in urls}) == len(urls)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_each_says_how_far_it_was_checked(path: Path) -> None:
    assert len(CHECKED.findall(path.read_text(encoding="utf-8"))) == 1


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_each_satisfies_the_schema_and_asks_over_https(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../source.schema.json\n")
    assert (FOLDER / "../source.schema.json").resolve().is_file()
    jsonschema.validate(parse_yaml(text).data, json.loads(make_source_schema()))
    (source,) = load_job([path]).sources
    assert source.language is not None
    assert source.name is not None
    assert {urlsplit(feed.url).scheme for feed in source.feeds} == {"https"}


def test_copies_are_sources_of_ones_own(tmp_path: Path, newsbeam: Command) -> None:
    folder = tmp_path / "mine"
    code, out, _ = newsbeam(["source", "copy", "nrk", "dr", "--to", str(folder)])
    assert code == 0
    assert f"newsbeam run {folder} --output lake" in out
    assert {source.id for source in load_job([folder]).sources} == {"nrk", "dr"}
    assert "source.schema.json" not in (folder / "nrk.yaml").read_text("utf-8")


def test_what_is_there_is_not_written_over(tmp_path: Path, newsbeam: Command) -> None:
    (tmp_path / "nrk.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "defaults.yaml").write_text("timezone: Europe/Oslo\n", encoding="utf-8")
    code, _, err = newsbeam(["source", "copy", "dr", "nrk", "--to", str(tmp_path)])
    assert (code, "nrk.yaml is there already" in err) == (1, True)
    assert not (tmp_path / "dr.yaml").exists()
    code, _, err = newsbeam(["source", "copy", "nrkk", "--to", str(tmp_path)])
    assert (code, "did you mean 'nrk'?" in err) == (2, True)
    assert newsbeam(["source", "copy", "dr", "--to", str(tmp_path)])[0] == 0
    assert (tmp_path / "defaults.yaml").read_text("utf-8") == "timezone: Europe/Oslo\n"


@pytest.mark.slow
def test_an_id_stands_for_a_shipped_source_where_no_file_does(tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        assert [source.id for source in load_job([Path("seeds")]).sources] == ["seeds"]
        (tmp_path / "seeds").mkdir()  # of articles, as in the repository
        assert [source.id for source in load_job([Path("seeds")]).sources] == ["seeds"]
        (tmp_path / "seeds" / "a.yaml").write_text("id: mine\nfiles: [a.txt]\n", encoding="utf-8")
        assert [source.id for source in load_job([Path("seeds")]).sources] == ["mine"]
        with pytest.raises(ConfigError, match="did you mean 'seeds'"):
            load_job([Path("seed")])
