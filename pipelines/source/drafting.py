"""From a sample of a site's articles to the source that they suggest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from newsbeam.pipelines.config.load import merge_settings
from newsbeam.pipelines.preview.examine import Examination, examine_document
from newsbeam.pipelines.source.feed_choice import JudgedFeed
from newsbeam.pipelines.source.finding import FoundSite
from newsbeam.pipelines.source.guesses import (
    Guess,
    guess_full_text,
    guess_id,
    guess_language,
    guess_name,
    guess_parameters,
    guess_timezone,
)
from newsbeam.pipelines.source.proposing import Proposals, add_proposals, propose_rules
from newsbeam.pipelines.source.remarks import list_remark
from newsbeam.pipelines.source.sampling import SampledEntry
from newsbeam.pipelines.source.site_pages import SitePage, read_site_page
from newsbeam.pipelines.source.trouble import SourceTrouble, explain_fault, explain_no_article
from newsbeam.pipelines.source.visits import SiteVisit, SiteVisitor
from newsbeam.transforms.fetch.queue import wants_page
from newsbeam.transforms.records import Article, Document, FetchFault, FullText, Rejection, Response
from newsbeam.transforms.settings.language import Language
from newsbeam.transforms.settings.source import Defaults, Source


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever adds a source has decided: its id, and networks that may be connected to."""

    id: str | None = None
    allow_addresses: tuple[str, ...] = ()
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class SourceDraft:
    """A source to review. ``examinations`` are its sample as a run with ``source`` would read it;
    ``given`` are the settings that its file has to say, as YAML's values.
    """

    url: str
    source: Source
    given: Mapping[str, Any]
    guesses: Mapping[str, Guess]
    feeds: tuple[JudgedFeed, ...]
    examinations: tuple[Examination, ...]
    failures: tuple[str, ...]
    proposals: Proposals
    remarks: tuple[str, ...]
    checked_at: datetime
    visits: tuple[SiteVisit, ...]


def draft_source(
    site: FoundSite,
    sample: Sequence[SampledEntry],
    visitor: SiteVisitor,
    wishes: Wishes,
    defaults: Defaults,
    languages: Mapping[str, Language],
    taken_ids: Sequence[str],
    now: datetime,
) -> SourceDraft:
    """Return the source that the sample suggests.

    ``defaults`` are what the file's folder says for its sources, ``taken_ids`` the ids there.

    Raises:
        SourceTrouble: no article came of the sample; why, and what to try.
    """
    given: dict[str, Any] = {
        "id": "new",
        "language": None,
        "timezone": "UTC",
        "feeds": [
            {"url": feed.url, "front_page": True} if feed.is_front_page else feed.url
            for feed in site.chosen
        ],
    }
    fetch: dict[str, Any] = {}
    if wishes.contact:
        fetch["contact"] = wishes.contact
    if wishes.allow_addresses:
        fetch["allow_addresses"] = list(wishes.allow_addresses)
    if fetch:
        given["fetch"] = fetch
    plain = make_source(given, defaults)
    pages = [_read_page(one) for one in sample]
    documents = [one.make_page(plain) for one in sample]
    articles = [_extract(document, plain, languages) for document in documents]
    known = [page for page in (*pages, *site.pages) if page is not None]
    guesses = _guess(site, sample, known, articles, wishes, taken_ids)
    full_text, failures = _choose_text(sample, plain, languages, articles)
    given |= {name: guess.value for name, guess in guesses.items()}
    if full_text != plain.full_text:
        given["full_text"] = full_text
    keep, drop = guess_parameters(
        (one.entry.url, page.canonical)
        for one, page in zip(sample, pages, strict=True)
        if one.entry.url and page is not None and page.canonical
    )
    if keep or drop:
        given["url"] = {
            name: list(names)
            for name, names in (("keep_parameters", keep), ("drop_parameters", drop))
            if names
        }
    source = make_source(given, defaults)
    read = _examine(_choose_documents(sample, source), source, languages, enrich=False)
    if not any(one.article for one in read):
        raise SourceTrouble(_explain(sample, read, visitor))
    proposals = propose_rules(read, source, languages)
    given = add_proposals(given, proposals)
    source = make_source(given, defaults)
    examined = _examine([one.document for one in read], source, languages, enrich=True)
    failures += [one.rejection.reason for one in examined if one.rejection is not None]
    return SourceDraft(
        site.url,
        source,
        given,
        guesses,
        site.feeds,
        tuple(examined),
        tuple(failures),
        proposals,
        tuple(list_remark(site, sample, examined, source, visitor, languages)),
        now,
        tuple(visitor.visits),
    )


