"""Which SQL may run: what reads, and temporary views and tables in memory.

DuckDB's lock-down keeps a query from everything outside the lake, but what it lets a query read
it lets a query write: `COPY … TO` could write into the lake, also from within a SELECT (``WITH x
AS (COPY …)``) or a function that runs SQL. So a statement is taken apart as DuckDB parses it,
and runs only if every query in it is of a kind that reads and every function that stands for
a table is on a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.view_queries import DATED_VIEWS

# Kinds of query in DuckDB's serialized syntax trees that only read.
_READING = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLE_FUNCTIONS = frozenset(
    {
        "unnest", "range", "generate_series", "repeat", "json_each", "json_tree",
        "duckdb_columns", "duckdb_functions", "duckdb_keywords", "duckdb_settings",
        "duckdb_tables", "duckdb_types", "duckdb_views", "pg_timezone_names",
        "search",  # ours, of the lake's views
        *(f"{name}_between" for name in DATED_VIEWS),
    }
)  # fmt: skip
_SPACE = r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)"
_EXPLAIN = re.compile(
    rf"{_SPACE}*EXPLAIN{_SPACE}+(?:ANALYZE{_SPACE}+)?(?:\([^()']*\){_SPACE}*)?", re.I | re.S
)
_NAME = r'(?:\w+|"[^"]+")'
_CREATE = re.compile(
    rf"{_SPACE}*CREATE{_SPACE}+(?:OR{_SPACE}+REPLACE{_SPACE}+)?TEMP(?:ORARY)?{_SPACE}+"
    rf"(?:VIEW|TABLE){_SPACE}+(?:IF{_SPACE}+NOT{_SPACE}+EXISTS{_SPACE}+)?{_NAME}{_SPACE}*"
    rf"(?:\([\w\s,\"]*\){_SPACE}*)?AS{_SPACE}*",
    re.I | re.S,
)
_MAY = (
    "only SELECT (FROM, WITH, VALUES, PIVOT … IN), DESCRIBE, SHOW, SUMMARIZE, EXPLAIN and "
    "CREATE TEMP VIEW or TABLE … AS SELECT run here"
)


class RefusedError(NewsbeamError):
    """The statement would do more than read, or might."""

    is_usage = True


@dataclass(frozen=True, slots=True)
class SqlStatement:
    """A statement that may run. ``has_rows`` says whether it answers with rows."""

    text: str
    has_rows: bool


def split_statements(connection: duckdb.DuckDBPyConnection, text: str) -> list[SqlStatement]:
    """The statements in ``text``, which `;` separates.

    Raises:
        RefusedError: one of them may not run.
        duckdb.Error: it is no SQL.
    """
    return [
        _check(connection, part.query, _kind(part)) for part in connection.extract_statements(text)
    ]


def _kind(statement: duckdb.Statement) -> str:
    try:
        return statement.type.name
    except ValueError:  # a kind that DuckDB's Python package has no name for
        return "other"


def _check(connection: duckdb.DuckDBPyConnection, text: str, kind: str) -> SqlStatement:
    if kind == "SELECT":
        _check_query(connection, text)
        return SqlStatement(text, True)
    if kind == "EXPLAIN" and (start := _EXPLAIN.match(text)):
        _check_query(connection, text[start.end() :])
        return SqlStatement(text, True)
    if kind == "CREATE" and (start := _CREATE.match(text)):
        _check_query(connection, text[start.end() :])
        return SqlStatement(text, False)
    if kind == "MULTI":
        raise RefusedError("give the values of PIVOT … ON column IN (…): without them it does "
                           "not run here")  # fmt: skip
    word = re.sub(rf"^{_SPACE}*", "", text, flags=re.S).split(maxsplit=1)
    raise RefusedError(f"{word[0].upper().rstrip(';') if word else 'this'} is refused: {_MAY}")


def _check_query(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    cursor = connection.cursor()
    try:
        (packed,) = cursor.execute("SELECT json_serialize_sql(?::VARCHAR)", [text]).fetchone() or ()
    finally:
        cursor.close()
    tree = json.loads(packed)
    if tree["error"] or len(tree["statements"]) != 1:
        raise RefusedError(f"this is refused, as it is not known to only read: {_MAY}")
    for node in _walk(tree):
        kind = node.get("type")
        if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _READING:
            word = kind.removesuffix("_NODE").removesuffix("_QUERY")
            raise RefusedError(f"{word} within a query is refused: {_MAY}")
        if kind == "TABLE_FUNCTION":
            function = node["function"].get("function_name", "")
            if function.lower() not in _TABLE_FUNCTIONS:
                raise RefusedError(f"the table function {function!r} is refused; these are not: "
                                   f"{', '.join(sorted(_TABLE_FUNCTIONS))}")  # fmt: skip


def _walk(tree: Any) -> Iterator[dict[str, Any]]:
    """All objects in a tree of JSON."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            yield node
            todo += node.values()
        elif isinstance(node, list):
            todo += node
