"""The configs of real sources that come with newsbeam."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest

from pipelines.config import DEFAULTS_FILE, load_job
from pipelines.reference import ROOT, make_source_schema
from pipelines.yaml_lines import parse_yaml
from transforms.identity import canonicalize_url

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
