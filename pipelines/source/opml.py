"""Lists of feeds as feed readers exchange them (OPML 2.0, opml.org/spec2.opml)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

import yaml
from lxml import etree

from newsbeam.pipelines.source.guesses import guess_id, guess_name
from newsbeam.pipelines.source.source_file import check_source_text, list_ids, write_source
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.settings.environment import list_secrets
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.web.urls import domain_of


class NoOpml(NewsbeamError):
    """The file is no list of feeds."""

    is_usage = True


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed of the list: its address, what it is called, and the page of its site."""

    url: str
    title: str
    site: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a list: files that were written, and feeds that were left out, with why."""

    files: tuple[Path, ...]
    left_out: tuple[tuple[str, str], ...]


def read_opml(data: bytes) -> tuple[list[ListedFeed], list[tuple[str, str]]]:
    """The feeds in ``data``, each once, in their order; and what can be none, with why.

    Raises:
        NoOpml: there is no outline with the address of a feed.
    """
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    feeds: dict[str, ListedFeed] = {}
    feedless: list[tuple[str, str]] = []
    refused: list[tuple[str, str]] = []
    for outline in root.iter("{*}outline") if root is not None else ():
        told = {str(name).lower(): str(value).strip() for name, value in outline.attrib.items()}
        url = told.get("xmlurl", "")
        if not url:
            if len(outline) == 0:  # else it is a folder
                name = told.get("title") or told.get("text") or told.get("htmlurl")
                feedless.append((name or "an outline without a name", "it has no xmlUrl"))
            continue
        if url in feeds:
            refused.append((url, "it is listed twice"))
            continue
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            refused.append((url, "no http or https address"))
        elif list_secrets(url):
            refused.append((url, "an address that names a secret"))
        else:
            title = told.get("title") or told.get("text") or ""
            feeds.setdefault(url, ListedFeed(url, title, told.get("htmlurl") or url))
    if not feeds and not refused:
        raise NoOpml('there is no feed in it: OPML has <outline xmlUrl="…"> for each')
    return list(feeds.values()), [*refused, *feedless]


def import_opml(data: bytes, folder: Path) -> Imported:
    """Write a config for each site in a list into ``folder``; what is there already stays.

    A source's feeds are those of one registrable domain. No site is asked.

    Raises:
        NoOpml: it is no list of feeds.
        OSError: a file cannot be written.
    """
    feeds, left_out = read_opml(data)
    polled = _list_polled(folder)
    sites: dict[str, list[ListedFeed]] = {}
    for feed in feeds:
        if feed.url in polled:
            left_out.append((feed.url, f"{polled[feed.url]} has it"))
        else:
            site = domain_of(urlsplit(feed.site).hostname or urlsplit(feed.url).hostname or "")
            sites.setdefault(site, []).append(feed)
    taken = set(list_ids(folder))
    files = []
    for own in sites.values():
        place = own[0].site
        name = guess_name([], [feed.title for feed in own if feed.title], None, place).value
        identifier = guess_id(place, name, taken).value
        taken.add(identifier)
        config = {"id": identifier, "name": name, "feeds": [feed.url for feed in own]}
        text = "# From a list of feeds (OPML). `newsbeam source check` tells whether it works.\n"
        text += yaml.safe_dump(config, allow_unicode=True, sort_keys=False, width=10_000)
        file = folder / f"{identifier}.yaml"
        check_source_text(text, file.name)
        write_source(file, text, force=False)
        files.append(file)
    return Imported(tuple(files), tuple(left_out))


def write_opml(sources: Iterable[Source]) -> str:
    """The feeds of ``sources``, by source, as OPML."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head><title>newsbeam</title></head>",
        "  <body>",
    ]
    for source in sources:
        feeds = [feed for feed in source.feeds if not feed.front_page]  # no reader takes pages
        if not feeds:
            continue
        name = _clean(source.name or source.id)
        lines.append(f"    <outline text={quoteattr(name)}>")
        for feed in feeds:
            title = quoteattr(name if len(feeds) == 1 else f"{name}: {_clean(feed.url)}")
            lines.append(
                f'      <outline type="rss" text={title} xmlUrl={quoteattr(_clean(feed.url))}/>'
            )
        lines.append("    </outline>")
    return "\n".join([*lines, "  </body>", "</opml>", ""])


def _clean(text: str) -> str:
    """``text`` without what XML cannot hold."""
    return "".join(c for c in text if c.isprintable() or c == "\t")


def _list_polled(folder: Path) -> dict[str, str]:
    """The feeds that configs in ``folder`` name, with the file's name."""
    found: dict[str, str] = {}
    for file in list_ids(folder).values():
        for feed in _list_feeds(file):
            found.setdefault(feed, file.name)
    return found


def _list_feeds(file: Path) -> Sequence[str]:
    try:
        config = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return []
    feeds = config.get("feeds") if isinstance(config, dict) else None
    items = feeds if isinstance(feeds, list) else []
    return [str(item.get("url")) if isinstance(item, dict) else str(item) for item in items]
