"""The lake: one folder whose tables are Delta tables of plain Parquet files.

Creates the tables, cleans up after dead runs, and reads what is known. ``commit`` adds rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow.dataset as ds
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from transforms.schema import ARTICLES, TABLES, Table
from transforms.staging import clean_staging

# A checkpoint is a Parquet file under the table's folder, which a reader's `**/*.parquet` would
# take for data; see docs/decisions/checkpoints.md.
CHECKPOINT_INTERVAL = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What a table holds of some sources: newest hash by document, newest revision by article."""

    documents: Mapping[str, str]
    articles: Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Lake:
    """The lake in the folder ``root``. Cheap to make, safe to pickle."""

    root: Path

    def open(self, table: Table, version: int | None = None) -> DeltaTable:
        """The Delta table.

        Raises:
            TableNotFoundError: there is none (yet).
        """
        return DeltaTable(str(self.root / table.name), version=version)

    def version(self, table: Table) -> int:
        """The table's newest version, or -1 where there is no table."""
        try:
            return int(self.open(table).version())
        except TableNotFoundError:
            return -1

    def create(self) -> None:
        """Create the folder and the tables that are not there.

        Raises:
            OSError: the folder cannot be made or written.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            for last_try in (False, True):
                try:
                    DeltaTable.create(
                        str(self.root / table.name),
                        table.schema,
                        mode="ignore",
                        partition_by=list(table.partition_by),
                        name=table.name,
                        description=table.description,
                        configuration={"delta.checkpointInterval": str(CHECKPOINT_INTERVAL)},
                    )
                    break
                except (CommitFailedError, DeltaError):
                    if last_try:  # the first time it was another run that created it
                        raise

    def clean(self) -> list[str]:
        """Undo what runs that died have left; returns their ids."""
        by_name = {table.name: table for table in TABLES}
        return clean_staging(self.root, lambda name: list_files(self.open(by_name[name])))

    def read_known(self, sources: Sequence[str], version: int) -> Known:
        """What the articles table at ``version`` holds of ``sources``.

        Reads six narrow columns of these sources' partitions.
        """
        documents: dict[str, str] = {}
        articles: dict[str, tuple[int, str]] = {}
        newest: dict[str, datetime] = {}
        if version < 0:
            return Known(documents, articles)
        dataset = self.open(ARTICLES, version).to_pyarrow_dataset()
        columns = [
            "article_id", "revision", "content_hash", "document_id", "document_hash", "ingested_at",
        ]  # fmt: skip
        for batch in dataset.to_batches(
            columns=columns, filter=ds.field("source").isin(list(sources))
        ):
            for row in zip(*(batch.column(name).to_pylist() for name in columns), strict=True):
                article, revision, content, document, digest, at = row
                if revision > articles.get(article, (0, ""))[0]:
                    articles[article] = (revision, content)
                # An article's later revisions may come from another document (a copy).
                if document not in newest or at > newest[document]:
                    documents[document], newest[document] = digest, at
        return Known(documents, articles)


def list_files(table: DeltaTable) -> set[str]:
    """The paths of the table's files at its version, relative to its folder."""
    return set(table.get_add_actions(flatten=True).column("path").to_pylist())
