"""A spaCy pipeline for named entities in Norwegian news (bokmål and nynorsk)."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import load_model_from_init_py
from spacy.vocab import Vocab

from nb_newsbeam import names, recognizer  # noqa: F401  (spaCy finds its parts there)
from nb_newsbeam.storage import ByteVectors

_FOLDER = Path(__file__).parent
__version__: str = json.loads((_FOLDER / "meta.json").read_text("utf-8"))["version"]


def load(**overrides: Any) -> Language:
    """Return the pipeline. ``overrides`` are those of ``spacy.load``."""
    return load_model_from_init_py(__file__, **overrides)


def lend_vectors(vocab: Vocab) -> ByteVectors:
    """This pipeline's vectors for another's words; one table in memory serves all."""
    own = _read_vectors()
    lent = ByteVectors(
        strings=vocab.strings,
        data=own.data,
        mode="floret",
        minn=own.minn,
        maxn=own.maxn,
        hash_count=own.hash_count,
        hash_seed=own.hash_seed,
        bow=own.bow,
        eow=own.eow,
    )
    lent.steps = own.steps
    return lent


@lru_cache(maxsize=1)
def _read_vectors() -> ByteVectors:
    return ByteVectors().from_disk(_FOLDER / f"nb_newsbeam-{__version__}" / "vocab")
