"""Generates what is documented from the code itself: ``make reference`` writes it.

A test fails when a file here is not current.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from newsbeam.pipelines.cli.main import app
from newsbeam.transforms.lake.lake import DEFAULT_PARTITION
from newsbeam.transforms.lake.schema import ARTICLES, PARTITIONS, TABLES, Column, Table
from newsbeam.transforms.settings.source import Source

_INTRODUCTION = """\
# The lake's tables

Generated from `transforms/lake/schema.py` by `make reference`.

Each table is a Delta Lake table of plain Parquet files in a folder of the output. Offsets
(`start`, `end`) are Unicode code points into `text`, end exclusive. Instants are UTC.

In DuckDB, read `DIR/articles/source=*/**/*.parquet` with `hive_partitioning=1`; in pandas,
`pandas.read_parquet("DIR/articles")`; with Delta, `DeltaTable("DIR/articles")`."""

ROOT = Path(__file__).resolve().parents[2]


def make_source_schema() -> str:
    """JSON Schema of a source's YAML, for editors."""
    schema = Source.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "newsbeam source"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def make_tables_page() -> str:
    """Markdown about the lake's tables and columns."""
    lines = [_INTRODUCTION]
    for table in TABLES:
        lines += ["", f"## {table.name}", "", table.description, ""]
        lines += ["| column | type | what it holds |", "| --- | --- | --- |"]
        lines += [
            f"| {c.name} | {_name_type(c.type)} | {c.description} |"
            for c in describe_columns(table)
        ]
    return "\n".join(lines) + "\n"


def describe_columns(table: Table) -> list[Column]:
    """The table's columns as most lakes have them."""
    if table is not ARTICLES:
        return list(table.columns)
    *columns, period = table.laid_out(("source", PARTITIONS[DEFAULT_PARTITION])).columns
    told = f"{period.description} Partition column, but for lakes by day or year."
    return [*columns, replace(period, description=told)]


def make_cli_page() -> str:
    """Markdown about every command."""
    heading = "# The command line\n\nGenerated from the commands themselves by `make reference`.\n"
    return app.generate_docs().replace("# newsbeam\n", heading, 1).rstrip() + "\n"


def _name_type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_name_type(kind.value_type)}"
    if pa.types.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        return "(" + ", ".join(f"{f.name} {_name_type(f.type)}" for f in fields) + ")"
    if pa.types.is_timestamp(kind):
        return "timestamp (µs, UTC)"
    return {"date32[day]": "date", "bool": "boolean"}.get(str(kind), str(kind))


FILES = {
    "configs/source.schema.json": make_source_schema,
    "docs/schema.md": make_tables_page,
    "docs/cli.md": make_cli_page,
}

if __name__ == "__main__":
    for name, make in FILES.items():
        (ROOT / name).write_text(make(), encoding="utf-8")
        print(f"wrote {name}")
