"""Adds entities and quotes to articles, with the models and words of each article's language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics

from transforms.entities import rename_labels
from transforms.headings import find_headings
from transforms.language_settings import Language, find_language
from transforms.nlp import BATCH_SIZE, MAX_CHARS, annotate_texts, load_pipeline
from transforms.outcomes import BUGS, REJECTED, quarantine, route
from transforms.records import Article, Rejection
from transforms.settings import Source
from transforms.tally import ARTICLES, add_to_tally

# Models loaded: one a language and worker process. A dot keeps it apart from the sources' counters.
LOADED = Metrics.counter("newsbeam.pipelines", "loaded")


def mark_headings(article: Article) -> Article:
    """``article`` with its headings marked, guessed from the text where none is known."""
    if any(block.kind == "heading" for block in article.blocks):
        return article
    starts = {heading.start for heading in find_headings(article.text)}
    if not starts:
        return article
    blocks, at = [], 0
    for block in article.blocks:
        is_heading = at in starts and block.kind == "paragraph"
        blocks.append(replace(block, kind="heading") if is_heading else block)
        at += len(block.text) + 1
    return replace(article, blocks=tuple(blocks))


def enrich_articles(
    articles: Sequence[Article], languages: Mapping[str, Language], sources: Mapping[str, Source]
) -> list[Article | Rejection]:
    """``articles`` with headings, entities and quotes, in order. Batching them saves time."""
    results: list[Article | Rejection] = [mark_headings(article) for article in articles]
    groups: dict[Language, list[int]] = defaultdict(list)
    by_tag: dict[tuple[str, str], Language] = {}
    for index, article in enumerate(articles):
        source = article.provenance.source
        if len(article.text) > MAX_CHARS:
            results[index] = Rejection(
                source,
                "enrich",
                "too_long",
                f"{len(article.text)} characters; at most {MAX_CHARS} can be read at once; "
                "split it into articles",
                article.provenance.origin,
                article.provenance.request,
            )
            continue
        key = (source, article.language)
        if key not in by_tag:
            by_tag[key] = find_language(
                article.language, languages, sources[source].enrich.pipelines
            )
        groups[by_tag[key]].append(index)
    for language, indices in groups.items():
        marked = [a for i in indices if isinstance(a := results[i], Article)]
        found = annotate_texts([a.text for a in marked], language, [a.headings for a in marked])
        for index, article, (entities, quotes) in zip(indices, marked, found, strict=True):
            # Who speaks is told by the pipeline's own labels.
            labels = sources[article.provenance.source].enrich.labels
            results[index] = replace(
                article, entities=rename_labels(entities, labels), quotes=quotes
            )
    return results


class _EnrichBatches(beam.DoFn):  # type: ignore[misc]
    def __init__(
        self,
        languages: Mapping[str, Language],
        sources: Mapping[str, Source],
        tallies: str | None,
        survives_bugs: bool,
    ) -> None:
        self._languages = languages
        self._sources = sources
        self._tallies = tallies
        self._survives_bugs = survives_bugs

    def process(self, articles: Sequence[Article]) -> Iterator[Any]:
        before = load_pipeline.cache_info().misses
        yield from map(route, self._enrich(articles))
        LOADED.inc(load_pipeline.cache_info().misses - before)
        add_to_tally(self._tallies, ARTICLES, len(articles))

    def _enrich(self, articles: Sequence[Article]) -> list[Article | Rejection]:
        if not self._survives_bugs:
            return enrich_articles(articles, self._languages, self._sources)
        try:
            return enrich_articles(articles, self._languages, self._sources)
        except BUGS:  # one by one it will show whose fault it was
            return [
                quarantine(
                    "enrich",
                    article.provenance,
                    lambda alone=article: enrich_articles(  # type: ignore[misc]
                        [alone], self._languages, self._sources
                    )[0],
                )
                for article in articles
            ]


class EnrichArticles(beam.PTransform):  # type: ignore[misc]
    """``Article`` s to ``Article`` s with headings, entities and quotes; output ``REJECTED``.

    ``survives_bugs`` as in ``ExtractArticles``.
    """

    def __init__(
        self,
        languages: Mapping[str, Language],
        sources: Mapping[str, Source],
        tallies: str | None = None,
        *,
        survives_bugs: bool = False,
    ) -> None:
        super().__init__()
        self._do_fn = _EnrichBatches(languages, sources, tallies, survives_bugs)

    def expand(self, articles: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return (
            articles
            | "Batch" >> beam.BatchElements(min_batch_size=BATCH_SIZE, max_batch_size=BATCH_SIZE)
            | "Annotate" >> beam.ParDo(self._do_fn).with_outputs(REJECTED, main="articles")
        )
