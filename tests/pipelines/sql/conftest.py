"""A lake to ask: two articles in three revisions, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, REJECTS, STORIES, make_reject_row
from newsbeam.transforms.records import Rejection
from tests.support.sql_lakes import EVIL, NOW, article, row, story_row
from tests.support.stored import store


@pytest.fixture(scope="module")
def made_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two articles in three revisions, a reject, stories told twice."""
    lake = Lake(tmp_path_factory.mktemp("made") / "lake")
    lake.create()
    first, other = row(article("a", "Før")), row(article("b", EVIL, source="blad", day=3))
    store(lake, ARTICLES, [first, other])
    store(lake, ARTICLES, [row(article("a", "Etter"), 2)])
    rejection = Rejection("avis", "read", "empty", "nothing in it", "c.txt")
    store(lake, REJECTS, [make_reject_row(rejection, run_id="r", started_at=NOW)])
    told = [(first, "old", 1), (first, "new", 2), (first, None, 3), (other, "new", 1)]
    store(lake, STORIES, [story_row(r["article_id"], story, at) for r, story, at in told])
    return lake


@pytest.fixture
def lake(made_lake: Lake, tmp_path: Path) -> Lake:
    """A copy of the made lake."""
    return Lake(shutil.copytree(made_lake.root, tmp_path / "lake"))
