"""The ingest job as a plain Python loop over the same functions: what Beam is measured against.

usage: python benchmarks/plain_loop.py CONFIG OUTPUT.parquet
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.config import load_job
from transforms.clean import choose_rules, remove_boilerplate
from transforms.enrich import enrich_articles
from transforms.extract import extract_article
from transforms.nlp import BATCH_SIZE
from transforms.read import FileSet, FoundFile, match_files, read_file
from transforms.records import Article, Document
from transforms.tables.schema import ARTICLES, make_row


def main(config: Path, output: Path) -> None:
    """Read, extract, clean and enrich all files of the config's source; write one Parquet file."""
    job = load_job([config])
    (source,) = job.sources
    sources, started_at = {source.id: source}, datetime.now(UTC)

    def prepare(file: FoundFile) -> list[Article]:
        prepared = []
        for document in read_file(file, source):
            assert isinstance(document, Document), document
            article = extract_article(
                document,
                language=source.language,
                timezone=ZoneInfo(source.timezone),
                settings=source.extract,
            )
            assert isinstance(article, Article), article
            cleaned = remove_boilerplate(article, choose_rules(article, job.languages, source))
            assert isinstance(cleaned, Article), cleaned
            prepared.append(cleaned)
        return prepared

    files = match_files(FileSet(source.id, source.files, str(job.folders[source.id])))
    articles = (article for file in files for article in prepare(file))  # type: ignore[arg-type]
    rows = []
    while batch := list(islice(articles, BATCH_SIZE)):
        for article in enrich_articles(batch, job.languages, sources):
            assert isinstance(article, Article), article
            rows.append(make_row(article, run_id="loop", started_at=started_at))
    pq.write_table(pa.Table.from_pylist(rows, ARTICLES.schema), output, compression="zstd")
    print(f"{len(rows)} articles")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
