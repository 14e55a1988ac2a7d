"""Enrichment of whole articles: what it refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import apache_beam as beam
import pytest
from apache_beam.metrics.metric import MetricsFilter
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from newsbeam.pipelines.config.load import load_shipped_languages
from newsbeam.transforms.enrich.annotate import (
    BATCH_SIZE,
    MAX_TEXT_CHARS,
    find_named,
    load_pipeline,
)
from newsbeam.transforms.enrich.articles import enrich_and_count, enrich_articles
from newsbeam.transforms.records import Article, Block, Metadata, Provenance, Rejection
from newsbeam.transforms.settings.source import EnrichSettings, Source
from newsbeam.transforms.stage import Each


def test_an_article_too_long_to_read_is_rejected_with_its_request() -> None:
    provenance = Provenance("avis", "a", "a.txt", "0" * 64, request='{"feed": "f"}')
    article = Article(provenance, Metadata(), (Block("x" * (MAX_TEXT_CHARS + 1)),), "nb")
    (found,) = enrich_articles([article], {}, {})
    assert isinstance(found, Rejection)
    assert (found.stage, found.reason, found.request) == ("enrich", "too_long", '{"feed": "f"}')
    assert "split it into articles" in found.detail


def test_labels_are_renamed_and_left_out_as_the_source_says() -> None:
    provenance = Provenance("avis", "a", "a.txt", "0" * 64)
    text = "Statsminister Kari Dahl møtte Per Olsen i Oslo. – Det går bra, sa Dahl til NRK."
    article = Article(provenance, Metadata(), (Block(text),), "nb")
    languages = load_shipped_languages()

    def enrich(labels: dict[str, str | None]) -> Article:
        source = Source(id="avis", files=("a.txt",), enrich=EnrichSettings(labels=labels))
        (found,) = enrich_articles([article], languages, {"avis": source})
        assert isinstance(found, Article)
        return found

    plain, merged = enrich({}), enrich({"GPE_LOC": "GPE", "GPE_ORG": "GPE", "PER": None})
    assert ("Oslo", "GPE_LOC") in {(e.text, e.label) for e in plain.entities}
    assert [(e.text, e.label.removesuffix("_LOC")) for e in plain.entities if e.label != "PER"] == [
        (e.text, e.label) for e in merged.entities
    ]
    assert merged.quotes == plain.quotes
    assert plain.quotes[0].speaker == "Kari Dahl"


def test_a_model_is_loaded_once_a_process() -> None:
    provenance = Provenance("avis", "a", "a.txt", "0" * 64)
    text = Block("Kari Dahl bor i Oslo.")
    articles = [Article(provenance, Metadata(), (text,), language) for language in ("nb", "nn")]
    load_pipeline.cache_clear()
    pipeline = beam.Pipeline(runner=FnApiRunner())
    _ = (
        pipeline
        | beam.Create(articles * 200)  # several batches
        | Each(
            enrich_and_count,
            load_shipped_languages(),
            {"avis": Source(id="avis", files=("a.txt",))},
            batch_size=BATCH_SIZE,
        )
    )
    result = pipeline.run()
    result.wait_until_finish()
    (loaded,) = result.metrics().query(MetricsFilter().with_name("loaded"))["counters"]
    assert loaded.committed == 1  # one pipeline reads both standards
    (enriched,) = result.metrics().query(MetricsFilter().with_name("enriched"))["counters"]
    assert enriched.committed == 400


def test_memory_does_not_grow_with_the_words_seen() -> None:
    language = load_shipped_languages()["nb"]
    assert language.pipeline is not None
    strings = load_pipeline(language.pipeline).vocab.strings
    list(find_named(["Noe annet."], language))
    before = len(strings)
    texts = [f"Kvitbo{number} møtte Grimstadlund{number} i Oslo." for number in range(200)]
    found = list(find_named(texts, language))
    assert len(strings) == before
    # What was found does not live in the memory that was given back.
    assert any(entity.name == "Oslo" for entities in found for entity in entities)


def test_a_bad_text_leaves_the_pipeline_usable() -> None:
    language = load_shipped_languages()["nb"]
    with pytest.raises(ValueError, match="E088"):
        list(find_named(["a" * (MAX_TEXT_CHARS + 1)], language))
    (found,) = find_named(["Kari Nordmann bor i Oslo."], language)
    assert "Oslo" in {entity.name for entity in found}


def test_threads_share_a_pipeline() -> None:
    language = load_shipped_languages()["nb"]
    texts = ["Kari Nordmann bor i Oslo.", "Statsminister Jonas Gahr Støre er i Bergen."] * 40
    (alone,) = [list(find_named(texts, language))]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: list(find_named(texts, language)), range(8)))
    assert together == [alone] * 8
