"""Pages and feeds that people have: read as a run would read them. Nothing is fetched or written,
but by ``preview`` of an address."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from newsbeam.pipelines.preview.chosen_source import choose_source
from newsbeam.transforms.clean.boilerplate import choose_rules, remove_boilerplate
from newsbeam.transforms.errors import RejectedError
from newsbeam.transforms.extract.article import extract_article
from newsbeam.transforms.feeds.parse import FeedFault, parse_feed
from newsbeam.transforms.records import Article, Document, ParsedFeed, Provenance, Rejection
from newsbeam.transforms.settings.source import Source

if TYPE_CHECKING:
    from newsbeam.pipelines.preview.examine import Examination

_Kept = TypeVar("_Kept")


def extract(
    page: str | bytes, url: str = "", *, source: Source | Path | str | None = None
) -> Article:
    """The article on a web page: its metadata and its lines, none of them cleaned away yet.

    ``page`` is HTML; bytes are decoded as browsers do. Relative addresses on it start from
    ``url``. ``source`` says how the site is read: a config file, a source's id, or a ``Source``;
    by default nothing is known of it.

    Raises:
        RejectedError: there is no article on it (``no_text``, ``not_html``, …).
        ConfigError: the source's config has faults.
        UnknownSourceError: there is no source of this id.
    """
    chosen = choose_source(source).source
    raw = page if isinstance(page, bytes) else page.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(raw).hexdigest()
    provenance = Provenance(chosen.id, url or digest, url or "a page", digest, url or None)
    return _keep(
        extract_article(
            Document(provenance, "text/html", page),
            language=chosen.language,
            timezone=ZoneInfo(chosen.timezone),
            settings=chosen.extract,
        )
    )


def clean(article: Article, source: Source | Path | str | None = None) -> Article:
    """``article`` without boilerplate lines; ``removed`` holds them with the rules that named them.

    The rules are those of the article's language and of ``source`` (as for ``extract``).

    Raises:
        RejectedError: all of it is boilerplate (``only_boilerplate``).
        ConfigError: the source's config has faults.
        UnknownSourceError: there is no source of this id.
    """
    chosen = choose_source(source)
    rules = choose_rules(article, chosen.languages, chosen.source)
    return _keep(remove_boilerplate(article, rules))


def read_feed(body: str | bytes, url: str) -> ParsedFeed:
    """The entries of a feed that was fetched from ``url``: RSS, Atom, JSON Feed, news sitemaps.

    Raises:
        RejectedError: it is no feed (``not_a_feed``, ``broken_xml``, …).
    """
    feed = parse_feed(
        body if isinstance(body, bytes) else body.encode("utf-8", "replace"),
        url=url,
        charset=None if isinstance(body, bytes) else "utf-8",
        timezone=ZoneInfo("UTC"),
        latest=datetime.now(UTC),
    )
    if isinstance(feed, FeedFault):
        raise RejectedError(feed.reason, feed.detail)
    return feed


def preview(url_or_path: str | Path, source: Source | Path | str | None = None) -> Examination:
    """What a run would make of one article: every line with the rule that removes it, entities,
    quotes; or why the article would be rejected.

    An address is asked for as a run would: robots.txt and waits hold. Of a file with many
    articles, this is the first.

    Raises:
        RejectedError: the page or file could not be had at all.
        OSError: the file cannot be opened.
        NewsbeamError: the file is empty, the config has faults, or there is no such source.
    """
    from newsbeam.pipelines.preview.documents import fetch_document, is_address, read_document
    from newsbeam.pipelines.preview.examine import examine_document

    chosen = choose_source(source)
    if is_address(str(url_or_path)):
        document = fetch_document(str(url_or_path), chosen.source)
    else:
        document = read_document(Path(url_or_path), chosen)
    return examine_document(_keep(document), chosen.source, chosen.languages)


def _keep(outcome: _Kept | Rejection) -> _Kept:
    if isinstance(outcome, Rejection):
        raise RejectedError(outcome.reason, outcome.detail)
    return outcome