def make_source(given: Mapping[str, Any], defaults: Defaults) -> Source:
    """The source of ``given`` settings over ``defaults``."""
    shared = defaults.model_dump(mode="python", exclude_unset=True)
    merged = merge_settings(
        shared, {key: value for key, value in given.items() if value is not None}
    )
    return Source.model_validate(merged, strict=False)


def _read_page(one: SampledEntry) -> SitePage | None:
    answer = one.answer
    if not isinstance(answer, Response):
        return None
    return read_site_page(answer.body, answer.charset, answer.url)


def _extract(
    document: Document | Rejection | None, source: Source, languages: Mapping[str, Language]
) -> Article | None:
    if not isinstance(document, Document):
        return None
    return examine_document(document, source, languages, enrich=False).article


def _guess(
    site: FoundSite,
    sample: Sequence[SampledEntry],
    pages: Sequence[SitePage],
    articles: Sequence[Article | None],
    wishes: Wishes,
    taken_ids: Sequence[str],
) -> dict[str, Guess]:
    url = next((one.entry.url for one in sample if one.entry.url), site.url)
    feeds = [found.feed for found in site.chosen]
    name = guess_name(
        [page.names[0] for page in pages if page.names],
        [feed.title for feed in feeds if feed.title],
        next((page.title for page in reversed(pages) if not page.is_article), None),
        site.url,
    )
    stated = [page.language for page in pages if page.language]
    stated += [feed.language for feed in feeds if feed.language]
    language = guess_language([a.language for a in articles if a], stated)
    texts = [a.metadata.published_at_text for a in articles if a]
    texts += [one.entry.metadata.published_at_text for one in sample]
    guesses = {
        "id": Guess(wishes.id, "as given", is_sure=True)
        if wishes.id
        else guess_id(url, name.value, taken_ids),
        "name": name,
    }
    if language is not None:
        guesses["language"] = language
    spoken = language.value if language else None
    guesses["timezone"] = guess_timezone(url, spoken, [text for text in texts if text])
    return guesses


def _choose_text(
    sample: Sequence[SampledEntry],
    source: Source,
    languages: Mapping[str, Language],
    articles: Sequence[Article | None],
) -> tuple[FullText, list[str]]:
    """Where the text should come from, and why pages failed."""
    pairs = []
    for one, article in zip(sample, articles, strict=True):
        document = one.make_feed(source)
        carried = _extract(document, source, languages) if document else None
        if carried is not None:
            words = len(article.text.split()) if article else 0
            takes_feed = not wants_page(one.entry, "auto")
            pairs.append((len(carried.text.split()), words, takes_feed))
    failures = [one.answer.reason for one in sample if isinstance(one.answer, FetchFault)]
    has_pages = any(isinstance(one.answer, Response) for one in sample)
    return guess_full_text(pairs, has_pages), failures


def _choose_documents(sample: Sequence[SampledEntry], source: Source) -> list[Document]:
    """The documents that a run would read."""
    documents = []
    for one in sample:
        whole = not wants_page(one.entry, source.full_text)
        carried = one.make_feed(source) if whole else None
        document = carried or one.make_page(source)
        if isinstance(document, Document):
            documents.append(document)
    return documents


def _examine(
    documents: Sequence[Document],
    source: Source,
    languages: Mapping[str, Language],
    *,
    enrich: bool,
) -> list[Examination]:
    named = [replace(d, provenance=replace(d.provenance, source=source.id)) for d in documents]
    return [examine_document(d, source, languages, enrich=enrich) for d in named]


def _explain(
    sample: Sequence[SampledEntry], read: Sequence[Examination], visitor: SiteVisitor
) -> Any:
    faults = [one for one in sample if isinstance(one.answer, FetchFault)]
    if faults and len(faults) == len(sample):
        first = faults[0]
        assert isinstance(first.answer, FetchFault)
        return explain_fault(first.answer, visitor.client, first.entry.url or "", visitor.visits)
    details = [f"{one.rejection.reason} ({one.rejection.detail})" for one in read if one.rejection]
    details += [one.answer.detail for one in faults if isinstance(one.answer, FetchFault)]
    return explain_no_article(details or ["no entry of the feeds has a page"], visitor.visits)
