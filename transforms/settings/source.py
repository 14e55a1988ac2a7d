"""Configuration as objects: a source and its sections. (A language: ``language``.)

These models only check values; ``pipelines.config.load`` reads them from YAML and reports faults.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    WithJsonSchema,
    model_validator,
)

from newsbeam.transforms.records import FullText
from newsbeam.transforms.settings.base import Settings
from newsbeam.transforms.settings.checks import (
    UNIT,
    check_addresses,
    check_feed_url,
    check_header_name,
    check_header_value,
    check_pattern,
    check_timezone,
    check_xpath,
    parse_duration,
)
from newsbeam.transforms.settings.notify import NotifySettings

# A source's id becomes a folder of the lake (source=<id>): it must not lead out of it.
SOURCE_ID = r"^[a-z0-9][a-z0-9_-]{0,63}$"
# The shape of a BCP 47 tag (RFC 5646), with the subtags that news sites use.
LANGUAGE_TAG = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^\s*(\d{{1,6}}(\.\d{{1,3}})?\s*({UNIT})\s*,?\s*)+$",
        }
    ),
]
HeaderName = Annotated[str, AfterValidator(check_header_name)]
HeaderValue = Annotated[str, AfterValidator(check_header_value)]
Addresses = Annotated[str, AfterValidator(check_addresses)]
FeedUrl = Annotated[str, AfterValidator(check_feed_url)]
Pattern = Annotated[str, AfterValidator(check_pattern)]
XPath = Annotated[str, AfterValidator(check_xpath)]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
# What a row may say of an article; as columns of the table `articles`, `html` and `id` apart.
RowField = Literal[
    "id", "url", "text", "html", "title", "lead", "authors", "published_at", "modified_at",
    "language", "section", "tags", "image_url", "paywalled",
]  # fmt: skip
LanguageTag = Annotated[str, Field(pattern=LANGUAGE_TAG)]


class CleaningRule(Settings):
    """Removes whole lines, never part of one. ``lines`` or ``pattern`` says which.

    A line is compared after white space and leading ``- * # >`` are stripped, ignoring case.
    """

    name: str = Field(min_length=1, description="Name that the column `removed` will show.")
    lines: tuple[str, ...] = Field((), description="Whole lines, compared ignoring case.")
    pattern: Pattern | None = Field(
        None, description="Regular expression that the whole line must match, ignoring case."
    )
    max_chars: int = Field(
        160, gt=0, description="A longer line is never removed by this rule (code points)."
    )
    isolated: bool = Field(
        False,
        description="Only a line that stands apart by a blank line before it, in a text whose "
        "ordinary lines follow one another without one.",
    )
    match_case: bool = Field(False, description="Whether `pattern` minds upper and lower case.")

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if bool(self.lines) == (self.pattern is not None):
            raise ValueError("give either `lines` or `pattern`")
        return self


class ExtractSettings(Settings):
    """How raw items become articles."""

    max_bytes: int = Field(
        10 * 1024 * 1024,
        gt=0,
        description="Largest item (file, line or record, decompressed) that is read, in bytes. "
        "A larger one is rejected as too_large.",
    )
    body_xpath: XPath | None = Field(
        None,
        description="Elements of a page that hold the article's text, in place of a guess; a page "
        "without any is guessed at. XPath 1.0.",
    )
    prune_xpath: tuple[XPath, ...] = Field(
        (), description="Elements that are no part of the article's text, taken out first."
    )


class CleanSettings(Settings):
    """Which lines are boilerplate at this source, beyond what its language's rules remove."""

    rules: tuple[CleaningRule, ...] = Field((), description="Rules of this source alone.")
    rule_files: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (),
        description="Files with more `rules:`, relative to this file, such as "
        "`newsbeam learn-boilerplate` writes.",
    )
    disable: tuple[str, ...] = Field(
        (), description="Names of the language's rules that must not run on this source."
    )


class RuleFile(Settings):
    """A file that `clean.rule_files` names."""

    rules: tuple[CleaningRule, ...] = Field(description="As `clean.rules` of a source.")


class EnrichSettings(Settings):
    """Which models read the text."""

    pipelines: dict[LanguageTag, str | None] = Field(
        default_factory=dict,
        description="spaCy pipeline for a language, by language tag, in place of the shipped "
        "one: an installed package or a folder relative to this file; null switches entities "
        "off for that language.",
    )
    labels: dict[str, str | None] = Field(
        default_factory=dict,
        description="Other names for entity labels, for instance {GPE_LOC: GPE, GPE_ORG: GPE}; "
        "null leaves entities with that label out.",
    )


