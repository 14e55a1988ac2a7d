"""Finding quotes in a text with the shipped lexicon."""

from __future__ import annotations

import json
from functools import cache

import yaml

from newsbeam.transforms.enrich.quotes import find_quotes
from newsbeam.transforms.records import Quote
from newsbeam.transforms.settings.lexicon import Lexicon
from tests.support.workplace import ROOT


@cache
def lexicon(language: str) -> Lexicon:
    path = ROOT / "configs" / "languages" / f"{language}.yaml"
    section = yaml.safe_load(path.read_text(encoding="utf-8"))["quotes"]
    return Lexicon.model_validate_json(json.dumps(section))


def find(text: str, language: str = "nb", **kwargs: object) -> tuple[Quote, ...]:
    return find_quotes(text, lexicon(language), **kwargs)  # type: ignore[arg-type]


def said(text: str, language: str = "nb") -> list[tuple[str, str | None]]:
    """Each quote's words, without marks of punctuation at the end, with its speaker."""
    return [(quote.text.rstrip(" .,"), quote.speaker) for quote in find(text, language)]
