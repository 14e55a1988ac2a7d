"""The script that a user would write instead of `newsbeam run`, which is measured against it.

usage: python benchmarks/own_script.py ARTICLES.jsonl OUTPUT.parquet

Articles as JSON Lines in, one Parquet file out, with the same model and the same quotes. It cleans
nothing, knows nothing of what it read before, and loses all when it is killed.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.transforms.enrich.annotate import load_pipeline
from newsbeam.transforms.enrich.entities import find_entities
from newsbeam.transforms.enrich.quotes import find_speech
from newsbeam.transforms.text.headings import find_headings


def main(articles: Path, output: Path) -> None:
    """Read, annotate and write."""
    language = load_shipped_languages()["nb"]
    assert language.pipeline is not None
    assert language.quotes is not None
    nlp = load_pipeline(language.pipeline)  # spacy.load, but for what newsbeam ships
    with articles.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row, doc in zip(rows, nlp.pipe(row["text"] for row in rows), strict=True):
        entities = find_entities(doc, language.names, language.quotes)
        speech = find_speech(doc.text, language.quotes, entities, find_headings(doc.text))
        row["entities"] = [asdict(entity) for entity in entities]
        row["quotes"] = [asdict(quote) for quote in speech.quotes]
        row["statements"] = [asdict(statement) for statement in speech.statements]
    pq.write_table(pa.Table.from_pylist(rows), output, compression="zstd")
    print(f"{len(rows)} articles")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
