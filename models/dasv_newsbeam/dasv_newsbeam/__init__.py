"""spaCy pipelines for named entities in Danish and Swedish news: one network, annotating as the
corpora of either language do. Code and vectors are nb_newsbeam's; the weights have a licence of
their own (LICENSE)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nb_newsbeam import lend_vectors
from spacy.language import Language
from spacy.util import load_model_from_init_py

__version__: str = json.loads((Path(__file__).parent / "meta.json").read_text("utf-8"))["version"]


def load_as(domain: str, **overrides: Any) -> Language:
    """The pipeline that annotates like ``domain``. ``overrides`` are those of ``spacy.load``."""
    overrides.setdefault("config", {"components": {"ner": {"domain": domain}}})
    nlp = load_model_from_init_py(__file__, **overrides)
    nlp.vocab.vectors = lend_vectors(nlp.vocab)
    return nlp
