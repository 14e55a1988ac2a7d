"""What all stages know of the run that they work for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsbeam.transforms.lake.known import KnownVersion
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS, Table
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.lake.transactions import RUN_NOTE
from newsbeam.transforms.records import Clock


def make_run_id(started_at: datetime, prefix: str = "") -> str:
    """An id that no other run has. In their order, ids are as old as their runs."""
    return f"{prefix}{started_at:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the job: its id and instant, its lake, and the table versions that it began with.

    The versions are -1 where a dry run finds no lake. ``configs`` are the config files by source.
    """

    id: str
    started_at: datetime
    lake: Lake
    articles_version: int
    rejects_version: int
    polls_version: int
    configs: Mapping[str, str]
    clock: Clock

    @classmethod
    def begin(
        cls,
        lake: Lake,
        started_at: datetime,
        configs: Mapping[str, str],
        clock: Clock,
        *,
        is_fresh: bool = True,
    ) -> Run:
        """A new run on what ``lake`` holds now; without ``is_fresh``, as it was just created."""
        find = lake.version if is_fresh else lake.seen_version
        return cls(
            id=make_run_id(started_at),
            started_at=started_at,
            lake=lake,
            articles_version=find(ARTICLES),
            rejects_version=find(REJECTS),
            polls_version=find(FEED_POLLS),
            configs=configs,
            clock=clock,
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of the run's sources."""
        return tuple(self.configs)

    @property
    def staging(self) -> Staging:
        """The run's staging area."""
        return self.lake.stage(self.id)

    @property
    def known(self) -> KnownVersion:
        """The state of the lake that this run compares with."""
        return KnownVersion(self.lake, self.articles_version)


def has_commit(lake: Lake, table: Table, base: int, name: str) -> bool:
    """Whether the run ``name`` has committed to ``table`` since its version ``base``; not where
    the log does not reach back so far any more."""
    try:
        entries = lake.log(table).read(base, lake.version(table))
        return any(entry.info.get(RUN_NOTE) == name for entry in entries)
    except FileNotFoundError:
        return False
