"""What a sample shows that no setting says: in words, for whoever reviews a new source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from pipelines.examination import Examination
from pipelines.sources.finding import FoundSite
from pipelines.sources.sampling import SampledEntry
from pipelines.sources.visits import Visitor
from transforms.language_settings import Language, find_language
from transforms.records import Article, FetchFault
from transforms.settings import Source

# Ours: half of the articles shorter than this are teasers, or extraction finds too little.
SHORT_ARTICLE = 80


def list_remark(
    site: FoundSite,
    sample: Sequence[SampledEntry],
    examined: Sequence[Examination],
    source: Source,
    visitor: Visitor,
    languages: Mapping[str, Language],
) -> list[str]:
    """Return what whoever reviews the source should know."""
    articles = [one.article for one in examined if one.article is not None]
    count = len(articles)
    remarks = []
    faults = Counter(one.answer.reason for one in sample if isinstance(one.answer, FetchFault))
    faults.update(one.rejection.reason for one in examined if one.rejection is not None)
    for reason, times in faults.most_common():
        remarks.append(f"{times} of {len(sample)} sampled articles failed: {reason}")
    paywalled = sum(article.metadata.paywalled is True for article in articles)
    if paywalled:
        remarks.append(
            f"{paywalled} of {count} articles are behind a paywall: their text may be a teaser"
        )
    undated = sum(article.metadata.published_at is None for article in articles)
    if undated:
        remarks.append(f"{undated} of {count} articles have no date")
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
    if not source.fetch.contact:
        remarks.append(
            "set `fetch: contact:` here or in defaults.yaml, so that the site can reach you"
        )
    robots = visitor.client.known_robots(site.chosen[0].url)
    if robots is not None and robots.crawl_delay > source.fetch.seconds_between_requests:
        remarks.append(f"robots.txt asks for {robots.crawl_delay:g} s between requests; it gets it")
    return [*remarks, *_list_missing(articles, languages)]


def _list_missing(articles: Sequence[Article], languages: Mapping[str, Language]) -> list[str]:
    """What is not looked for in the languages of the sample."""
    remarks = []
    for tag in sorted({article.language for article in articles}):
        language = find_language(tag, languages)
        missing = [
            what
            for what, has in (("names", language.pipeline), ("quotes", language.quotes))
            if has is None
        ]
        if missing:
            remarks.append(f"{' and '.join(missing)} are not looked for in texts in {tag!r}")
    return remarks