class FetchSettings(Settings):
    """How this source's feeds and pages are fetched. Files need none of it."""

    contact: Annotated[HeaderValue, Field(min_length=3)] | None = Field(
        None,
        description="Address of a page or mailbox for the people who run the site; part of the "
        "User-Agent. Best set once, in defaults.yaml.",
    )
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict,
        description="Extra request headers, by name. They are sent to the domain of a feed or page "
        "only, not to others that it redirects to. Host and User-Agent cannot be set. ${NAME} is "
        "read from the environment, ${file:/run/secrets/name} from a file, when it is sent.",
    )
    allow_addresses: tuple[Addresses, ...] = Field(
        (),
        description="IP addresses and networks that may be connected to although they are not "
        "public (tests, intranets).",
    )
    proxy_looks_up: bool = Field(
        False, description="Behind a proxy (HTTPS_PROXY, HTTP_PROXY): fetch also from names that "
        "this machine cannot look up. Whether they are public is the proxy's to say then.",
    )  # fmt: skip
    seconds_between_requests: float = Field(
        1.0,
        ge=0,
        description="Shortest time between the starts of two requests to one registrable domain. "
        "A longer Crawl-delay of its robots.txt wins, up to 120 s.",
    )
    requests_at_once: int = Field(
        1, ge=1, description="Requests to one registrable domain at the same time."
    )
    connect_seconds: float = Field(10.0, gt=0, description="Limit for connecting.")
    read_seconds: float = Field(30.0, gt=0, description="Limit for silence of the server.")
    total_seconds: float = Field(
        60.0, gt=0, description="Limit for one request with all its redirects, tries not counted."
    )
    max_redirects: int = Field(10, ge=0, description="Longest chain of redirects.")
    max_feed_bytes: int = Field(
        15 * 1024 * 1024, gt=0, description="Largest feed after decompression, in bytes."
    )
    max_page_bytes: int = Field(
        10 * 1024 * 1024, gt=0, description="Largest page after decompression, in bytes."
    )
    tries: int = Field(3, ge=1, description="How often a page is tried in a run where it may help.")
    time_a_run: Duration = Field(
        timedelta(minutes=10),
        description="Pages that do not get their turn within this time wait for the next run.",
    )


class PollSettings(Settings):
    """When feeds are asked again. Durations: 30s, 10m, 6h, 1d."""

    every: Duration | None = Field(
        None, description="Fixed interval in place of the adaptive one, for all feeds here."
    )
    at_least: Duration = Field(timedelta(minutes=10), description="Shortest interval.")
    at_most: Duration = Field(timedelta(days=1), description="Longest interval of a live feed.")
    back_off_to: Duration = Field(
        timedelta(days=30), description="Longest interval of a feed that keeps failing."
    )
    jitter: float = Field(
        0.1, ge=0, le=0.5, description="Share by which an interval varies at random."
    )
    validate_after: Duration = Field(
        timedelta(days=1),
        description="Asked without validators this often, as some servers answer 304 falsely.",
    )
    moves_after: int = Field(
        3, ge=1, description="Permanent redirects in a row after which a feed has moved."
    )
    retries: int = Field(
        5, ge=0, description="Later runs in which a page that failed for the time being is tried "
        "again before it is given up (`newsbeam retry` can still have it).",
    )  # fmt: skip


class FeedSettings(Settings):
    """A feed with settings of its own. A plain address does for most."""

    url: FeedUrl = Field(description="Address of an RSS, Atom or JSON feed or a news sitemap.")
    id: str | None = Field(
        None, min_length=1, description="What the feed is known by; its address if left out. "
        "Give one before you change the address, so that its history stays with it.",
    )  # fmt: skip
    every: Duration | None = Field(None, description="Fixed interval between polls.")
    full_text: FullText | None = Field(None, description="In place of the source's `full_text`.")
    front_page: bool = Field(
        False,
        description="The address is that of a page, polled like a feed: what it links to and looks "
        "like an article of the site is fetched. For sites without feeds; second best.",
    )
    links: Pattern | None = Field(
        None,
        description="Regular expression that is found in the addresses of articles on a "
        "`front_page`, in place of a guess.",
    )

    @model_validator(mode="after")
    def _has_links_of_a_page(self) -> Self:
        if self.links is not None and not self.front_page:
            raise ValueError("`links` chooses among those of a page: say `front_page: true`, too")
        return self


