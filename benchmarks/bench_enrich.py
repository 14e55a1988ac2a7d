"""Measures what entities and quotes cost, in CPU seconds of one process, on generated articles.

usage: python benchmarks/bench_enrich.py [--count 300]

Aims: the pipeline reads at least 10,000 words a CPU second; finding quotes costs at most 15 % of
what the pipeline costs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from time import process_time

from pipelines.config import load_shipped_languages
from transforms.entities import find_entities
from transforms.headings import find_headings
from transforms.nlp import BATCH_SIZE, load_pipeline
from transforms.quotes import find_quotes

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Time the three steps apart and print their ratios."""
    parser = argparse.ArgumentParser(description="Measures what entities and quotes cost.")
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, HERE / "generate_articles.py", folder]
        subprocess.run([*command, "--count", str(options.count)], check=True)
        files = sorted(Path(folder).glob("*.txt"))
        texts = [file.read_text(encoding="utf-8").partition("\n\n")[2] for file in files]
    language = load_shipped_languages()["nb"]
    assert language.pipeline is not None
    assert language.quotes is not None
    pipeline = load_pipeline(language.pipeline)
    list(pipeline.pipe(texts[:BATCH_SIZE]))  # first use fills caches

    clock = [process_time()]
    docs = list(pipeline.pipe(texts, batch_size=BATCH_SIZE))
    clock.append(process_time())
    entities = [find_entities(doc, language.names) for doc in docs]
    clock.append(process_time())
    for text, found in zip(texts, entities, strict=True):
        find_quotes(text, language.quotes, found, find_headings(text))
    clock.append(process_time())

    piped, naming, quoting = (after - before for before, after in pairwise(clock))
    words = sum(len(text.split()) for text in texts)
    print(f"{len(texts)} articles, {words} words, CPU seconds of one process:")
    print(f"  spaCy pipeline      {piped:7.2f} s  {words / piped:8.0f} words/s  (aim >= 10,000)")
    print(f"  names of entities   {naming:7.2f} s  {naming / piped:8.1%} of the pipeline")
    print(f"  headings, quotes    {quoting:7.2f} s  {quoting / piped:8.1%} of it  (aim <= 15 %)")


if __name__ == "__main__":
    main()
