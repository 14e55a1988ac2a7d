"""``newsbeam sql`` on real lakes: what its views hold, how results look, the prompt."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from newsbeam.pipelines.sql.prompt import history_file, is_complete
from newsbeam.pipelines.sql.result_formats import write_markdown
from newsbeam.pipelines.sql.result_table import fit_widths, show_table
from newsbeam.transforms.lake.known_database import refresh_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, TABLES
from newsbeam.transforms.lake.views import VIEWS, list_columns, open_lake, sql_type
from tests.support.sql_lakes import EVIL, Command, article, row
from tests.support.stored import store
from tests.support.waiting import PATIENCE
from tests.support.workplace import ROOT


@pytest.fixture
def ask(lake: Lake, newsbeam: Command) -> Callable[..., list[dict[str, Any]]]:
    def ask(query: str) -> list[dict[str, Any]]:
        code, out, err = newsbeam(["sql", str(lake.root), query, "--format", "json"])
        assert code == 0, err
        rows: list[dict[str, Any]] = json.loads(out)
        return rows

    return ask


Ask = Callable[[str], list[dict[str, Any]]]


@pytest.mark.parametrize("is_kept", [True, False])
def test_articles_are_the_newest_revisions(lake: Lake, ask: Ask, is_kept: bool) -> None:
    if is_kept:
        refresh_known(lake, lake.version(ARTICLES))
    assert ask("SELECT title, revision FROM articles ORDER BY source") == [
        {"title": "Etter", "revision": 2},
        {"title": EVIL, "revision": 1},
    ]
    assert ask("SELECT count(*) AS n FROM revisions") == [{"n": 3}]
    # What came after the kept state was made counts, too.
    store(lake, ARTICLES, [row(article("a", "Sist"), 3)])
    assert ask("SELECT title FROM articles WHERE source = 'avis'") == [{"title": "Sist"}]


def test_partition_columns_have_their_types_and_leave_out_files(lake: Lake, ask: Ask) -> None:
    assert ask(
        "SELECT source, published_date, typeof(published_date) AS type, "
        "typeof(published_at) AS at FROM articles WHERE published_date < DATE '2026-11-22'"
    ) == [
        {
            "source": "blad",
            "published_date": "2026-11-19",
            "type": "DATE",
            "at": "TIMESTAMP WITH TIME ZONE",
        }
    ]
    (plan,) = ask("EXPLAIN SELECT title FROM revisions WHERE source = 'blad'")
    assert "Scanning Files: 1/3" in plan["explain_value"]


def test_story_id_is_that_of_the_highest_decision(ask: Ask) -> None:
    assert ask("SELECT DISTINCT story_id FROM articles") == [{"story_id": "new"}]
    assert ask("SELECT decision FROM stories ORDER BY 1") == [{"decision": 1}, {"decision": 2}]


def test_who_only_counts_articles_opens_no_stories(lake: Lake) -> None:
    with open_lake(lake.root) as connection:
        query = "EXPLAIN SELECT source, count(*), sum(word_count) FROM {} GROUP BY source"
        views = ("articles", "internal.newest")
        plans = [connection.sql(query.format(view)).fetchall()[0][1] for view in views]
    joins, fewest = (plan.count("Join Type") for plan in plans)
    assert joins == fewest


def test_who_asks_once_does_not_wait_for_pandas(lake: Lake) -> None:
    refresh_known(lake, lake.version(ARTICLES))
    program = (
        "import sys; from newsbeam.pipelines.cli.main import main\n"
        f"main(['sql', {str(lake.root)!r}, 'SELECT count(*) AS n FROM revisions'])\n"
        "print(*({'apache_beam', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == [b"n", b"3"]


def test_pieces_are_numbered_and_know_their_article(ask: Ask) -> None:
    assert ask("SELECT number, text, \"end\", title FROM quotes WHERE source = 'avis'") == [
        {"number": 1, "text": "Nei", "end": 5, "title": "Etter"},
        {"number": 2, "text": "sier", "end": 11, "title": "Etter"},
    ]
    assert ask("SELECT rule, number FROM removed WHERE source = 'avis' ORDER BY number") == [
        {"rule": "teaser", "number": 1},
        {"rule": "ad", "number": 2},
    ]
    assert ask("SELECT DISTINCT name, label FROM entities") == [
        {"name": "Kari Dahl", "label": "PER"}
    ]
    assert ask("SELECT reason FROM rejects") == [{"reason": "empty"}]


def test_files_that_the_log_does_not_name_are_not_read(lake: Lake, ask: Ask) -> None:
    (path,) = (lake.root / "articles").glob("source=blad/*/*.parquet")
    (path.parent / "part-stray.parquet").write_bytes(path.read_bytes())
    (path.parent / "part-broken.parquet").write_bytes(b"no Parquet")
    assert ask("SELECT count(*) AS n FROM revisions") == [{"n": 3}]


def test_columns_that_an_older_file_lacks_are_null(lake: Lake, ask: Ask) -> None:
    (path,) = (lake.root / "articles").glob("source=blad/*/*.parquet")
    rows = pq.ParquetFile(path).read()
    quotes = [[{"text": "Nei", "start": 2, "speaker": "Ola"}]]
    rows = rows.drop_columns(["section", "quotes"]).append_column("quotes", [quotes])
    pq.write_table(rows, path)
    assert ask("SELECT title, section FROM revisions WHERE source = 'blad'") == [
        {"title": EVIL, "section": None}
    ]
    assert ask("SELECT text, speaker, speaker_role FROM quotes WHERE source = 'blad'") == [
        {"text": "Nei", "speaker": "Ola", "speaker_role": None}
    ]


def test_an_empty_lake_has_all_views_with_their_columns(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "leer [1] source=x")
    lake.create()
    (lake.root / "feed_polls" / "_delta_log").rename(tmp_path / "gone")  # older than the table
    with open_lake(lake.root) as connection:
        empty = list_columns(connection)
        for view in VIEWS:
            assert connection.sql(f"FROM {view.name}").fetchall() == []
    store(lake, ARTICLES, [row(article("a"))])
    with open_lake(lake.root) as connection:
        full = list_columns(connection)
        found = connection.sql("FROM revisions SELECT source, title").fetchall()
        assert found == [("avis", "a")]
    assert empty == full
    assert list(full) == sorted(view.name for view in VIEWS)
    names = [name for name, _ in full["revisions"]]
    assert names == [*ARTICLES.schema.names, "published_month"]
    assert dict(full["articles"]) == dict(full["revisions"]) | {"story_id": "VARCHAR"}


def test_every_column_of_the_tables_has_a_type() -> None:
    assert all(sql_type(field.type) for table in TABLES for field in table.schema)


def test_wrong_sql_says_where_and_what_is_near(lake: Lake, newsbeam: Command) -> None:
    code, _, err = newsbeam(["sql", str(lake.root), "SELECT titel, qoute FROM articles"])
    assert code == 2
    assert "LINE 1: SELECT titel" in err
    assert "^" in err
    assert "  title: in articles, entities, polls, quotes, removed, revisions" in err
    code, _, err = newsbeam(["sql", str(lake.root), "FROM qoutes"])
    assert code == 2
    assert "Near it: quotes" in err
    assert "pg_" not in err
    code, _, err = newsbeam(["sql", str(lake.root), "SELECT title::INTEGER FROM articles"])
    assert code == 2
    assert "Conversion Error" in err
    assert "\x1b" not in err


def test_exit_codes_tell_wrong_usage_from_a_broken_lake(
    lake: Lake, tmp_path: Path, newsbeam: Command
) -> None:
    root = str(lake.root)
    assert newsbeam(["sql", str(tmp_path), "SELECT 1"])[0] == 2
    assert newsbeam(["sql", root, "SELECT 1", "--file", "x"])[0] == 2
    assert newsbeam(["sql", root, "--file", str(tmp_path / "none.sql")])[0] == 2
    assert newsbeam(["sql", root, " -- nothing"])[0] == 2
    assert newsbeam(["sql", root, "SELECT 1; SELECT 2", "--format", "csv"])[0] == 2
    code, _, err = newsbeam(["sql", root, "SELECT 1", "--output", f"{root}/articles/x.csv"])
    assert (code, "within the lake" in err) == (2, True)
    (path,) = (lake.root / "articles").glob("source=blad/*/*.parquet")
    path.unlink()
    code, _, err = newsbeam(["sql", root, "SELECT title FROM revisions"])
    assert (code, f"{path} is missing; it held 1 row" in err) == (1, True)
    (lake.root / "articles/_delta_log/00000000000000000001.json").write_text("{damaged")
    code, _, err = newsbeam(["sql", root, "SELECT 1"])
    assert (code, "1.json is damaged" in err) == (1, True)


def test_formats_hold_the_data_as_it_is(lake: Lake, tmp_path: Path, newsbeam: Command) -> None:
    query = (
        "SELECT title, published_at, tags, NULL AS n, 1.5 AS d, 2::HUGEINT AS n, "
        "INTERVAL 90 MINUTE AS t, 'nan'::DOUBLE AS x FROM articles WHERE source = 'blad'"
    )
    there = {
        "title": EVIL, "published_at": "2026-11-19T12:00:00Z", "tags": [], "n": None, "d": 1.5,
        "n_1": 2, "t": "01:30:00", "x": "nan",
    }  # fmt: skip
    root = str(lake.root)
    _, out, err = newsbeam(["sql", root, query, "--format", "json"])
    assert json.loads(out) == [there]
    assert re.fullmatch(r"1 row in [\d.]+ s\n", err)
    _, out, _ = newsbeam(["sql", root, query, "--format", "jsonl"])
    assert json.loads(out) == there
    _, out, _ = newsbeam(["sql", root, query])  # no terminal: CSV
    assert list(csv.DictReader(io.StringIO(out, newline=""))) == [
        {name: "" if v is None else v if isinstance(v, str) else json.dumps(v)
         for name, v in there.items()}
    ]  # fmt: skip
    _, out, _ = newsbeam(["sql", root, query, "--format", "markdown"])
    assert out.splitlines()[2].startswith("| &lt;U+001B&gt;\\[2J=1+1 &lt;U+202E&gt;\\|&lt;")
    assert "<script" not in out
    place = tmp_path / "x.parquet"
    newsbeam(["sql", root, query, "--format", "parquet", "--output", str(place)])
    (stored,) = pq.ParquetFile(place).read().to_pylist()
    assert (stored["title"], stored["n_1"]) == (EVIL, 2)
    assert not list(tmp_path.glob(".*"))


def test_the_ending_of_the_output_says_the_format(
    lake: Lake, tmp_path: Path, newsbeam: Command
) -> None:
    def ask(name: str, *options: str) -> tuple[int, str]:
        place = tmp_path / name
        arguments = ["sql", str(lake.root), "SELECT 1 AS a", "--output", str(place), *options]
        code, _, err = newsbeam(arguments)
        assert place.exists() == (code == 0)
        return code, err

    for name in ("x.csv", "x.json", "x.jsonl", "X.PARQUET", "x.md", "x"):
        assert ask(name)[0] == 0
    assert pq.ParquetFile(tmp_path / "X.PARQUET").read().to_pylist() == [{"a": 1}]
    assert (tmp_path / "x.json").read_text() == '[\n{"a": 1}\n]\n'
    assert (tmp_path / "x").read_text() == "a\n1\n"
    assert ask("x.txt", "--format", "csv")[0] == 0
    code, err = ask("x.xlsx")
    assert (code, "give --format, or another ending" in err) == (2, True)
    code, err = ask("y.parquet", "--format", "csv")
    assert (code, "would not be parquet, but csv" in err) == (2, True)


def test_a_query_that_fails_leaves_the_old_file(
    lake: Lake, tmp_path: Path, newsbeam: Command
) -> None:
    place = tmp_path / "x"
    place.write_text("old")
    query = "SELECT if(range = 90000, ('x' || range)::INTEGER, 1) FROM range(100000)"
    for kind in ("csv", "parquet"):
        code, _, err = newsbeam(
            ["sql", str(lake.root), query, "--format", kind, "--output", str(place)]
        )
        assert (code, "Conversion Error" in err) == (2, True)
        assert place.read_text() == "old"
        assert not list(tmp_path.glob(".*"))


@given(cells=st.lists(st.text(), min_size=1, max_size=4))
def test_a_markdown_row_stays_one_row(cells: list[str]) -> None:
    out = io.StringIO()
    write_markdown(["a"] * len(cells), iter([tuple(cells)]), out)
    *_, line = out.getvalue()[:-1].split("\n")
    assert len(out.getvalue().split("\n")) == 4
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == len(cells) + 1
    assert "<" not in line.replace("<br>", "")


@given(wanted=st.lists(st.integers(1, 300), min_size=1, max_size=12), room=st.integers(12, 200))
def test_widths_fit_and_narrow_columns_stay(wanted: list[int], room: int) -> None:
    widths = fit_widths(wanted, room)
    assert sum(widths) <= room
    if sum(wanted) <= room:
        assert widths == wanted
    cut = max(widths)
    assert all(w == min(asked, cut) for w, asked in zip(widths, wanted, strict=True))


def test_tables_are_cut_to_the_terminal_and_obey_nobody() -> None:
    def rows() -> Iterator[tuple[Any, ...]]:
        yield from [(EVIL, "x" * 500, 1.5, None)] * 5

    output = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=60)
    assert show_table(["a", "b", "c", "d"], rows(), output, 2) == (2, 5)
    shown = output.file.getvalue()  # type: ignore[attr-defined]
    lines = shown.splitlines()
    assert max(map(len, lines)) <= 60
    assert len(lines) == 4
    assert "…" in lines[2]
    assert not re.search("[\x00-\x09\x0b-\x1f\u202e]", shown)
    # Too many columns for the width: a block a row.
    output = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=60)
    show_table([f"c{n}" for n in range(30)], iter([tuple("y" * 30 for _ in range(30))]), output, 9)
    assert len(output.file.getvalue().splitlines()) == 31  # type: ignore[attr-defined]


@pytest.mark.slow
def test_statements_come_from_standard_input_and_results_go_down_a_pipe(lake: Lake) -> None:
    command = [sys.executable, "-m", "newsbeam", "sql", str(lake.root)]
    done = subprocess.run(
        command, input="SELECT 1 AS a;\nSELECT 2 AS a", capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2  # CSV has room for one
    done = subprocess.run(
        [*command, "--format", "parquet"], input=b"FROM articles", capture_output=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout[:4] == done.stdout[-4:] == b"PAR1"


@pytest.mark.slow
def test_rows_stream(lake: Lake) -> None:
    """The first rows of an endless result arrive, and the reader may leave."""
    query = "SELECT range AS n, repeat('x', 1000) AS x FROM range(1000000000)"
    with subprocess.Popen(
        [sys.executable, "-m", "newsbeam", "sql", str(lake.root), query, "--format", "jsonl"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["n"] == 0
        process.stdout.close()
        assert process.wait(PATIENCE) == 0


def test_the_prompt(lake: Lake, tmp_path: Path) -> None:
    child = pexpect.spawn(
        sys.executable, ["-m", "newsbeam", "sql", str(lake.root)], cwd=str(ROOT),
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state"), "TERM": "xterm",
             "PROMPT_TOOLKIT_NO_CPR": "1"},
        encoding="utf-8", timeout=PATIENCE, dimensions=(40, 100),
    )  # fmt: skip
    child.expect("newsbeam>")
    child.send("SELECT title FROM entit\t")
    child.expect("ies")  # Tab completes; what was on the screen is not drawn again
    child.send(" WHERE\r")  # Enter goes on
    child.expect(r"\.\.\.")
    child.send("source = 'avis';\r")
    child.expect("Etter")
    child.expect("1 row in")
    child.send("SELECT nothing;\r")
    child.expect("not found")
    child.send("ATTACH 'x';\r")
    child.expect("refused")
    child.send(".schema rejects\r")
    child.expect("rejected_at +TIMESTAMP WITH TIME ZONE")
    child.send(".views\r")
    child.expect("quotes +a row a quote")
    child.send(".format json\r")
    child.send("SELECT 40 + 2 AS n;\r")
    child.expect('{"n": 42}')
    child.send("SELECT dropped\x03")  # Ctrl-C drops the line
    child.send("\x1b[A\r")  # the arrow brings back the last question
    child.expect('{"n": 42}')
    child.send("\x04")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    history = tmp_path / "state" / "newsbeam" / "sql_history"
    assert "40 + 2" in history.read_text()
    assert history.stat().st_mode & 0o777 == 0o600


def test_where_history_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "relative")  # to be passed over, says the standard
    monkeypatch.setenv("HOME", str(tmp_path))
    assert history_file() == tmp_path / ".local/state/newsbeam/sql_history"


def test_when_enter_sends() -> None:
    assert is_complete(".views")
    assert is_complete("SELECT 1; ")
    assert not is_complete("SELECT 1")
    assert is_complete(" ")
