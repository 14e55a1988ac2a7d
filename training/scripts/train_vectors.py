"""Train subword vectors in floret's compact table and put them into the blank pipeline.

Source of the method: Bojanowski et al. 2017 (fastText) with the hash table of spaCy's floret.
"""

from __future__ import annotations

import sys
from pathlib import Path

import floret
import spacy
from spacy.training.initialize import convert_vectors

# Nynorsk is rare in the reviews, so the training text is read several times.
TRAIN_TEXT_REPEATS = 4


def main(base: str, reviews: str, text: str, target: str, dim: str, buckets: str) -> None:
    """Write the pipeline ``base`` with vectors learned from ``reviews`` and ``text`` to ``target``.

    With one thread (floret seeds its chance with 0) the same input gives the same vectors.
    """
    folder = Path(target).parent
    joined, table = folder / "vectors.txt", folder / "vectors.floret"
    with joined.open("wb") as out:
        out.write(Path(reviews).read_bytes())
        out.write(Path(text).read_bytes() * TRAIN_TEXT_REPEATS)
    model = floret.train_unsupervised(
        str(joined),
        model="skipgram",
        mode="floret",
        hashCount=2,
        bucket=int(buckets),
        dim=int(dim),
        minn=4,
        maxn=5,
        minCount=5,
        epoch=3,
        lr=0.05,
        thread=1,
        verbose=0,
    )
    model.save_floret_vectors(str(table))
    nlp = spacy.load(base)
    convert_vectors(nlp, table, truncate=0, prune=-1, mode="floret", name="nb_newsbeam_vectors")
    nlp.to_disk(target)


if __name__ == "__main__":
    main(*sys.argv[1:])
