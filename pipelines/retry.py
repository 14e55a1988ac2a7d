"""``newsbeam retry``: fetch again what was rejected and may succeed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow.dataset as ds

from pipelines.config import ConfigError, Fault, Job, load_job
from pipelines.polls import read_states
from transforms.known import KnownVersion, load_known
from transforms.lake import Lake
from transforms.records import PageRequest
from transforms.retry import Skipped, select_retries
from transforms.schema import ARTICLES, REJECTS
from transforms.wanted import document_of

_COLUMNS = ["source", "stage", "reason", "request", "config", "rejected_at"]


@dataclass(frozen=True)
class RetryPlan:
    """The sources whose rejects are to be tried again, and the requests."""

    job: Job | None
    requests: tuple[PageRequest, ...]
    skipped: Mapping[Skipped, int] = field(default_factory=dict)


def plan_retry(lake: Lake, *, since: datetime | None = None, everything: bool = False) -> RetryPlan:
    """Choose among the lake's rejects what may succeed now.

    Raises:
        TableNotFoundError: the folder holds no lake.
        ConfigError: a source's config is not where it was, or has faults.
    """
    dataset = lake.open(REJECTS).to_pyarrow_dataset()
    rows = dataset.to_table(columns=_COLUMNS, filter=ds.field("request").is_valid()).to_pylist()
    if not rows:
        return RetryPlan(None, ())
    newest = {row["source"]: row["config"] for row in sorted(rows, key=lambda r: r["rejected_at"])}
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
    lake.refresh_known(version)
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
