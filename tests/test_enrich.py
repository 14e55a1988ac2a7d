"""Enrichment of whole articles: what it refuses."""

from __future__ import annotations

from transforms.enrich import enrich_articles
from transforms.nlp import MAX_CHARS
from transforms.records import Article, Block, Metadata, Provenance, Rejection


def test_an_article_too_long_to_read_is_rejected_with_its_request() -> None:
    provenance = Provenance("avis", "a", "a.txt", "0" * 64, request='{"feed": "f"}')
    article = Article(provenance, Metadata(), (Block("x" * (MAX_CHARS + 1)),), "nb")
    (found,) = enrich_articles([article], {}, {})
    assert isinstance(found, Rejection)
    assert (found.stage, found.reason, found.request) == ("enrich", "too_long", '{"feed": "f"}')
    assert "split it into articles" in found.detail
