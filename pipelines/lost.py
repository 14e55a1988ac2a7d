"""``newsbeam retry --lost``: has articles back that damage took, from the archive or the web."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from newsbeam.pipelines.config.job import ConfigError, Fault, Job
from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.repair import LOST_FILE
from newsbeam.pipelines.source_notes import SourceNotes, read_notes
from newsbeam.transforms.fetch.archive import has_archive
from newsbeam.transforms.lake.known import KnownVersion, load_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.places import DAMAGED_FOLDER
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.poll.round import list_feeds
from newsbeam.transforms.records import Entry, PageRequest


def load_lost_job(lake: Lake) -> Job | None:
    """The sources with articles that `newsbeam repair` could not have back; ``None`` if none has.

    Raises:
        ConfigError: a source's config is not where it was, or has faults.
    """
    sources = {line["source"] for line in _read_lost(lake.place)}
    if not sources:
        return None
    configs = read_notes(lake.cache, SourceNotes.CONFIGS)
    missing = [
        Fault(configs.get(source, "?"), 1, "", f"the config of {source} is not there; run it first")
        for source in sorted(sources)
        if source not in configs or not Path(configs[source]).is_file()
    ]
    if missing:
        raise ConfigError(missing)
    return load_job([Path(configs[source]) for source in sorted(sources)])


def choose_archived(lake: Lake, job: Job) -> Job | None:
    """Of ``job`` the sources whose fetched pages the lake has archived."""
    kept = tuple(source for source in job.sources if has_archive(lake.place, source.id))
    return replace(job, sources=kept) if kept else None


def list_lost_requests(lake: Lake, job: Job) -> tuple[PageRequest, ...]:
    """Requests for the lost articles whose addresses are known and that are not back yet."""
    known = load_known(KnownVersion(lake, lake.version(ARTICLES)))
    feeds = {source.id: list_feeds([source]) for source in job.sources}
    found: dict[str, PageRequest] = {}
    for line in _read_lost(lake.place):
        url, source = line.get("url"), line["source"]
        if not url or not feeds.get(source):
            continue  # what came from files is read again by any run
        document, article = line.get("document_id"), line.get("article_id")
        if (article and known.article(article)) or (document and known.document(document)):
            continue
        digest = hashlib.sha256(url.encode()).hexdigest()[:16]
        entry = Entry(url, url, digest)
        found[url] = PageRequest(source, feeds[source][0].id, entry, known_as=document)
    return tuple(found.values())


def _read_lost(root: LakePath) -> Iterator[dict[str, Any]]:
    try:
        lines = (root / DAMAGED_FOLDER / LOST_FILE).read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValueError):
            found = json.loads(line)
            if found.get("table") == ARTICLES.name and found.get("source"):
                yield found
