"""Which of the articles that were read are taken: by language, and by when they were published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from newsbeam.transforms.records import Article, Count
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.spans import ANY_DAY, DayRange


def choose_articles(
    articles: Iterable[Article],
    sources: Mapping[str, Source],
    days: DayRange = ANY_DAY,
) -> Iterator[Article | Count]:
    """The articles in their sources' ``languages`` that were published in ``days``; the others are
    counted as ``left_out:other_language``, ``left_out:other_day`` or, where nobody knows when they
    were published, ``left_out:no_day``.

    Pages that were asked for are of any day: they have been paid for.
    """
    for article in articles:
        name = article.provenance.source
        source, published = sources[name], article.metadata.published_at
        if source.languages and not _is_one(article.language, source.languages):
            yield Count(name, "left_out:other_language")
        elif days == ANY_DAY or article.provenance.request is not None:
            yield article
        elif published is None:
            yield Count(name, "left_out:no_day")
        elif days.span(ZoneInfo(source.timezone)).holds(published):
            yield article
        else:
            yield Count(name, "left_out:other_day")


def _is_one(language: str, wanted: Iterable[str]) -> bool:
    """Whether ``language`` is wanted: ``pt-BR`` is, where ``pt`` is."""
    return any(language == tag or language.startswith(f"{tag}-") for tag in wanted)
