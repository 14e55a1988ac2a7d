"""The table ``feed_polls``: what each poll of a feed brought, and what the next needs to know."""

from __future__ import annotations

import pyarrow as pa

from newsbeam.transforms.lake.columns import INSTANT, Column, Table

FEED_POLLS = Table(
    "feed_polls",
    "One row a poll of a feed. A feed's newest row is all that the next poll needs to know; where "
    "its `seen` is null, that of the newest row with one still holds.",
    (
        Column("source", pa.string(), "The source's id."),
        Column("feed", pa.string(), "The feed's id: its configured id or address."),
        Column("polled_at", INSTANT, "When the request was sent."),
        Column(
            "poll_number",
            pa.int64(),
            "One more than that of the feed's poll before: of two rows the one with the higher "
            "number is the newer, whatever clocks said. Null counts as 0.",
        ),
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
        Column(
            "kind", pa.string(), "rss, atom, json_feed, news_sitemap, sitemap_index or front_page."
        ),
        Column("title", pa.string(), "The feed's title."),
        Column(
            "entries",
            pa.int32(),
            "Entries in the feed: `new` + `known` + `changed` + `rejected` + `waiting`. Where it "
            "was not told anew (outcomes other than parsed), those of the poll before.",
        ),
        Column("new", pa.int32(), "Entries not seen before."),
        Column(
            "known",
            pa.int32(),
            "Entries that need nothing: told as before (or with other instants alone, and asked "
            "for a short while ago), or twice in the feed with the same words.",
        ),
        Column("changed", pa.int32(), "Entries that the feed tells differently than before."),
        Column(
            "rejected",
            pa.int32(),
            "Entries that cannot be used; `rejects` has the reasons, with stage poll.",
        ),
        Column(
            "waiting",
            pa.int32(),
            "Entries that are left to a later run: their page could not be had yet, or was asked "
            "for in vain a short while ago, or `--limit` was reached.",
        ),
        Column(
            "failed_pages",
            pa.int32(),
            "Entries (new, changed or waiting) whose page could not be had in this run; `rejects` "
            "has the reasons, with stage fetch.",
        ),
        Column("latest_entry_at", INSTANT, "Newest instant of publication that the feed states."),
        Column("etag", pa.string(), "ETag as sent."),
        Column("last_modified", pa.string(), "Last-Modified as sent."),
        Column("body_hash", pa.string(), "SHA-256 (32 hex) of the last body that parsed."),
        Column("validated_at", INSTANT, "When it was last asked without validators."),
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
        Column("next_poll_at", INSTANT, "When it is due again; null after 410."),
        Column("failures", pa.int32(), "Failures in a row."),
        Column("backoff", pa.float64(), "Their weights' sum: hard 1, soft 0.5, DNS 0.25."),
        Column("moved_to", pa.string(), "Where permanent redirects lead."),
        Column("moves", pa.int32(), "How often in a row they led there and to a feed."),
        Column(
            "blocked",
            pa.list_(pa.struct([pa.field("domain", pa.string()), pa.field("until", INSTANT)])),
            "Registrable domains that are left alone until then: they asked for it (Retry-After), "
            "or their robots.txt could not be had.",
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
            "Entries in the feed that are dealt with: 16 hex of the hash of the entry's id; hex of "
            "what it says (16, 8 without its instants, 10 without its address); the document that "
            "it led to. Null: as before.",
        ),
        Column(
            "pending",
            pa.list_(
                pa.struct(
                    [
                        pa.field("request", pa.string()),
                        pa.field("retry_at", INSTANT),
                    ]
                )
            ),
            "Entries whose page will be tried again, as JSON, and not before when.",
        ),
        Column(
            "rechecks",
            pa.list_(
                pa.struct(
                    [
                        pa.field("id", pa.string()),
                        pa.field("asked_at", INSTANT),
                        pa.field("written_at", INSTANT),
                        pa.field("for_words", pa.int32()),
                        pa.field("for_instants", pa.int32()),
                    ]
                )
            ),
            "Entries whose article was asked for again as the feed told them differently: when, "
            "when the article had been written last by then, and how often it was asked for "
            "since, because of words or of instants alone (it is asked for less and less often).",
        ),
        Column("run_id", pa.string(), "The run that polled."),
    ),
    ("polled_date",),
)
