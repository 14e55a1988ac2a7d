"""Named entities in Danish news."""

from __future__ import annotations

from typing import Any

from spacy.language import Language

from dasv_newsbeam import load_as


def load(**overrides: Any) -> Language:
    """Return the pipeline. ``overrides`` are those of ``spacy.load``."""
    return load_as("uner-da", **overrides)
