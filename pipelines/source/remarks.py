"""What a sample shows that no setting says: in words, for whoever reviews a new source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from newsbeam.pipelines.missing import explain_language
from newsbeam.pipelines.preview.examine import Examination
from newsbeam.pipelines.source.finding import FoundSite
from newsbeam.pipelines.source.sampling import SampledEntry
from newsbeam.pipelines.source.visits import SiteVisitor
from newsbeam.transforms.records import Article, FetchFault
from newsbeam.transforms.settings.language import Language, list_missing
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.counts import show_count

# Ours: half of the articles shorter than this are teasers, or extraction finds too little.
SHORT_ARTICLE = 80


def list_remark(
    site: FoundSite,
    sample: Sequence[SampledEntry],
    examined: Sequence[Examination],
    source: Source,
    visitor: SiteVisitor,
    languages: Mapping[str, Language],
) -> list[str]:
    """Return what whoever reviews the source should know."""
    articles = [one.article for one in examined if one.article is not None]
    count, all_articles = len(articles), show_count(len(articles), "article")
    remarks = []
    faults = Counter(one.answer.reason for one in sample if isinstance(one.answer, FetchFault))
    faults.update(one.rejection.reason for one in examined if one.rejection is not None)
    for reason, times in faults.most_common():
        remarks.append(f"{times} of {show_count(len(sample), 'sampled article')} failed: {reason}")
    paywalled = sum(article.metadata.paywalled is True for article in articles)
    if paywalled:
        remarks.append(
            f"{paywalled} of {all_articles} behind a paywall: their text may be a teaser"
        )
    undated = sum(article.metadata.published_at is None for article in articles)
    if undated:
        remarks.append(f"{undated} of {all_articles} without a date")
    nameless = sum(not article.metadata.authors for article in articles)
    if nameless == count:
        remarks.append("no article tells its authors")
    if median(len(article.text.split()) for article in articles) < SHORT_ARTICLE:
        remarks.append(
            f"half of the articles have under {SHORT_ARTICLE} words: compare the text with the "
            "pages (newsbeam preview URL)"
        )
    if any(found.is_plain_sitemap for found in site.chosen):
        remarks.append("the sitemap does not tell when articles were published; their pages may")
    if any(found.is_front_page for found in site.chosen):
        remarks.append(
            "no feed was found: the page is polled in place of one, which is second best. What is "
            "on it between two polls only is missed, and nothing tells of changes; if links are "
            "taken that are no articles, or missed, set `links:` (docs/feeds.md)"
        )
    if not source.fetch.contact:
        remarks.append(
            "set `fetch: contact:` here or in defaults.yaml, so that the site can reach you"
        )
    robots = visitor.client.known_robots(site.chosen[0].url)
    if robots is not None and robots.crawl_delay > source.fetch.seconds_between_requests:
        remarks.append(f"robots.txt asks for {robots.crawl_delay:g} s between requests; it gets it")
    return [*remarks, *list_missing_remarks(articles, source, languages)]


def list_missing_remarks(
    articles: Sequence[Article], source: Source, languages: Mapping[str, Language]
) -> list[str]:
    """What is not looked for in the languages of ``articles``, and what to do."""
    pipelines = source.enrich.pipelines
    found = {tag: list_missing(tag, languages, pipelines) for tag in _list_tag(articles)}
    return [explain_language(tag, columns) for tag, columns in found.items() if columns]


def _list_tag(articles: Sequence[Article]) -> list[str]:
    return sorted({article.language for article in articles})
