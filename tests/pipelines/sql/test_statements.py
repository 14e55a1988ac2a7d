"""Statements that ``newsbeam sql`` runs, and those it refuses: it only reads, and only the lake."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from newsbeam.pipelines.sql.run import QueryError, SqlOptions, run_text
from newsbeam.pipelines.sql.statements import RefusedError, split_statements
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.views import open_lake
from tests.support.sql_lakes import Command


@pytest.fixture(scope="module")
def run(made_lake: Lake) -> Iterator[Callable[[str], str]]:
    """Runs statements as ``newsbeam sql`` does, in the made lake, open once; what they print."""
    options = SqlOptions(made_lake.root, format="table")
    with open_lake(made_lake.root) as connection:

        def run_one(text: str) -> str:
            out = io.StringIO()
            run_text(connection, text, options, Console(file=out), Console(file=io.StringIO()))
            return out.getvalue()

        yield run_one


WRITES = (
    "COPY (SELECT 1) TO '{lake}/articles/x.csv'",
    "COPY (SELECT 1) TO '{out}/x.csv'",
    "WITH x AS (COPY (SELECT 1) TO '{lake}/articles/x.csv') SELECT 1",
    "SELECT (WITH x AS (COPY (SELECT 1) TO '{lake}/articles/x.csv') SELECT 1)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{lake}/articles/x.csv'",
    "EXPLAIN ANALYZE WITH x AS (COPY (SELECT 1) TO '{lake}/articles/x.csv') SELECT 1",
    "CREATE TEMP VIEW v AS WITH x AS (COPY (SELECT 1) TO '{lake}/articles/x.csv') SELECT 1",
    "FROM query('SELECT 1')",
    "SUMMARIZE FROM query('SELECT 1')",
    "DESCRIBE WITH x AS (COPY (SELECT 1) TO '{lake}/articles/x.csv') SELECT 1",
    "SELECT 1 WHERE 1 IN (FROM query('SELECT 1'))",
    "SELECT 1 UNION (FROM query('SELECT 1'))",
    "FROM json_execute_serialized_sql('{{}}')",
    "ATTACH '{out}/x.db'",
    "ATTACH ':memory:' AS m",
    "INSTALL httpfs",
    "LOAD httpfs",
    "UPDATE EXTENSIONS",
    "SET threads = 1",
    "SET VARIABLE newsbeam_articles = ['/etc/passwd']",
    "RESET threads",
    "PRAGMA enable_profiling",
    "USE internal",
    "EXPORT DATABASE '{out}/x'",
    "IMPORT DATABASE '{out}/x'",
    "CREATE TABLE x AS SELECT 1",
    "CREATE PERSISTENT SECRET s (TYPE http)",
    "CREATE TEMP MACRO m() AS TABLE SELECT 1",
    "DROP VIEW articles",
    "INSERT INTO internal.revised VALUES ('a', 9)",
    "DELETE FROM internal.revised",
    "CALL enable_logging(storage = 'file', storage_path = '{out}/log')",
    "FROM enable_logging()",
    "PREPARE p AS SELECT 1",
    "CHECKPOINT",
    "BEGIN",
    "FROM read_csv('/etc/passwd')",
    "FROM read_text('{lake}/articles/_delta_log/00000000000000000000.json')",
    "FROM glob('/etc/*')",
    "FROM '/etc/passwd'",
    "FROM '{lake}/articles/../../secret.csv'",
    "FROM read_duckdb('{out}/x.db')",
    "FROM lake",
    "FROM sys",
)


@pytest.mark.parametrize("query", WRITES)
def test_nothing_is_written_and_nothing_else_read(
    query: str, made_lake: Lake, tmp_path: Path, run: Callable[[str], str]
) -> None:
    secret = made_lake.root.parent / "secret.csv"
    secret.write_text("secret\n1\n")
    before = sorted(made_lake.root.rglob("*"))
    query = query.format(lake=made_lake.root, out=tmp_path)
    with pytest.raises((RefusedError, QueryError)) as refused:
        run(query)
    assert refused.value.is_usage, refused.value
    assert sorted(made_lake.root.rglob("*")) == before
    assert sorted(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [0, WRITES.index("FROM '/etc/passwd'")])
def test_the_command_refuses_what_writes_or_reads_elsewhere(
    number: int, lake: Lake, tmp_path: Path, newsbeam: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    before = sorted(tmp_path.rglob("*"))
    query = WRITES[number].format(lake=lake.root, out=tmp_path / "out")
    code, out, err = newsbeam(["sql", str(lake.root), query])
    assert code == 2, (out, err)
    assert out == ""
    assert err.startswith("newsbeam: ")
    assert sorted(tmp_path.rglob("*")) == before


def test_duckdb_itself_refuses_what_lies_outside(lake: Lake, tmp_path: Path) -> None:
    """The second line of defence holds without the first."""
    with open_lake(lake.root) as connection:
        for query in (
            "FROM read_text('/etc/passwd')",
            f"COPY (SELECT 1) TO '{tmp_path}/x.csv'",
            f"ATTACH '{tmp_path}/x.db'",
            "SET enable_external_access = true",
            f"FROM '{lake.root}/articles/../../x.csv'",
            "LOAD httpfs",
        ):
            with pytest.raises(duckdb.Error, match=r"disabled|locked"):
                connection.execute(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1", "FROM articles", "TABLE articles", "VALUES (1)", "DESCRIBE articles",
        "SHOW TABLES", "SUMMARIZE articles", "EXPLAIN SELECT 1", "EXPLAIN ANALYZE FROM articles",
        "EXPLAIN (FORMAT json) SELECT 1", "WITH x AS (SELECT 1) FROM x",
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x WHERE n < 3) FROM x",
        "SELECT 1 UNION SELECT 2", "PIVOT articles ON source IN ('avis') USING count(*)",
        "/* a */ -- b\nSELECT 1 -- c", "SELECT unnest([1, 2])", "FROM range(3)",
        "CREATE OR REPLACE TEMP VIEW v (n) AS SELECT 1; FROM v",
        "CREATE TEMPORARY TABLE t AS (FROM quotes); SELECT count(*) FROM t",
    ],
)  # fmt: skip
def test_what_reads_runs(query: str, run: Callable[[str], str]) -> None:
    assert run(query)


_SPACES = st.sampled_from([" ", "\n", "\t", "/* a */", " -- SELECT\n", "/* ' */ "])


@given(data=st.data())
def test_no_spacing_hides_what_writes(data: st.DataObject) -> None:
    words = data.draw(
        st.sampled_from(
            [
                "COPY (SELECT 1) TO 'x'", "EXPLAIN ANALYZE COPY (SELECT 1) TO 'x'",
                "WITH x AS ( COPY (SELECT 1) TO 'x' ) SELECT 1", "SET threads = 1",
                "EXPLAIN (FORMAT json) COPY (SELECT 1) TO 'x'", "FROM query ('SELECT 1')",
                "CREATE TEMP TABLE x AS WITH x AS ( COPY (SELECT 1) TO 'x' ) SELECT 1",
                "SELECT 1 ; COPY (SELECT 1) TO 'x'", "CREATE OR REPLACE TABLE x AS SELECT 1",
            ]
        )
    ).split()  # fmt: skip
    text = "".join(data.draw(_SPACES) + word for word in words)
    with pytest.raises((RefusedError, duckdb.Error)):
        split_statements(_connection(), text)


_CONNECTIONS: list[duckdb.DuckDBPyConnection] = []


def _connection() -> duckdb.DuckDBPyConnection:
    if not _CONNECTIONS:
        _CONNECTIONS.append(duckdb.connect())
    return _CONNECTIONS[0]
