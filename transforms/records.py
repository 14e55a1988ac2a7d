"""The records that flow through the pipeline, and its clock. Standard library only.

``Document`` (raw) -> ``Article`` (extracted, cleaned) -> ``Article`` with entities and quotes.
What could not go on becomes a ``Rejection``. Every record is immutable; change one with
``dataclasses.replace``. All offsets are Unicode code points, end exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Literal

BlockKind = Literal["lead", "heading", "paragraph"]
QuoteKind = Literal["dash", "guillemet", "quote_marks", "mixed"]
StatementKind = Literal["clause", "parenthetical", "according_to"]
SpeakerKind = Literal["person", "group", "institution", "document"]
Gender = Literal["female", "male"]
GenderEvidence = Literal["pronoun", "title", "noun", "first_name"]
TextLayout = Literal["paragraphs", "sentences"]  # what a line of a text is
MediaType = Literal["text/plain", "text/html"]
# What spaCy pipelines for different languages call a person.
PERSON_LABELS = frozenset({"PER", "PERS", "PERSON", "PRS", "persName"})
Stage = Literal["poll", "fetch", "read", "extract", "clean", "enrich", "write"]
FeedKind = Literal["rss", "atom", "json_feed", "news_sitemap", "sitemap_index", "front_page"]
FullText = Literal["feed", "page", "auto"]


@dataclass(frozen=True, slots=True)
class Clock:
    """The machine's clock, ``ahead`` of the truth: another day for tests. Safe to pickle."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        """The instant, in UTC."""
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of an article beside its text. ``None`` or empty means not known.

    ``url`` is the canonical URL. Instants are timezone-aware. ``published_at_from`` names
    the evidence for ``published_at`` (for instance ``jsonld`` or ``time_tag``) and
    ``published_at_text`` is that evidence as it was written. ``modified_at_from`` is ``feed`` where
    the feed alone tells ``modified_at``.
    ``language`` is a BCP 47 tag as stated by the page or the data, not as detected.
    """

    url: str | None = None
    title: str | None = None
    lead: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_at_from: str | None = None
    published_at_text: str | None = None
    modified_at: datetime | None = None
    language: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    paywalled: bool | None = None
    modified_at_from: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an item came from and how to know it again.

    ``key`` identifies the item within its source and stays the same when its content changes
    (a path, a URL, an id). ``origin`` tells a person where to look. ``digest`` is the SHA-256
    of the raw item (hex): equal digests mean an unchanged item. ``url`` is the address it was
    fetched from, where there is one. ``known_as`` is the document's id in the lake where it was
    first seen under another key (a page that moved while its feed entry kept its GUID).
    ``request`` is the packed ``PageRequest`` that had it fetched, for a later retry. ``is_part``
    where several items share the address, so that the key alone tells them apart.
    """

    source: str
    key: str
    origin: str
    digest: str
    url: str | None = None
    fetched_at: datetime | None = None
    known_as: str | None = None
    request: str | None = None
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """One raw item as it was read, before extraction.

    ``body`` is bytes where the content itself must tell its encoding, text where that is settled.
    ``charset`` is what the transport declared, if anything. ``given`` holds the fields that came
    beside the body and win over it (a JSON line's); ``hints`` those that only fill what the body
    leaves open (a feed entry's). ``unread`` are the names of fields of its row that mean nothing.
    """

    provenance: Provenance
    media_type: MediaType
    body: str | bytes = field(repr=False)
    charset: str | None = None
    given: Metadata = Metadata()
    hints: Metadata = Metadata()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, as the feed tells it.

    ``id`` is its GUID where the feed's GUIDs are unique, else its canonical URL, else a hash of
    title and content. ``url`` is its absolute address as given, where it has one. ``digest``
    (hex) changes when anything that the feed says of it does; ``text.identity`` tells what of it.
    ``content`` is the HTML of the article's text, where the feed carries more than a summary.
    ``part`` tells it from other entries of its address, where they are articles of their own (a
    list of press releases): the id of the first entry that tells the same.
    """

    id: str
    url: str | None
    digest: str
    metadata: Metadata = Metadata()
    content: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """An entry whose article is wanted.

    ``feed`` is the feed's id within its source. ``tries`` counts the earlier runs that tried in
    vain. ``known_as`` is the id of the document in the lake where the entry was seen under
    another address before; ``known_title`` is the headline of the article that the lake has of it.
    """

    source: str
    feed: str
    entry: Entry
    tries: int = 0
    known_as: str | None = None
    known_title: str | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for fewer than no tries."""
        if self.tries < 0:
            raise ValueError("`tries` must be a number from 0")


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed's document. ``ttl_seconds`` is the longest wait that it asks for by ``ttl`` or
    ``sy:update*``; ``skip_hours`` (0..23, GMT) and ``skip_days`` (0 = Monday, GMT) are when it
    asks not to be polled. ``sitemaps`` are the addresses that a sitemap index lists, newest
    first. ``faults`` are what is wrong, as (reason, detail) pairs. Beside ``entries`` the document
    holds ``unusable`` ones (``faults`` tell why) and ``copies`` that say what an entry says.
    """

    kind: FeedKind
    title: str | None = None
    language: str | None = None
    entries: tuple[Entry, ...] = ()
    ttl_seconds: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    sitemaps: tuple[str, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    unusable: int = 0
    copies: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered: status 200 (``body`` decoded and within its limit) or 304.

    ``url`` is the address that answered after all redirects; ``moved_to`` the one that a chain
    of permanent redirects (301, 308) alone leads to. ``headers`` have lower-case names. ``faults``
    are (reason, detail) pairs of what was wrong with it, though it could be read.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    moved_to: str | None = None
    faults: tuple[tuple[str, str], ...] = ()

    @property
    def content_type(self) -> str:
        """The media type in lower case, without parameters; empty where none was sent."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str | None:
        """The charset that the Content-Type declares."""
        message = Message()
        message["content-type"] = self.headers.get("content-type", "")
        return message.get_content_charset()


