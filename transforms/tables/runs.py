"""What all stages know of the run that they work for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from transforms.clock import Clock
from transforms.tables.known import KnownVersion
from transforms.tables.lake import Lake
from transforms.tables.staging import Staging


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

    @property
    def sources(self) -> tuple[str, ...]:
        """The ids of the run's sources."""
        return tuple(self.configs)

    @property
    def staging(self) -> Staging:
        """The run's staging area."""
        return Staging(self.lake.root, self.id)

    @property
    def known(self) -> KnownVersion:
        """The state of the lake that this run compares with."""
        return KnownVersion(self.lake, self.articles_version)
