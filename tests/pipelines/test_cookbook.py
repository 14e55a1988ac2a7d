"""docs/cookbook.md: every question is asked of a real lake, and the answer is the right one."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from rich.console import Console

from newsbeam.pipelines.sql.joined_tables import add_tables
from newsbeam.pipelines.sql.run import SqlOptions, run_text
from newsbeam.transforms.lake.views import VIEWS, open_lake
from tests.support.workplace import ROOT

Command = Callable[[list[str]], tuple[int, str, str]]
_TEXT = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
_QUESTION = re.compile(r"^### (\d+)\. .*?```sql\n(.*?)```", re.DOTALL | re.MULTILINE)
QUESTIONS = {int(number): query for number, query in _QUESTION.findall(_TEXT)}

# Of each answer, rows that must be there, by some of their columns.
EXPECTED: dict[int, list[dict[str, Any]]] = {
    1: [{"speaker": "Kari Dahl", "quotes": 4, "papers": 3}, {"speaker": "Ola Moen", "quotes": 2}],
    2: [
        {"week": "2026-11-02", "speaker": "Kari Dahl", "quotes": 3},
        {"week": "2026-11-09", "speaker": "Per Lund", "quotes": 1},
        {"week": "2026-11-16", "speaker": "Kari Dahl", "quotes": 1},
    ],
    3: [{"speaker": "Kari Dahl", "together_with": "Ola Moen", "articles": 2}],
    4: [{"speaker_role": "ordfører", "quotes": 3, "who": ["Kari Dahl"]}],
    5: [{"source": "nynytt", "speaker": "Kari Dahl", "words": 17}],
    6: [{"source": "dagen", "articles": 2, "quotes": 4, "per_article": 2, "without_speaker": 0}],
    7: [{"source": "dagen"}, {"source": "posten", "title": "Stenger brua over Storsundet"}],
    8: [{"name": "Kari Dahl", "together_with": "Ola Moen", "articles": 2}],
    9: [{"name": "Per Lund", "label": "PER", "first_named": "2026-11-15"}],
    10: [{"section": "Sport", "articles": 1}],
    11: [{"source": "nynytt", "percent_nynorsk": 100}, {"source": "dagen", "percent_nynorsk": 0}],
    12: [{"source": "dagen", "percent_paywalled": 50}, {"source": "nynytt", "not_told": 1}],
    13: [{"revisions": 2, "source": "dagen", "title": "Skolen i Vik reddet på overtid"}],
    14: [{"before": "Skolen i Vik legges ned", "after": "Skolen i Vik reddet på overtid"}],
    15: [
        {"revision": 2, "what": "gone", "line": "Vedtaket får virkning fra august."},
        {"revision": 2, "what": "new",
         "line": "Kommunestyret i Vik snudde torsdag og beholder skolen."},
    ],
    16: [{"first": "dagen", "papers": ["dagen", "posten"], "spread": "02:30:00"}],
    17: [{"source": "dagen", "percent_shared": 50}, {"source": "nynytt", "percent_shared": 0}],
    18: [{"source": "dagen", "articles": 2}],
    19: [{"source": "nynytt", "is_silent": True, "last_outcome": "failed",
          "why": "503 Service Unavailable"}],
    20: [{"feed": "https://posten.example/rss", "polls": 5, "percent_not_modified": 80}],
    21: [{"source": "posten", "stage": "read", "reason": "invalid_json", "items": 1}],
    22: [{"source": "dagen", "rule": "related_link", "lines": 2}],
    23: [{"source": "posten", "number": 1, "speaker": "Per Lund", "cue": "sier"}],
    24: [{"source": "posten", "voices": 3, "women": 1, "men": 2, "percent_women_of_known": 33}],
    25: [{"role": "ordfører", "voices": 3, "women": 3}, {"role": "trener", "women": 0, "men": 1}],
    26: [{"speaker": "Kari Dahl", "quoted": 4, "reported": 1, "percent_quoted": 80}],
    27: [{"month": "2026-11-01", "statements": 2, "speakers": 2}],
    28: [{"month": "2026-11-01", "name": "Kari Dahl", "quotes": 4, "papers": 3}],
    29: [{"source": "nynytt", "speaker": "Kari Dahl"}],
    30: [],  # nobody names anybody in what they say there
    31: [{"source": "dagen", "title": "Brua stenges i tre uker"},
          {"source": "posten", "title": "Cupfinale i Bodø", "hits": [1, 3]}],
    32: [{"party": "A", "name": "Kari Dahl", "quotes": 4}, {"party": "B", "quotes": 0}],
    33: [{"source": "dagen", "published": "2026-11-03 19:00:00"}],
}  # fmt: skip
LIST = "name,party\nKari Dahl,A\nIngen,B\n"
# Of some, how many rows there are in all: what must not be there is not.
COUNTS = {
    3: 2,
    7: 2,
    13: 1,
    14: 1,
    15: 5,
    16: 1,
    19: 1,
    21: 2,
    22: 1,
    23: 8,
    24: 3,
    25: 4,
    26: 4,
    27: 1,
    28: 4,
    29: 4,
    30: 0,
}


@pytest.fixture
def lake(newsroom: Path) -> Path:
    return newsroom / "lake"


@pytest.fixture(scope="module")
def asked(
    newsroom: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Any]]:
    """Asks the lake, open once for all questions, as ``newsbeam sql --with list.csv`` does."""
    listed = tmp_path_factory.mktemp("listed") / "list.csv"
    listed.write_text(LIST, "utf-8")
    options = SqlOptions(newsroom / "lake", format="json", tables=(listed,))
    with open_lake(options.root, prepare=lambda one: add_tables(one, options.tables)) as opened:

        def ask(query: str) -> Any:
            out = io.StringIO()
            run_text(opened, query, options, Console(file=out), Console(file=io.StringIO()))
            return json.loads(out.getvalue())

        yield ask


def test_every_block_of_sql_is_a_numbered_question() -> None:
    assert list(QUESTIONS) == list(range(1, len(EXPECTED) + 1))
    assert len(QUESTIONS) == _TEXT.count("```sql") >= 20


@pytest.mark.parametrize("number", EXPECTED)
def test_the_answer_is_right(number: int, asked: Callable[[str], Any]) -> None:
    rows = asked(QUESTIONS[number])
    for wanted in EXPECTED[number]:
        found = [{name: row[name] for name in wanted} for row in rows]
        assert wanted in found, rows
    assert len(rows) == COUNTS.get(number, len(rows)), rows


def test_a_list_of_ones_own_is_joined(
    lake: Path, newsbeam: Command, tmp_path: Path, asked: Callable[[str], Any]
) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(LIST, "utf-8")
    code, out, err = newsbeam(
        ["sql", str(lake), QUESTIONS[32], "--format", "json", "--with", str(listed)]
    )
    assert code == 0, err
    assert json.loads(out) == asked(QUESTIONS[32]) != []


def test_the_table_for_pandas_is_one(lake: Path, newsbeam: Command, tmp_path: Path) -> None:
    query, place = tmp_path / "quotes.sql", tmp_path / "quotes.parquet"
    query.write_text(QUESTIONS[23])
    code, _, err = newsbeam(
        ["sql", str(lake), "--file", str(query), "--format", "parquet", "--output", str(place)]
    )
    assert code == 0, err
    assert len(pd.read_parquet(place)) == 8


def test_plain_duckdb_shows_the_same(lake: Path, newsbeam: Command) -> None:
    code, out, err = newsbeam(["sql", str(lake), "--print-views"])
    assert code == 0, err
    with duckdb.connect() as plain, open_lake(lake) as ours:
        plain.execute(out)
        for view in [*(view.name for view in VIEWS), "search('brua')"]:
            query = f"SELECT t::VARCHAR AS row FROM {view} AS t ORDER BY ALL"
            assert plain.sql(query).fetchall() == ours.sql(query).fetchall() != [], view


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("quotes.csv", "a,b\n1,2\n", "there is a table 'quotes' already"),
        ("none.csv", None, "there is no such file"),
        ("list.xlsx", "x", "--with takes .csv, .tsv"),
        ("list.parquet", "x", "cannot be read"),
    ],
)
def test_what_cannot_be_joined_is_told(
    lake: Path, newsbeam: Command, tmp_path: Path, name: str, content: str | None, fault: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    code, out, err = newsbeam(["sql", str(lake), "SELECT 1", "--with", str(tmp_path / name)])
    assert (code, out, fault in err) == (2, "", True), err


def test_a_joined_file_opens_no_other(lake: Path, newsbeam: Command, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.csv").write_text("a\n1\n")
    query = f"FROM '{tmp_path / 'two.csv'}'"
    code, out, _ = newsbeam(["sql", str(lake), query, "--with", str(tmp_path / "one.csv")])
    assert (code, out) == (2, "")
