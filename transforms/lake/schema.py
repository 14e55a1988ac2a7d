"""The lake's tables as Arrow schemas, and an ``Article`` as a row of them.

docs/schema.md is generated from the descriptions here (``make reference``).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pyarrow as pa

from newsbeam.transforms.lake.columns import INSTANT, PARTITIONS, Column, Table
from newsbeam.transforms.lake.entry_columns import ENTRY_COLUMNS, identify_entry
from newsbeam.transforms.lake.feed_polls import FEED_POLLS
from newsbeam.transforms.lake.people_tables import APPEARANCES, PEOPLE
from newsbeam.transforms.records import Article, Rejection
from newsbeam.transforms.text.identity import article_id

__all__ = [
    "APPEARANCES", "ARTICLES", "FEED_POLLS", "PARTITIONS", "PEOPLE", "REJECTS", "STORIES",
    "TABLES", "Column", "Row", "Table", "make_reject_row", "make_row",
]  # fmt: skip

_SPAN = [pa.field("start", pa.int32()), pa.field("end", pa.int32())]
_TEXT = pa.field("text", pa.string())
_WHO = [
    pa.field("speaker", pa.string()),
    pa.field("speaker_mention", pa.string()),
    pa.field("mention_start", pa.int32()),
    pa.field("cue", pa.string()),
]
_SPEAKER = pa.struct(
    [
        (name, pa.string())
        for name in ("name", "kind", "role", "gender", "gender_from", "affiliation")
    ]
)
_PIECES = [
    pa.field("segments", pa.list_(pa.struct(_SPAN))),
    pa.field("speakers", pa.list_(_SPEAKER)),
]

ARTICLES = Table(
    "articles",
    "One row a revision of an article. The newest revision of an article is the one with the "
    "highest `revision`; rows are never changed.",
    (
        Column("article_id", pa.string(), "Identity of the article within its source (32 hex)."),
        Column("revision", pa.int32(), "1 for the first version, one more for every change."),
        Column("source", pa.string(), "The source's id. Partition column."),
        Column(
            "published_date",
            pa.date32(),
            "UTC day of `published_at`, or of ingestion where there is none. Partition column of "
            "lakes by day.",
        ),
        Column("url", pa.string(), "Canonical URL, where the article has one."),
        Column("origin", pa.string(), "File (and line or record) or page that it came from."),
        Column("title", pa.string(), "Headline, without the site's name."),
        Column("lead", pa.string(), "Standfirst; it also opens `text`."),
        Column("text", pa.string(), "The cleaned article, one paragraph or heading a line."),
        Column("authors", pa.list_(pa.string()), "Names of the authors, without their roles."),
        Column("published_at", INSTANT, "First publication."),
        Column(
            "published_at_from",
            pa.string(),
            "Evidence for `published_at`: json, jsonld, meta, time_tag, text (a line by the "
            "headline), feed (its entry); or a day only: json_day, url_day, text_day, feed_day "
            "(noon in the source's time zone).",
        ),
        Column("published_at_text", pa.string(), "`published_at` as it was written there."),
        Column("modified_at", INSTANT, "Last change that the publisher states."),
        Column("fetched_at", INSTANT, "When the page was fetched; null for plain files."),
        Column("language", pa.string(), "BCP 47 tag; nb or nn is decided on the text."),
        Column("section", pa.string(), "The publisher's section."),
        Column("tags", pa.list_(pa.string()), "The publisher's keywords."),
        Column("image_url", pa.string(), "The main picture."),
        Column("paywalled", pa.bool_(), "Whether the page says it is for subscribers; else null."),
        Column("word_count", pa.int32(), "Words in `text`, divided by white space."),
        Column(
            "headings", pa.list_(pa.struct([_TEXT, *_SPAN])), "Lines of `text` that are headings."
        ),
        Column(
            "entities",
            pa.list_(
                pa.struct(
                    [
                        _TEXT,
                        pa.field("label", pa.string()),
                        *_SPAN,
                        pa.field("name", pa.string()),
                        pa.field("score", pa.float64()),
                    ]
                )
            ),
            "Named entities; `name` is the fullest form in the article, without the genitive; "
            "`score` how sure the recognizer is, 0 to 1, null where it does not tell.",
        ),
        Column(
            "quotes",
            pa.list_(
                pa.struct(
                    [
                        _TEXT,
                        *_SPAN,
                        pa.field("kind", pa.string()),
                        *_WHO,
                        pa.field("is_heading", pa.bool_()),
                        pa.field("speaker_role", pa.string()),
                        *_PIECES,
                    ]
                )
            ),
            "Direct quotes: `kind` is dash, guillemet, quote_marks or mixed; `speaker` the "
            "fullest name or role; `speaker_mention` the words of the attribution, beginning at "
            "`mention_start`; `cue` the reporting verb; `speaker_role` the title or apposition "
            "that introduces the speaker; `segments` the spoken pieces where the reporting clause "
            "interrupts the quote, else empty; `speakers` all who speak, one by one: `kind` is "
            "person, group, institution or document, `role` and `affiliation` as the article "
            "gives them, `gender` female or male, by `gender_from` (pronoun, title, noun, "
            "first_name), null where nothing tells.",
        ),
        Column(
            "statements",
            pa.list_(pa.struct([_TEXT, *_SPAN, pa.field("kind", pa.string()), *_WHO, *_PIECES])),
            "What somebody said in the paper's own words, outside direct quotes: `kind` is clause "
            "(*Nes mener at …*), parenthetical (*…, sier Nes*) or according_to (*ifølge Nes*); "
            "`cue` the reporting verb or preposition; the speaker's fields and `segments` as in "
            "`quotes`. One may lie inside another of a different speaker.",
        ),
        Column(
            "persons",
            pa.list_(_SPEAKER),
            "All persons whom the text names, speakers or not, with what it tells of each; the "
            "fields are those of `speakers` in `quotes`.",
        ),
        Column(
            "removed",
            pa.list_(pa.struct([pa.field("rule", pa.string()), _TEXT])),
            "Lines that were taken out, with the step or rule that did: the page's structure "
            "first, then the rules of cleaning, in their order.",
        ),
        Column(
            "content_hash",
            pa.string(),
            "SHA-256 (32 hex) of all that newsbeam made of it, but for instants that its feed "
            "alone tells.",
        ),
        Column("document_id", pa.string(), "Identity of the raw item (32 hex)."),
        Column("document_hash", pa.string(), "SHA-256 (64 hex) of the raw item."),
        *ENTRY_COLUMNS,
        Column(
            "ingested_at",
            INSTANT,
            "When the run that wrote the row began; in a stream, when it was committed, or for a "
            "feed's page when it was fetched.",
        ),
        Column("run_id", pa.string(), "The run that wrote the row."),
    ),
    ("source", "published_date"),
)

REJECTS = Table(
    "rejects",
    "One row a run and item that could not go on.",
    (
        Column("source", pa.string(), "The source's id. Partition column."),
        Column("stage", pa.string(), "poll, fetch, read, extract, clean, enrich or write."),
        Column("reason", pa.string(), "A stable word, for instance invalid_json."),
        Column("detail", pa.string(), "What was wrong and what to do."),
        Column("origin", pa.string(), "File (and line or record), page or feed."),
        Column("request", pa.string(), "What `newsbeam retry` needs to fetch it again (JSON)."),
        Column("config", pa.string(), "The source's config file."),
        Column("rejected_at", INSTANT, "When the run that wrote the row began."),
        Column("run_id", pa.string(), "The run that wrote the row."),
    ),
    ("source",),
)

STORIES = Table(
    "stories",
    "Which articles tell the same story (docs/stories.md). Of the rows of an article with a "
    "`story_id`, the one with the highest `decision` counts; rows are never changed.",
    (
        Column("article_id", pa.string(), "The article (32 hex)."),
        Column(
            "story_id",
            pa.string(),
            "`article_id` of the first article of the story. Null: the article is not of this "
            "day any more; another row tells its story.",
        ),
        Column("dated_at", INSTANT, "Its `published_at`, or `ingested_at` where it has none."),
        Column("dated_date", pa.date32(), "UTC day of `dated_at`. Partition column."),
        Column(
            "minhash",
            pa.binary(),
            "Signature of its text (`transforms.stories.signatures`); null if too short to judge.",
        ),
        Column("decision", pa.int64(), "A number that grows with every update of this table."),
        Column("articles_version", pa.int64(), "Version of `articles` that was looked at."),
        Column("rules", pa.string(), "The rules by which stories were told."),
        Column("decided_at", INSTANT, "When."),
        Column("run_id", pa.string(), "The run that wrote the row."),
    ),
    ("dated_date",),
)

TABLES = (ARTICLES, REJECTS, FEED_POLLS, STORIES, APPEARANCES, PEOPLE)

# Of a row, what does not say what the article holds but where it came from and when.
_NOT_CONTENT = frozenset(
    {
        "article_id",
        "revision",
        "published_date",
        "published_at_text",
        "removed",
        "origin",
        "fetched_at",
        "content_hash",
        "document_id",
        "document_hash",
        *(column.name for column in ENTRY_COLUMNS),
        "ingested_at",
        "run_id",
    }
)

Row = dict[str, Any]


def make_row(article: Article, *, run_id: str, started_at: datetime) -> Row:
    """``article`` as a row of ``ARTICLES``, as revision 1."""
    provenance, metadata, text = article.provenance, article.metadata, article.text
    address = None if provenance.is_part else metadata.url
    row: Row = {
        "article_id": article_id(provenance.source, address or provenance.key),
        "revision": 1,
        "source": provenance.source,
        "published_date": _utc_day(metadata.published_at or started_at),
        "url": metadata.url,
        "origin": provenance.origin,
        "title": metadata.title,
        "lead": metadata.lead,
        "text": text,
        "authors": list(metadata.authors),
        "published_at": metadata.published_at,
        "published_at_from": metadata.published_at_from,
        "published_at_text": metadata.published_at_text,
        "modified_at": metadata.modified_at,
        "fetched_at": provenance.fetched_at,
        "language": article.language,
        "section": metadata.section,
        "tags": list(metadata.tags),
        "image_url": metadata.image_url,
        "paywalled": metadata.paywalled,
        "word_count": len(text.split()),
        "headings": [_pack(heading) for heading in article.headings],
        "entities": [_pack(entity) for entity in article.entities],
        "quotes": [_pack(quote) for quote in article.quotes],
        "statements": [_pack(statement) for statement in article.statements],
        "persons": [_pack(person) for person in article.persons],
        "removed": [_pack(line) for line in article.removed],
        "document_id": provenance.known_as or article_id(provenance.source, provenance.key),
        "document_hash": provenance.digest,
        **identify_entry(article),
        "ingested_at": started_at,
        "run_id": run_id,
    }
    row["content_hash"] = hash_content(row, metadata.modified_at_from == "feed")
    return row


def hash_content(row: Row, is_modified_by_feed: bool) -> str:
    """SHA-256 (its first 32 hex digits) over the columns that say what the article holds.

    Instants that only the feed tells are not in it: some feeds tell others with every poll. Of
    ``modified_at`` the row does not say whether it is one. Nor are the scores of entities: their
    last digits differ with the machine that reckons them.
    """
    content = {k: v for k, v in row.items() if k not in _NOT_CONTENT}
    content["entities"] = [
        {name: value for name, value in entity.items() if name != "score"}
        for entity in row["entities"]
    ]
    if row["published_at_from"] in ("feed", "feed_day"):
        content |= {"published_at": None, "published_at_from": None}
    if is_modified_by_feed:
        content |= {"modified_at": None}
    packed = json.dumps(content, sort_keys=True, ensure_ascii=False, default=_pack_instant)
    return hashlib.sha256(packed.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def make_reject_row(
    rejection: Rejection, *, run_id: str, started_at: datetime, config: str | None = None
) -> Row:
    """``rejection`` as a row of ``REJECTS``; ``config`` is the path of the source's config."""
    return {
        "source": rejection.source,
        "stage": rejection.stage,
        "reason": rejection.reason,
        "detail": rejection.detail,
        "origin": rejection.origin,
        "request": rejection.request,
        "config": config,
        "rejected_at": started_at,
        "run_id": run_id,
    }


def _pack(value: Any) -> Any:
    """What ``asdict`` gives of a record, three times as fast: its values, which never change, are
    not copied.
    """
    names = _list_fields(value.__class__)
    if names is not None:
        return {name: _pack(getattr(value, name)) for name in names}
    return tuple(map(_pack, value)) if isinstance(value, tuple) else value


@cache
def _list_fields(kind: type) -> tuple[str, ...] | None:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None


def _utc_day(instant: datetime) -> date:
    return instant.astimezone(UTC).date()


def _pack_instant(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"not part of a row's content: {type(value).__name__}")
