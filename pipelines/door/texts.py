"""Entities, quotes and statements for texts and articles that people have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import overload

from newsbeam.pipelines.annotate import Annotation, annotate_all
from newsbeam.pipelines.preview.chosen_source import choose_source
from newsbeam.transforms.enrich.articles import enrich_articles
from newsbeam.transforms.errors import RejectedError
from newsbeam.transforms.records import Article, Rejection
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.languages import detect_language


@overload
def annotate(
    texts: Iterable[str],
    language: str | None = None,
    config: Source | Path | str | None = None,
) -> list[Annotation]: ...
@overload
def annotate(
    texts: Iterable[Article],
    language: str | None = None,
    config: Source | Path | str | None = None,
) -> list[Article]: ...
def annotate(
    texts: Iterable[str] | Iterable[Article],
    language: str | None = None,
    config: Source | Path | str | None = None,
) -> list[Annotation] | list[Article]:
    """The named entities, quotes and statements of each of ``texts``, in order.

    Texts become ``Annotation`` s; articles come back as articles that have them. ``language`` is
    that of all of them, as a tag like "nb" (Norwegian "no" is told apart by each text itself); by
    default each text's is detected, and articles keep theirs. ``config`` is a source whose
    ``enrich`` settings and languages hold: a config file, a source's id, or a ``Source``.

    Give many at once: the models read 32 texts in little more time than a few.

    Raises:
        ValueError: a text is longer than 1,000,000 characters.
        RejectedError: an article is (``too_long``).
        ConfigError: the config has faults.
        UnknownSourceError: there is no source of this id.
    """
    if isinstance(texts, str | Article):
        raise TypeError(f"texts should be a list, not one {type(texts).__name__}: annotate([x])")
    chosen = choose_source(config)
    items = list(texts)
    articles = [item for item in items if isinstance(item, Article)]
    strings = [item for item in items if isinstance(item, str)]
    if len(strings) == len(items):
        settings = chosen.source.enrich
        return annotate_all(strings, [language] * len(strings), chosen.languages, settings)
    if len(articles) < len(items):
        raise TypeError("texts should be strings, or articles, and all of them the same")
    if language is not None:
        articles = [
            replace(article, language=detect_language(article.text, language))
            for article in articles
        ]
    sources = dict.fromkeys((article.provenance.source for article in articles), chosen.source)
    found = []
    for outcome in enrich_articles(articles, chosen.languages, sources):
        if isinstance(outcome, Rejection):
            raise RejectedError(outcome.reason, f"{outcome.origin}: {outcome.detail}")
        found.append(outcome)
    return found
