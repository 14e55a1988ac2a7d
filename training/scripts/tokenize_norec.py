"""Split the raw text for the vectors into the tokens that the pipeline will look up."""

from __future__ import annotations

import lzma
import sys

import spacy


def main(base: str, source: str, target: str) -> None:
    """Write ``source`` (xz, plain text) to ``target``, one line a line, tokens split by spaces."""
    tokenizer = spacy.load(base).tokenizer
    with (
        lzma.open(source, "rt", encoding="utf-8") as lines,
        open(target, "w", encoding="utf-8") as out,
    ):
        texts = (text for line in lines if (text := line.strip()))
        for doc in tokenizer.pipe(texts, batch_size=1000):
            out.write(" ".join(token.text for token in doc if not token.is_space) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