@dataclass(frozen=True, slots=True)
class FetchFault:
    """Why there is no response. ``reason`` is a stable snake_case word.

    ``is_temporary`` says whether the same request may succeed later; ``retry_at`` is the instant
    before which the server (or our own caution) does not want to see us again. ``domain`` is the
    registrable domain that the request in fault went to.
    """

    reason: str
    detail: str
    is_temporary: bool
    domain: str
    status: int | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One line of an article: a paragraph, a heading or the standfirst.

    ``text`` holds no newline and no white space at its edges. ``isolated``: the source set the line
    apart by a blank line before it, which it does not do between ordinary paragraphs.
    """

    text: str
    kind: BlockKind = "paragraph"
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class RemovedLine:
    """A line that was taken out, with the name of the step or rule that did."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A named entity; ``name``: its fullest form, without the genitive; ``score``: 0 to 1."""

    text: str
    label: str
    start: int
    end: int
    name: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Speaker:
    """One of those who say something, and what the article tells of them.

    ``name`` is the fullest name that the article gives, else the noun (*forskeren*). ``role`` is
    the title or apposition that introduces a person, or the noun; ``affiliation`` the body that
    it ties the person to (*leder i Rødt*). ``gender`` is known by the text or by an unambiguous
    first name alone; ``gender_from`` says by which. ``None`` means not known.
    """

    name: str
    kind: SpeakerKind
    role: str | None = None
    gender: Gender | None = None
    gender_from: GenderEvidence | None = None
    affiliation: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A direct quote and who said it.

    ``text`` equals ``article_text[start:end]``: the words, without dash, enclosing marks and
    reporting clause. Where that clause interrupts them, ``segments`` holds the spoken pieces, else
    it is empty. ``speaker`` is the fullest name (or role) that the article gives,
    ``speaker_role`` the title or apposition by which it introduces a named speaker,
    ``speaker_mention`` the words of the attribution, which begin at ``mention_start``;
    ``cue`` is the reporting verb's form. ``speakers`` are all who speak, one by one, where the
    article tells: two for *Per Moe og Ola Nes*.
    """

    text: str
    start: int
    end: int
    kind: QuoteKind
    speaker: str | None = None
    speaker_mention: str | None = None
    mention_start: int | None = None
    cue: str | None = None
    is_heading: bool = False
    speaker_role: str | None = None
    segments: tuple[Segment, ...] = ()
    speakers: tuple[Speaker, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody said, in the paper's own words (*Hansen mener at han lyver*).

    ``text`` equals ``article_text[start:end]``: the reported clause, without the reporting one
    and the final stop; where that one interrupts it, ``segments`` holds the pieces. ``cue`` is
    the reporting verb's form, or the preposition (*ifølge*). The fields of the speaker are those
    of ``Quote``.
    """

    text: str
    start: int
    end: int
    kind: StatementKind
    speaker: str | None = None
    speaker_mention: str | None = None
    mention_start: int | None = None
    cue: str | None = None
    segments: tuple[Segment, ...] = ()
    speakers: tuple[Speaker, ...] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's place in the article's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """An article: where it came from, its metadata, its lines, what was found in them.

    ``layout``: ``None`` where the text alone tells it. ``persons``: all named, silent ones too."""

    provenance: Provenance
    metadata: Metadata
    blocks: tuple[Block, ...]
    language: str
    removed: tuple[RemovedLine, ...] = ()
    entities: tuple[Entity, ...] = ()
    quotes: tuple[Quote, ...] = ()
    layout: TextLayout | None = None
    statements: tuple[Statement, ...] = ()
    persons: tuple[Speaker, ...] = ()

    def __repr__(self) -> str:
        names = "blocks", "entities", "quotes", "statements"
        counts = (f"{len(getattr(self, name))} {name}" for name in names)
        return f"Article({self.metadata.title!r}, {self.language}, {', '.join(counts)})"

    @property
    def text(self) -> str:
        """The blocks, one a line. The offsets of all that was found in it point into this."""
        return "\n".join(block.text for block in self.blocks)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings with their offsets into ``text``."""
        found, start = [], 0
        for block in self.blocks:
            end = start + len(block.text)
            if block.kind == "heading":
                found.append(Heading(block.text, start, end))
            start = end + 1
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Count:
    """``number`` more of what a run counts of a source, under ``name``: ``read``, ``known`` ..."""

    source: str
    name: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Rejection:
    """An item that could not go on. ``reason`` is a stable snake_case word.

    ``request`` is the packed ``PageRequest`` where the item came from a feed.
    """

    source: str
    stage: Stage
    reason: str
    detail: str
    origin: str
    request: str | None = None
