"""How a run is to be done, and how it can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.poll.round import PollOptions
from newsbeam.transforms.records import Clock, PageRequest

if TYPE_CHECKING:
    from newsbeam.transforms.read.files import FoundFile


def find_option(beam_arguments: Sequence[str], name: str) -> str | None:
    """The value of the option ``name`` (``--runner``), in either spelling; the last one counts."""
    value = None
    for number, argument in enumerate(beam_arguments):
        if argument.startswith(f"{name}="):
            value = argument.partition("=")[2]
        elif argument == name and number + 1 < len(beam_arguments):
            value = beam_arguments[number + 1]
    return value


def names_engine(beam_arguments: Sequence[str]) -> bool:
    """Whether Beam's arguments name another runner than Python's own."""
    runner = find_option(beam_arguments, "--runner")
    return runner is not None and not runner.endswith("DirectRunner")


class RunFailed(NewsbeamError):
    """The runner says that the job did not end well."""


@dataclass(frozen=True)
class PastRun:
    """What makes a run with ``retries`` a step of a backfill: where ``answers`` are kept, and
    ``begin``, which is told of the run before anything is asked."""

    answers: Path
    begin: Callable[[Run], None]


@dataclass(frozen=True)
class ReadStep:
    """What makes a run a step of one that reads big archives: the ``pieces`` to read now, where all
    those archives are (``apart``), and ``begin``, which is told of the run before anything is read.
    The first step reads other files and feeds, too."""

    pieces: tuple[FoundFile, ...]
    apart: frozenset[str]
    is_first: bool
    begin: Callable[[Run], None]


@dataclass(frozen=True)
class RunOptions:
    """How to run: see ``newsbeam run --help``.

    ``replay`` reads the archive of fetched pages in place of files and feeds; ``retries`` are
    requests to fetch in place of them, and ``past`` is there where they are of a backfill.
    ``partition`` is of a lake that is made. ``step`` is there where archives are read in steps.
    """

    output: LakePath
    workers: int = 1
    dry_run: bool = False
    reprocess: bool = False
    replay: bool = False
    polls: PollOptions = field(default_factory=PollOptions)
    retries: tuple[PageRequest, ...] | None = None
    past: PastRun | None = None
    step: ReadStep | None = None
    clock: Clock = field(default_factory=Clock)
    beam_arguments: tuple[str, ...] = ()
    partition: str | None = None
