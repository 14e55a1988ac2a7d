"""How a run is to be done, and how it can fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from transforms.clock import Clock
from transforms.polls.rounds import PollOptions
from transforms.records import PageRequest


def find_option(beam_arguments: Sequence[str], name: str) -> str | None:
    """The value of the option ``name`` (``--runner``), in either spelling; the last one counts."""
    value = None
    for number, argument in enumerate(beam_arguments):
        if argument.startswith(f"{name}="):
            value = argument.partition("=")[2]
        elif argument == name and number + 1 < len(beam_arguments):
            value = beam_arguments[number + 1]
    return value


class RunFailed(RuntimeError):
    """The runner says that the job did not end well."""


@dataclass(frozen=True)
class RunOptions:
    """How to run: see ``newsbeam run --help``.

    ``replay`` reads the archive of fetched pages in place of files and feeds; ``retries`` are
    requests to fetch in place of them.
    """

    output: Path
    workers: int = 1
    dry_run: bool = False
    reprocess: bool = False
    replay: bool = False
    polls: PollOptions = field(default_factory=PollOptions)
    retries: tuple[PageRequest, ...] | None = None
    clock: Clock = field(default_factory=Clock)
    beam_arguments: tuple[str, ...] = ()
