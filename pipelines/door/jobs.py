"""Runs from Python: the sources of config files into a lake."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from newsbeam.pipelines.archives import ingest_in_steps
from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.config.load import load_job
from newsbeam.pipelines.runners.log import quiet_beam
from newsbeam.pipelines.runners.options import RunFailed, RunOptions
from newsbeam.pipelines.summary import Summary
from newsbeam.transforms.poll.round import PollOptions


def load_sources(*paths: str | os.PathLike[str]) -> Job:
    """The sources in config files, or in folders of them, checked.

    Raises:
        ConfigError: with all faults of all files.
    """
    return load_job([Path(path) for path in paths])


def ingest(
    sources: Job | str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    workers: int = 1,
    limit: int | None = None,
    dry_run: bool = False,
) -> Summary:
    """Read what is new in the sources' files, and in their feeds that are due, into the lake in
    ``output``, which is made if it is not there; says what was done.

    ``sources`` is what ``load_sources`` returns, or config files and folders. With more than one of
    ``workers``, so many processes work beside this one. ``limit`` is the most new entries that are
    taken of a feed. A ``dry_run`` does all but writing.

    What cannot be read stands in the table `rejects`, counted in the summary; it raises nothing.

    Raises:
        ConfigError: with all faults of all configs.
        RunFailed: a worker process died, or something failed after articles were committed.
        DamagedLake: the lake cannot be read, or was set back; nothing was written.
        CommitFailedError: (of deltalake) other runs on the same lake were faster every time.
        OSError: the output cannot be written.
    """
    if workers < 1 or (limit is not None and limit < 1):
        raise ValueError("workers and limit should be 1 or more")
    if isinstance(sources, str | os.PathLike):
        sources = [sources]
    job = sources if isinstance(sources, Job) else load_sources(*sources)
    quiet_beam()
    summary = ingest_in_steps(
        job,
        RunOptions(Path(output), workers, dry_run, polls=PollOptions(limit=limit)),
    )
    if summary.fault is not None:
        raise RunFailed(summary.fault)
    return summary
