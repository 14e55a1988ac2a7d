"""The lake's tables as Arrow schemas, and an ``Article`` as a row of them.

docs/schema.md is generated from the descriptions here (``make reference``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from transforms.identity import article_id
from transforms.records import Article, Rejection

_INSTANT = pa.timestamp("us", tz="UTC")
_SPAN = [pa.field("start", pa.int32()), pa.field("end", pa.int32())]
_TEXT = pa.field("text", pa.string())


@dataclass(frozen=True)
class Column:
    """A column: its Arrow type and what it holds."""

    name: str
    type: pa.DataType
    description: str


@dataclass(frozen=True)
class Table:
    """A table of the lake: its folder's name, columns and partition columns."""

    name: str
    description: str
    columns: tuple[Column, ...]
    partition_by: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        """All columns, partition columns included."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    @property
    def file_schema(self) -> pa.Schema:
        """The columns inside a file; partition columns stand in its path (Hive layout)."""
        return pa.schema([f for f in self.schema if f.name not in self.partition_by])


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
            "UTC day of `published_at`, or of ingestion where there is none. Partition column.",
        ),
        Column("url", pa.string(), "Canonical URL, where the article has one."),
        Column("origin", pa.string(), "File (and line or record) or page that it came from."),
        Column("title", pa.string(), "Headline, without the site's name."),
        Column("lead", pa.string(), "Standfirst; it also opens `text`."),
        Column("text", pa.string(), "The cleaned article, one paragraph or heading a line."),
        Column("authors", pa.list_(pa.string()), "Names of the authors, without their roles."),
        Column("published_at", _INSTANT, "First publication."),
        Column(
            "published_at_from",
            pa.string(),
            "Evidence for `published_at`: json, jsonld, meta, time_tag, text (a line by the "
            "headline), feed (its entry); or a day only: url_day, text_day, feed_day (noon in the "
            "source's time zone).",
        ),
        Column("published_at_text", pa.string(), "`published_at` as it was written there."),
        Column("modified_at", _INSTANT, "Last change that the publisher states."),
        Column("fetched_at", _INSTANT, "When the page was fetched; null for plain files."),
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
                    ]
                )
            ),
            "Named entities; `name` is the fullest form in the article, without the genitive.",
        ),
        Column(
            "quotes",
            pa.list_(
                pa.struct(
                    [
                        _TEXT,
                        *_SPAN,
                        pa.field("kind", pa.string()),
                        pa.field("speaker", pa.string()),
                        pa.field("speaker_mention", pa.string()),
                        pa.field("mention_start", pa.int32()),
                        pa.field("cue", pa.string()),
                        pa.field("is_heading", pa.bool_()),
                        pa.field("speaker_role", pa.string()),
                        pa.field("segments", pa.list_(pa.struct(_SPAN))),
                    ]
                )
            ),
            "Direct quotes: `kind` is dash, guillemet, quote_marks or mixed; `speaker` the "
            "fullest name or role; `speaker_mention` the words of the attribution, beginning at "
            "`mention_start`; `cue` the reporting verb; `speaker_role` the title or apposition "
            "that introduces the speaker; `segments` the spoken pieces where the reporting clause "
            "interrupts the quote, else empty.",
        ),
        Column(
            "removed",
            pa.list_(pa.struct([pa.field("rule", pa.string()), _TEXT])),
            "Lines that were taken out, with the step or rule that did: the page's structure "
            "first, then the rules of cleaning, in their order.",
        ),
        Column("content_hash", pa.string(), "SHA-256 (32 hex) of all that newsbeam made of it."),
        Column("document_id", pa.string(), "Identity of the raw item (32 hex)."),
        Column("document_hash", pa.string(), "SHA-256 (64 hex) of the raw item."),
        Column(
            "ingested_at",
            _INSTANT,
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
        Column("rejected_at", _INSTANT, "When the run that wrote the row began."),
        Column("run_id", pa.string(), "The run that wrote the row."),
    ),
    ("source",),
)

FEED_POLLS = Table(
    "feed_polls",
    "One row a poll of a feed. A feed's newest row is all that the next poll needs to know; where "
    "its `seen` is null, that of the newest row with one still holds.",
    (
        Column("source", pa.string(), "The source's id."),
        Column("feed", pa.string(), "The feed's id: its configured id or address."),
        Column("polled_at", _INSTANT, "When the request was sent."),
        Column("polled_date", pa.date32(), "UTC day of `polled_at`. Partition column."),
        Column("configured_url", pa.string(), "The address that the config gave it."),
        Column("url", pa.string(), "The address that was asked."),
        Column(
            "outcome",
            pa.string(),
            "parsed; unchanged (same bytes as before), not_modified (304); failed; gone (410: not "
            "asked again).",
        ),
        Column("status", pa.int32(), "HTTP status; null where there was no answer."),
        Column("reason", pa.string(), "Why it failed: a stable word, as in rejects."),
        Column("detail", pa.string(), "Why it failed, in words."),
        Column("kind", pa.string(), "rss, atom, json_feed or news_sitemap."),
        Column("title", pa.string(), "The feed's title."),
        Column("entries", pa.int32(), "Entries in the feed."),
        Column("new", pa.int32(), "Entries not seen before."),
        Column("changed", pa.int32(), "Entries that the feed tells differently than before."),
        Column("failed_pages", pa.int32(), "Entries of this run whose page could not be had."),
        Column("latest_entry_at", _INSTANT, "Newest instant of publication that the feed states."),
        Column("etag", pa.string(), "ETag as sent."),
        Column("last_modified", pa.string(), "Last-Modified as sent."),
        Column("body_hash", pa.string(), "SHA-256 (32 hex) of the last body that parsed."),
        Column("validated_at", _INSTANT, "When it was last asked without validators."),
        Column(
            "is_false_304",
            pa.bool_(),
            "Asked without validators it was found changed, although 304s had said it was not.",
        ),
        Column("interval_seconds", pa.int32(), "Adaptive interval, without jitter."),
        Column(
            "interval_limit_seconds",
            pa.int32(),
            "Interval beyond which entries might come and go unseen, from their rate.",
        ),
        Column("ttl_seconds", pa.int32(), "Shortest interval that the feed itself asks for."),
        Column("skip_hours", pa.list_(pa.int32()), "Hours (GMT) in which it asks to be left."),
        Column("skip_days", pa.list_(pa.int32()), "Days (GMT, 0 = Monday) likewise."),
        Column("next_poll_at", _INSTANT, "When it is due again; null after 410."),
        Column("failures", pa.int32(), "Failures in a row."),
        Column("backoff", pa.float64(), "Their weights' sum: hard 1, soft 0.5, DNS 0.25."),
        Column("moved_to", pa.string(), "Where permanent redirects lead."),
        Column("moves", pa.int32(), "How often in a row they led there and to a feed."),
        Column(
            "blocked",
            pa.list_(pa.struct([pa.field("domain", pa.string()), pa.field("until", _INSTANT)])),
            "Registrable domains that asked to be left alone (Retry-After).",
        ),
        Column(
            "seen",
            pa.list_(
                pa.struct(
                    [
                        pa.field("id", pa.string()),
                        pa.field("digest", pa.string()),
                        pa.field("document_id", pa.string()),
                    ]
                )
            ),
            "Entries in the feed that are dealt with: 16 hex of the hash of the entry's id, 16 "
            "hex of what it says, the document that it led to. Null: as before.",
        ),
        Column(
            "pending",
            pa.list_(
                pa.struct(
                    [
                        pa.field("request", pa.string()),
                        pa.field("retry_at", _INSTANT),
                    ]
                )
            ),
            "Entries whose page will be tried again, as JSON, and not before when.",
        ),
        Column("run_id", pa.string(), "The run that polled."),
    ),
    ("polled_date",),
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
        Column("dated_at", _INSTANT, "Its `published_at`, or `ingested_at` where it has none."),
        Column("dated_date", pa.date32(), "UTC day of `dated_at`. Partition column."),
        Column(
            "minhash",
            pa.binary(),
            "Signature of its text (`transforms.wire.signatures`); null if too short to judge.",
        ),
        Column("decision", pa.int64(), "A number that grows with every update of this table."),
        Column("articles_version", pa.int64(), "Version of `articles` that was looked at."),
        Column("rules", pa.string(), "The rules by which stories were told."),
        Column("decided_at", _INSTANT, "When."),
        Column("run_id", pa.string(), "The run that wrote the row."),
    ),
    ("dated_date",),
)

TABLES = (ARTICLES, REJECTS, FEED_POLLS, STORIES)

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
        "ingested_at",
        "run_id",
    }
)

Row = dict[str, Any]


def make_row(article: Article, *, run_id: str, started_at: datetime) -> Row:
    """``article`` as a row of ``ARTICLES``, as revision 1."""
    provenance, metadata, text = article.provenance, article.metadata, article.text
    row: Row = {
        "article_id": article_id(provenance.source, metadata.url or provenance.key),
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
        "headings": [{"text": h.text, "start": h.start, "end": h.end} for h in article.headings],
        "entities": [
            {"text": e.text, "label": e.label, "start": e.start, "end": e.end, "name": e.name}
            for e in article.entities
        ],
        "quotes": [
            {
                "text": q.text,
                "start": q.start,
                "end": q.end,
                "kind": q.kind,
                "speaker": q.speaker,
                "speaker_mention": q.speaker_mention,
                "mention_start": q.mention_start,
                "cue": q.cue,
                "is_heading": q.is_heading,
                "speaker_role": q.speaker_role,
                "segments": [{"start": piece.start, "end": piece.end} for piece in q.segments],
            }
            for q in article.quotes
        ],
        "removed": [{"rule": line.rule, "text": line.text} for line in article.removed],
        "document_id": provenance.known_as or article_id(provenance.source, provenance.key),
        "document_hash": provenance.digest,
        "ingested_at": started_at,
        "run_id": run_id,
    }
    row["content_hash"] = hash_content(row)
    return row


def hash_content(row: Mapping[str, Any]) -> str:
    """SHA-256 (its first 32 hex digits) over the columns that say what the article holds."""
    content = {k: v for k, v in row.items() if k not in _NOT_CONTENT}
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


def _utc_day(instant: datetime) -> date:
    return instant.astimezone(UTC).date()


def _pack_instant(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"not part of a row's content: {type(value).__name__}")
