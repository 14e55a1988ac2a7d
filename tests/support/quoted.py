"""Finding quotes in a text with the shipped lexicon."""

from __future__ import annotations

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.transforms.enrich.quotes import find_quotes
from newsbeam.transforms.records import Quote
from newsbeam.transforms.settings.lexicon import Lexicon


def lexicon(language: str) -> Lexicon:
    """The words of quoting that newsbeam comes with."""
    found = load_shipped_languages()[language].quotes
    assert found is not None
    return found


def find(text: str, language: str = "nb", **kwargs: object) -> tuple[Quote, ...]:
    return find_quotes(text, lexicon(language), **kwargs)  # type: ignore[arg-type]


def said(text: str, language: str = "nb") -> list[tuple[str, str | None]]:
    """Each quote's words, without marks of punctuation at the end, with its speaker."""
    return [(quote.text.rstrip(" .,"), quote.speaker) for quote in find(text, language)]
