"""A spaCy pipeline for named entities in Norwegian news (bokmål and nynorsk)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.util import load_model_from_init_py

from nb_newsbeam import names, storage  # noqa: F401  (spaCy finds its parts there)

__version__: str = json.loads((Path(__file__).parent / "meta.json").read_text("utf-8"))["version"]


def load(**overrides: Any) -> Language:
    """Return the pipeline. ``overrides`` are those of ``spacy.load``."""
    return load_model_from_init_py(__file__, **overrides)
