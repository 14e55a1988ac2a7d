"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
import re
from json import JSONDecodeError
from typing import Any

from newsbeam.transforms.feeds.dates import read_dates
from newsbeam.transforms.feeds.entries import (
    MOST_ENTRIES,
    DraftEntry,
    FeedContext,
    make_entries,
    read_paywall,
    resolve_address,
)
from newsbeam.transforms.feeds.fault import FeedFault
from newsbeam.transforms.feeds.texts import (
    choose_texts,
    escape_text,
    has_line_tag,
    list_lines,
    read_plain_line,
    read_title_line,
)
from newsbeam.transforms.records import Metadata, ParsedFeed
from newsbeam.transforms.text.bylines import split_author
from newsbeam.transforms.text.characters import normalize_line, squeeze
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.languages import normalize_tag

JsonNode = dict[str, Any]

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_SPACE_OR_COMMA = re.compile(r"[\s,]*")
_EDGES = "\ufeff \t\r\n"
_DECODER = json.JSONDecoder(strict=False)
# Python refuses to write out integers of over 4,300 digits.
_LARGEST_NUMBER = 10**30
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_json_feed(text: str, context: FeedContext) -> ParsedFeed | FeedFault:
    """Return the feed in a JSON document; of one that breaks off, the items before that.

    Faults: ``broken_json``, and ``not_a_feed`` for other JSON.
    """
    faults: tuple[tuple[str, str], ...] = ()
    try:
        feed = _DECODER.decode(text.strip(_EDGES))
    except RecursionError:
        return FeedFault("broken_json", "nested too deeply")
    except ValueError as error:
        feed, fault = _recover_feed(text, error)
        if feed is None:
            return FeedFault("broken_json", f"no JSON: {error}")
        faults = (fault,)
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        return FeedFault(
            "not_a_feed", "JSON, but no JSON Feed: that is an object with a list `items`"
        )
    language = normalize_tag(_get_text(feed, "language"))
    nodes = [item for item in feed["items"] if isinstance(item, dict)]
    # The feed's authors are those of items that name none (jsonfeed.org/version/1.1, "authors").
    authors = _read_authors(feed)
    drafts = [_read_item(item, language, authors, context) for item in nodes[:MOST_ENTRIES]]
    made = make_entries(drafts, context.rules)
    strange = len(feed["items"]) - len(nodes)
    if strange:
        faults = (*faults, ("broken_entry", f"items that are no objects: {strange}"))
    if len(nodes) > MOST_ENTRIES:
        faults = (*faults, ("too_many_entries", f"{len(nodes)}; {MOST_ENTRIES} are read"))
    return ParsedFeed(
        "json_feed",
        title=read_plain_line(_get_text(feed, "title") or "") or None,
        language=language,
        entries=made.entries,
        faults=(*faults, *made.faults),
        unusable=made.unusable + strange + max(0, len(nodes) - MOST_ENTRIES),
        copies=made.copies,
    )


def _recover_feed(text: str, error: ValueError) -> tuple[Any, tuple[str, str]]:
    """The feed of a document that is no JSON as a whole, and that as a fault."""
    if isinstance(error, JSONDecodeError) and error.msg == "Extra data":
        feed, end = _DECODER.raw_decode(text.lstrip(_EDGES))
        rest = show_count(len(text.lstrip(_EDGES)) - end, "character")
        return feed, ("text_around_feed", f"left out behind the feed: {rest}")
    items = _recover_items(text)
    detail = f"broken JSON ({error}); what stands before is read"
    return {"items": items} if items else None, ("truncated", detail)


def _recover_items(text: str) -> list[Any]:
    start = _ITEMS.search(text)
    items: list[Any] = []
    place = start.end() if start else len(text)
    while place < len(text):
        space = _SPACE_OR_COMMA.match(text, place)
        try:
            item, place = _DECODER.raw_decode(text, space.end() if space else place)
        except (ValueError, RecursionError):
            break
        items.append(item)
    return items


def _read_item(
    item: JsonNode, language: str | None, authors: tuple[str, ...], context: FeedContext
) -> DraftEntry:
    guid = normalize_line(_get_scalar(item, "id") or "") or None
    url = _read_address(item, ("url", "external_url"), context) or resolve_address(guid, "")
    title = read_title_line(_get_text(item, "title") or "") or None
    content = _get_text(item, "content_html") or escape_text(_get_text(item, "content_text") or "")
    summary = _get_text(item, "summary") or ""
    # Plain text, says the specification; many put HTML there, with tags that end.
    is_html = "</" in summary and has_line_tag(summary)
    summary = summary if is_html else escape_text(summary)
    texts = choose_texts(title, summary or None, content or None, has_page=url is not None)
    published, modified = _get_scalar(item, "date_published"), _get_scalar(item, "date_modified")
    dates = read_dates(
        [published] if published else [],
        [modified] if modified else [],
        context.timezone,
        context.latest,
    )
    metadata = Metadata(
        title=title,
        lead=texts.lead,
        authors=_read_authors(item) or authors,
        published_at=dates.published_at,
        published_at_from=dates.published_at_from,
        published_at_text=dates.published_at_text,
        modified_at=dates.modified_at,
        language=normalize_tag(_get_text(item, "language")) or language,
        tags=_read_tags(item),
        image_url=_read_address(item, ("image", "banner_image"), context),
        paywalled=_read_paywall(item),
    )
    return DraftEntry(guid, url, metadata, texts)


def _get_text(node: JsonNode, name: str) -> str | None:
    """A string, without what no text can hold."""
    value = node.get(name)
    return (_SURROGATE.sub("\ufffd", value).strip() or None) if isinstance(value, str) else None


def _get_scalar(node: JsonNode, name: str) -> str | None:
    """A string or a number: ids and times are written as either."""
    value = node.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value) if abs(value) < _LARGEST_NUMBER else None
    return _get_text(node, name)


def _read_address(item: JsonNode, names: tuple[str, ...], context: FeedContext) -> str | None:
    found = (resolve_address(_get_text(item, name), context.url) for name in names)
    return next((url for url in found if url), None)


def _read_authors(item: JsonNode) -> tuple[str, ...]:
    # 1.0 has one author, 1.1 a list of them.
    value = item.get("authors") or [item.get("author")]
    names: dict[str, str] = {}
    for author in value if isinstance(value, list) else [value]:
        node = author if isinstance(author, dict) else {"name": author}
        for name in split_author(read_title_line(_get_text(node, "name") or "")):
            names.setdefault(squeeze(name), name)
    return tuple(names.values())


def _read_tags(item: JsonNode) -> tuple[str, ...]:
    tags = item.get("tags")
    if isinstance(tags, str):
        return list_lines(tags.split(","))
    texts = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return list_lines(texts)


def _read_paywall(item: JsonNode) -> bool | None:
    """Of the item, or of an extension: an object whose name begins with ``_``."""
    extensions = [v for k, v in item.items() if k.startswith("_") and isinstance(v, dict)]
    for node in [item, *extensions]:
        for name, value in node.items():
            if isinstance(value, bool | str | int):
                found = read_paywall(name.lstrip("_"), str(value))
                if found is not None:
                    return found
    return None