def _make_feed_settings(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


FeedItem = Annotated[
    FeedSettings,
    BeforeValidator(_make_feed_settings, json_schema_input_type=FeedUrl | FeedSettings),
]


class UrlSettings(Settings):
    """What makes two addresses of this source the same page."""

    keep_parameters: tuple[str, ...] = Field(
        (), description="Query parameters that newsbeam takes for tracking but this site needs."
    )
    drop_parameters: tuple[str, ...] = Field(
        (), description="Query parameters that never choose the page at this site."
    )


class BackfillSettings(Settings):
    """Where a source's past is listed, for `newsbeam backfill`. Most need none of it."""

    sitemaps: tuple[FeedUrl, ...] = Field(
        (), description="Sitemaps and indexes of them, in place of those that robots.txt names."
    )
    archive: tuple[FeedUrl, ...] = Field(
        (),
        description="Patterns of pages that list a day's, month's or year's articles: "
        "https://…/{yyyy}/{mm}/{dd} ({m} and {d}: without leading zeros).",
    )
    links: Pattern | None = Field(
        None,
        description="Regular expression that is found in the addresses of articles on such pages, "
        "in place of a guess.",
    )


class Defaults(Settings):
    """What sources may share: a defaults.yaml beside them says it for all that do not."""

    language: LanguageTag | None = Field(
        None,
        description="BCP 47 tag (nb, nn, da, sv, en, ...); detected if left out. Between bokmål "
        "and nynorsk the article's own text decides.",
    )
    timezone: TimeZone = Field(
        "Europe/Oslo", description="IANA time zone of instants that come without an offset."
    )
    full_text: FullText = Field(
        "auto",
        description="Where an entry's text comes from: the feed, the page, or (auto) the feed "
        "where it carries the whole article, else the page.",
    )
    archive: bool = Field(
        False, description="Keep what was fetched as WARC files under pages/ of the output."
    )
    poll: PollSettings = PollSettings()
    url: UrlSettings = UrlSettings()
    extract: ExtractSettings = ExtractSettings()
    clean: CleanSettings = CleanSettings()
    # Not as values: pydantic copies one that holds a mapping for each source, which takes longer.
    enrich: EnrichSettings = Field(default_factory=EnrichSettings)
    fetch: FetchSettings = Field(default_factory=FetchSettings)
    notify: NotifySettings = NotifySettings()


class Source(Defaults):
    """A news source: one YAML file. The smallest one is an id and one glob."""

    id: str = Field(
        pattern=SOURCE_ID,
        description="Lower-case letters, digits, - and _; names the partition source=<id>.",
    )
    name: str | None = Field(None, description="Name for people; the id if left out.")
    files: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (),
        description="Globs, relative to this file, or URLs of Beam's file systems (gs://, s3://).",
    )
    fields: dict[RowField, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict,
        description="What the fields of rows (JSON Lines, CSV, Parquet) are called in `files`, by "
        "newsbeam's names: {text: brødtekst, published_at: dato}. The usual names need none.",
    )
    sites: dict[Annotated[str, Field(min_length=1)], Annotated[str, Field(pattern=SOURCE_ID)]] = (
        Field(
            default_factory=dict,
            description="Of archives (WARC) of many sites: the registrable domains that are "
            "wanted, each with the source that its articles belong to: {example.org: example}. "
            "Records of other sites are passed over.",
        )
    )
    source_from: Literal["config", "domain"] = Field(
        "config",
        description="`domain`: each site in `files` is a source of its own, named after its "
        "registrable domain (example_org).",
    )
    languages: tuple[LanguageTag, ...] = Field(
        (), description="Only articles in these languages are taken; all, if left out."
    )
    feeds: tuple[FeedItem, ...] = Field(
        (), description="Addresses of RSS, Atom or JSON feeds or news sitemaps."
    )
    backfill: BackfillSettings = BackfillSettings()

    @model_validator(mode="after")
    def _has_input(self) -> Self:
        if not (self.files or self.feeds or self.backfill.sitemaps or self.backfill.archive):
            raise ValueError("give `files` or `feeds`: where do the articles come from?")
        if (self.sites or self.source_from == "domain") and not self.files:
            raise ValueError("`sites` and `source_from` say whose the articles in `files` are")
        return self

    @model_validator(mode="after")
    def _has_each_feed_once(self) -> Self:
        names = [feed.id or feed.url for feed in self.feeds]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"the feed {min(twice)} stands in `feeds` twice; keep one")
        return self
