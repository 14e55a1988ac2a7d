"""Adds entities, quotes and statements to articles, by the models and words of their languages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from newsbeam.transforms.enrich.annotate import (
    MAX_TEXT_CHARS,
    annotate_texts,
    load_pipeline,
)
from newsbeam.transforms.enrich.entities import rename_labels
from newsbeam.transforms.records import Article, Count, Rejection
from newsbeam.transforms.settings.language import Language, find_language, list_missing
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.headings import find_headings

# In place of a source, for what is counted of a worker process. The dot keeps it apart from them.
_WORKER = "newsbeam.pipelines"


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
    """``articles`` with all that is found in them, in order. Batching them saves time."""
    results: list[Article | Rejection] = [mark_headings(article) for article in articles]
    groups: dict[Language, list[int]] = defaultdict(list)
    by_tag: dict[tuple[str, str], Language] = {}
    for index, article in enumerate(articles):
        source = article.provenance.source
        if len(article.text) > MAX_TEXT_CHARS:
            results[index] = Rejection(
                source,
                "enrich",
                "too_long",
                f"{show_count(len(article.text), 'character')}; at most {MAX_TEXT_CHARS:,} can be "
                "read at once; split it into articles",
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
        found = annotate_texts(
            [a.text for a in marked],
            language,
            [a.headings for a in marked],
            [a.layout for a in marked],
        )
        for index, article, (entities, speech) in zip(indices, marked, found, strict=True):
            # Who speaks is told by the pipeline's own labels.
            labels = sources[article.provenance.source].enrich.labels
            results[index] = replace(
                article,
                entities=rename_labels(entities, labels),
                quotes=speech.quotes,
                statements=speech.statements,
                persons=speech.persons,
            )
    return results


def enrich_and_count(
    articles: Sequence[Article], languages: Mapping[str, Language], sources: Mapping[str, Source]
) -> Iterator[Article | Rejection | Count]:
    """What ``enrich_articles`` returns, and counts: ``enriched`` articles, models ``loaded``, and
    ``missing:COLUMN:TAG`` for each article in a language in which that is not looked for."""
    before = load_pipeline.cache_info().misses
    yield from enrich_articles(articles, languages, sources)
    yield Count(_WORKER, "loaded", load_pipeline.cache_info().misses - before)
    for article in articles:
        source = article.provenance.source
        yield Count(source, "enriched")
        pipelines = sources[source].enrich.pipelines
        for column in list_missing(article.language, languages, pipelines):
            yield Count(source, f"missing:{column}:{article.language}")
