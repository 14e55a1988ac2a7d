"""The records that flow through the pipeline. Standard library only.

``Document`` (raw) -> ``Article`` (extracted, cleaned) -> ``Article`` with entities and quotes.
What could not go on becomes a ``Rejection``. Every record is immutable; change one with
``dataclasses.replace``. All offsets are Unicode code points, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

BlockKind = Literal["lead", "heading", "paragraph"]
QuoteKind = Literal["dash", "guillemet", "quote_marks", "mixed"]
MediaType = Literal["text/plain", "text/html"]
# What spaCy pipelines for different languages call a person.
PERSON_LABELS = frozenset({"PER", "PERS", "PERSON", "PRS", "persName"})
Stage = Literal["read", "extract", "clean", "enrich", "write"]


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known of an article beside its text. ``None`` or empty means not known.

    ``url`` is the canonical URL. Instants are timezone-aware. ``published_at_from`` names
    the evidence for ``published_at`` (for instance ``jsonld`` or ``time_tag``).
    ``language`` is a BCP 47 tag as stated by the page or the data, not as detected.
    """

    url: str | None = None
    title: str | None = None
    lead: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_at_from: str | None = None
    modified_at: datetime | None = None
    language: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    paywalled: bool | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an item came from and how to know it again.

    ``key`` identifies the item within its source and stays the same when its content changes
    (a path, a URL, an id). ``origin`` tells a person where to look. ``digest`` is the SHA-256
    of the raw item (hex): equal digests mean an unchanged item. ``url`` is the address it was
    fetched from, where there is one.
    """

    source: str
    key: str
    origin: str
    digest: str
    url: str | None = None
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One raw item as it was read, before extraction.

    ``body`` is bytes where the content itself must tell its encoding, text where that is settled.
    ``charset`` is what the transport declared, if anything. ``given`` holds the fields that came
    beside the body (a JSON line's).
    """

    provenance: Provenance
    media_type: MediaType
    body: str | bytes
    charset: str | None = None
    given: Metadata = Metadata()


@dataclass(frozen=True, slots=True)
class Block:
    """One line of an article: a paragraph, a heading or the standfirst.

    ``text`` holds no newline and no white space at its edges. ``isolated`` is true where the
    source set the line apart by a blank line before it while it does not do so between
    ordinary paragraphs.
    """

    text: str
    kind: BlockKind = "paragraph"
    isolated: bool = False


@dataclass(frozen=True, slots=True)
class RemovedLine:
    """A line that cleaning took out, with the name of the rule that did."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Entity:
    """A named entity. ``name`` is its fullest form in the article, without the genitive."""

    text: str
    label: str
    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of an article's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quote:
    """A direct quote and who said it.

    ``text`` equals ``article_text[start:end]``: the words, without dash, enclosing marks and
    reporting clause. Where that clause interrupts them, ``segments`` holds the spoken pieces, else
    it is empty. ``speaker`` is the fullest name (or role) that the article gives,
    ``speaker_role`` the title or apposition by which it introduces a named speaker,
    ``speaker_mention`` the words of the attribution, which begin at ``mention_start``;
    ``cue`` is the reporting verb's form.
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


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading's place in the article's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """An article: where it came from, its metadata, its lines, what was found in them."""

    provenance: Provenance
    metadata: Metadata
    blocks: tuple[Block, ...]
    language: str
    removed: tuple[RemovedLine, ...] = ()
    entities: tuple[Entity, ...] = ()
    quotes: tuple[Quote, ...] = ()

    @property
    def text(self) -> str:
        """The blocks, one a line. Offsets of entities, quotes and headings point into it."""
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
class Rejection:
    """An item that could not go on. ``reason`` is a stable snake_case word."""

    source: str
    stage: Stage
    reason: str
    detail: str
    origin: str
