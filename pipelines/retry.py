"""``newsbeam retry``: fetch again what was rejected and may succeed now."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from newsbeam.pipelines.config.job import ConfigError, Fault, Job
from newsbeam.pipelines.config.load import load_job
from newsbeam.transforms.errors import NoLakeError
from newsbeam.transforms.lake.known import KnownVersion, load_known
from newsbeam.transforms.lake.known_database import refresh_known
from newsbeam.transforms.lake.lake import Lake, list_files
from newsbeam.transforms.lake.schema import ARTICLES, REJECTS
from newsbeam.transforms.lake.views import query_files
from newsbeam.transforms.packing import unpack_request
from newsbeam.transforms.poll.documents import document_of
from newsbeam.transforms.poll.retry import Skipped, select_retries
from newsbeam.transforms.poll.round import read_states
from newsbeam.transforms.records import PageRequest

_REQUESTS = """
    SELECT source, stage, reason, request, config, rejected_at
    FROM rejects WHERE request IS NOT NULL
"""


@dataclass(frozen=True)
class RetryPlan:
    """The sources whose rejects are to be tried again, and the requests."""

    job: Job | None
    requests: tuple[PageRequest, ...]
    skipped: Mapping[Skipped, int] = field(default_factory=dict)


def plan_retry(lake: Lake, *, since: datetime | None = None, everything: bool = False) -> RetryPlan:
    """Choose among the lake's rejects what may succeed now.

    Raises:
        NoLakeError: the folder holds no lake.
        ConfigError: a source's config is not where it was, or has faults.
    """
    rows = _read_rejects(lake)
    if not rows:
        return RetryPlan(None, ())
    by_time = sorted(rows, key=lambda row: row["rejected_at"])
    newest = {row["source"]: row["config"] for row in by_time if row["source"]}
    missing = [
        Fault(path or "?", 1, "", f"the config of {source} is not there any more; put it back")
        for source, path in newest.items()
        if path is None or not Path(path).is_file()
    ]
    if missing:
        raise ConfigError(missing)
    job = load_job([Path(path) for path in newest.values()])
    rules = {source.id: source.url for source in job.sources}
    rows = [row for row in rows if row["source"] in rules]
    states = read_states(lake)
    version = lake.version(ARTICLES)
    refresh_known(lake, version)
    known = load_known(KnownVersion(lake, version))
    retries = select_retries(
        rows,
        identify=lambda request: document_of(request, rules[request.source]),
        find=known.document,
        waiting={
            document_of(page.request, rules[page.request.source])
            for state in states.values()
            for page in state.pending
            if page.request.source in rules
        },
        since=since,
        everything=everything,
    )
    requests = tuple(retry.request for chosen in retries.chosen.values() for retry in chosen)
    return RetryPlan(job, requests, retries.skipped)


def _read_rejects(lake: Lake) -> list[dict[str, Any]]:
    """The rejects that carry a request; their ``source`` is that of the request."""
    if lake.version(REJECTS) < 0:
        raise NoLakeError(lake.place)
    paths = sorted(list_files(lake.open(REJECTS)))
    found: list[dict[str, Any]] = query_files(lake, REJECTS, paths, _REQUESTS).to_pylist()
    for row in found:
        with suppress(ValueError):  # what cannot be read is left to ``select_retries`` to count
            row["source"] = unpack_request(row["request"]).source
    return found
