"""The ingest job as a plain Python loop over the same functions: what Beam is measured against.

usage: python benchmarks/plain_loop.py CONFIG OUTPUT.parquet
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.pipelines.config.load import load_job
from newsbeam.transforms.clean.boilerplate import clean_articles
from newsbeam.transforms.enrich.annotate import BATCH_SIZE
from newsbeam.transforms.enrich.articles import enrich_articles
from newsbeam.transforms.extract.article import extract_articles
from newsbeam.transforms.lake.schema import ARTICLES, make_row
from newsbeam.transforms.read.files import FileSet, FoundFile, match_files, read_file
from newsbeam.transforms.records import Article, Document

_Kind = TypeVar("_Kind")


def main(config: Path, output: Path) -> None:
    """Read, extract, clean and enrich all files of the config's source; write one Parquet file."""
    job = load_job([config])
    (source,) = job.sources
    sources, started_at = {source.id: source}, datetime.now(UTC)

    folder = str(job.folders[source.id])
    files = _all(FoundFile, match_files(FileSet(source.id, source.files, folder)))
    documents = _all(Document, (item for file in files for item in read_file(file, source)))
    extracted = _all(Article, extract_articles(documents, sources))
    cleaned = _all(Article, clean_articles(extracted, job.languages, sources))
    rows = []
    while batch := list(islice(cleaned, BATCH_SIZE)):
        enriched = _all(Article, enrich_articles(batch, job.languages, sources))
        rows += [make_row(article, run_id="loop", started_at=started_at) for article in enriched]
    pq.write_table(pa.Table.from_pylist(rows, ARTICLES.schema), output, compression="zstd")
    print(f"{len(rows)} articles")


def _all(kind: type[_Kind], outcomes: Iterable[object]) -> Iterator[_Kind]:
    """``outcomes``, which must be of one kind: the benchmark's files have nothing to reject."""
    for outcome in outcomes:
        assert isinstance(outcome, kind), outcome
        yield outcome


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
