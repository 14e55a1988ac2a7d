"""Measures what entities and quotes cost, in CPU seconds of one process, on generated articles.

usage: python benchmarks/bench_enrich.py [--count 300]

Aims: the pipeline reads at least 10,000 words a CPU second; finding quotes costs at most 15 % of
what the pipeline costs. Two others read the same texts in the same run: spaCy's blank pipeline,
which only splits words, and the entities of spaCy's own architecture at the size of its medium
models (20,000 vectors of 300 numbers, untrained: weights do not change what a product costs).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from time import process_time

import numpy as np
import spacy
from spacy.language import Language
from spacy.vectors import Vectors

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.transforms.enrich.annotate import BATCH_SIZE, load_pipeline
from newsbeam.transforms.enrich.entities import find_entities
from newsbeam.transforms.enrich.quotes import find_quotes
from newsbeam.transforms.text.headings import find_headings

HERE = Path(__file__).resolve().parent
MEDIUM_SHAPE = (20_000, 300)  # the vectors of nb_core_news_md
ROUNDS = 3


def make_medium(labels: Sequence[str], words: Sequence[str]) -> Language:
    """spaCy's architecture for entities, with random vectors for ``words`` (at most 20,000)."""
    nlp = spacy.blank("nb")
    data = np.random.default_rng(1).standard_normal(MEDIUM_SHAPE).astype("float32")
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=data, name="random")
    for row, word in enumerate(words[: MEDIUM_SHAPE[0]]):
        nlp.vocab.vectors.add(word, row=row)
    embed = {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 96,
        "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
        "rows": [5000, 1000, 2500, 2500],
        "include_static_vectors": True,
    }
    encode = {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": 96,
        "depth": 4,
        "window_size": 1,
        "maxout_pieces": 3,
    }
    nlp.add_pipe(
        "tok2vec",
        config={"model": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}},
    )
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 96}
    entities = nlp.add_pipe("ner", config={"model": {"tok2vec": listener}})
    for label in labels:
        entities.add_label(label)
    nlp.initialize()
    return nlp


def clock_pipeline(nlp: Language, texts: Sequence[str]) -> float:
    """CPU seconds that ``nlp`` takes for ``texts``."""
    begin = process_time()
    for _ in nlp.pipe(texts, batch_size=BATCH_SIZE):
        pass
    return process_time() - begin


def main() -> None:
    """Time the three steps apart, then the pipeline beside the two others; print the ratios."""
    parser = argparse.ArgumentParser(description="Measures what entities and quotes cost.")
    parser.add_argument("--count", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "generate_articles.py"), folder]
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

    known = sorted({token.text for doc in docs for token in doc})
    rivals = {
        "this pipeline": pipeline,
        "spaCy's blank nb": spacy.blank("nb"),
        "spaCy's, md size": make_medium(pipeline.get_pipe("ner").labels, known),
    }
    # In turns, and the best of a few rounds: other work on the machine slows all alike.
    rounds = [
        {name: clock_pipeline(nlp, texts) for name, nlp in rivals.items()} for _ in range(ROUNDS)
    ]
    best = {name: min(took[name] for took in rounds) for name in rivals}
    print(f"the same texts, best of {ROUNDS} rounds:")
    for name, took in best.items():
        ratio = best["this pipeline"] / took
        print(f"  {name:18s}  {took:7.2f} s  this pipeline takes {ratio:5.2f} x of it")


if __name__ == "__main__":
    main()
