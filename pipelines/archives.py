"""Big archives, a stretch at a time: a run that is killed goes on near where it was.

Each step is a run of the job (``run_ingest``) that commits what some stretches brought. How far a
source's archives were read is noted in ``<lake>/_cache/reading``, until all of them were; without
that note they are read from their beginning, and what the lake has is known.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from newsbeam.pipelines.config.job import Job
from newsbeam.pipelines.ingest import run_ingest
from newsbeam.pipelines.runners.options import ReadStep, RunOptions
from newsbeam.pipelines.runners.progress import Progress
from newsbeam.pipelines.summary import Summary
from newsbeam.transforms.errors import NewsbeamError
from newsbeam.transforms.files import write_file
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.run import Run, has_commit
from newsbeam.transforms.lake.schema import ARTICLES, REJECTS
from newsbeam.transforms.settings.source import Source
from newsbeam.transforms.text.counts import show_count
from newsbeam.transforms.text.identity import digest_bytes

if TYPE_CHECKING:
    from newsbeam.transforms.read.files import FoundFile

# Ours. Bytes of an archive that is worth cutting, of a stretch, and of a run's first step.
_LEAST, _STRETCH, _FIRST_STEP = 64_000_000, 8_000_000, 32_000_000
# A step is to take about so long (seconds): a kill costs that, and a commit next to nothing of it.
_STEP_SECONDS = 60.0


@dataclass
class _Reading:
    """How far one source's archives were read: by key, their size, when they were changed, and the
    byte before which all is in the lake."""

    path: Path
    settings: str
    files: dict[str, tuple[int, float, int]] = field(default_factory=dict)

    def load(self, lake: Lake) -> None:
        """What an earlier run noted, if it read the same way, into this lake; where it was killed
        as it had committed a step, that one is done."""
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            note = json.loads(self.path.read_bytes())
            version = note["version"]
            is_same = note["settings"] == self.settings and version <= lake.version(ARTICLES)
            if not is_same or note["commit"] != lake.log(ARTICLES).digest(version):
                return
            done = {**note["files"]}
            if (step := note["step"]) and has_commit(lake, REJECTS, step["version"], step["run"]):
                done |= step["files"]
            self.files = {key: (size, at, to) for key, (size, at, to) in done.items()}

    def save(self, lake: Lake, run: Run | None = None, step: Iterable[FoundFile] = ()) -> None:
        """Note what was read, and the ``step`` that ``run`` is about to read."""
        version = lake.version(ARTICLES)
        begun = run and {
            "run": run.id,
            "version": run.rejects_version,
            "files": dict(map(_describe, step)),
        }
        note = {
            "settings": self.settings,
            "version": version,
            "commit": lake.log(ARTICLES).digest(version),
            "files": self.files,
            "step": begun,
        }
        with suppress(OSError):  # a run goes on without
            write_file(self.path, json.dumps(note).encode())

    def holds(self, piece: FoundFile) -> bool:
        """Whether all of the stretch was read."""
        size, changed, done = self.files.get(piece.key, (0, 0.0, 0))
        return (size, changed) == (piece.size, piece.changed) and _end(piece) <= done


def _end(piece: FoundFile) -> int:
    return piece.size if piece.stretch.end is None else piece.stretch.end


def _describe(piece: FoundFile) -> tuple[str, tuple[int, float, int]]:
    return piece.key, (piece.size, piece.changed, _end(piece))


def reading_place(cache: Path, source: str) -> Path:
    """The file that tells how far the archives of ``source`` were read."""
    return cache / "reading" / f"{source}.json"


def ingest_in_steps(job: Job, options: RunOptions, progress: Progress | None = None) -> Summary:
    """As ``run_ingest``, but archives are committed step by step."""
    is_plain = options.dry_run or options.replay or options.retries is not None
    archives = [] if is_plain else _find_archives(job)
    if not archives:
        return run_ingest(job, options, progress)
    lake = Lake(options.output.resolve())
    places = {file.source: reading_place(lake.cache, file.source) for file in archives}
    readings = {
        source.id: _Reading(places[source.id], _describe_settings(source, options))
        for source in job.sources
        if source.id in places
    }
    if not options.reprocess:  # else rules may be others now
        for reading in readings.values():
            reading.load(lake)
    return _Steps(job, options, lake, archives, readings, progress).run()


def _find_archives(job: Job) -> list[FoundFile]:
    if not any(source.files for source in job.sources):
        return []
    from newsbeam.transforms.read.files import FileSet, find_archives  # loads Beam

    sets = (FileSet(s.id, s.files, str(job.folders[s.id])) for s in job.sources)
    return [file for files in sets for file in find_archives(files, _LEAST)]


def _describe_settings(source: Source, options: RunOptions) -> str:
    return digest_bytes(f"{source.model_dump_json()} {options.polls.days}".encode())


@dataclass
class _Steps:
    job: Job
    options: RunOptions
    lake: Lake
    archives: list[FoundFile]
    readings: dict[str, _Reading]
    progress: Progress | None
    held_back: set[str] = field(default_factory=set)

    def run(self) -> Summary:
        gone_on = [*self._tell_begun()]
        pieces, size = self._list_pieces(), _FIRST_STEP
        total: Summary | None = None
        while (step := _take(pieces, size)) or total is None:
            try:
                summary = self._run_step(step, is_first=total is None)
            except (OSError, NewsbeamError) as error:
                if total is None:
                    raise
                total.fault = f"{error}; what is counted here is in the table, the next run goes on"
                return total
            if total is None:
                total = summary
            else:
                total.add(summary)
            if summary.fault is not None:
                return total
            size = find_step_size(size, summary.seconds)
        for reading in self.readings.values():
            with suppress(OSError):
                reading.path.unlink(missing_ok=True)
        total.hints += gone_on
        return total

    def _list_pieces(self) -> Iterator[FoundFile]:
        from newsbeam.transforms.read.files import cut_file

        for piece in chain.from_iterable(cut_file(file, _STRETCH) for file in self.archives):
            if piece.source not in self.held_back and not self.readings[piece.source].holds(piece):
                yield piece

    def _run_step(self, step: list[FoundFile], *, is_first: bool) -> Summary:
        pieces: dict[str, list[FoundFile]] = defaultdict(list)
        for piece in step:
            pieces[piece.source].append(piece)

        def begin(run: Run) -> None:
            for source, own in pieces.items():
                self.readings[source].save(self.lake, run, own)

        job = self.job
        if not is_first:  # feeds and other files have had their turn
            sources = (source for source in job.sources if source.id in pieces)
            job = replace(job, sources=tuple(s.model_copy(update={"feeds": ()}) for s in sources))
        apart = frozenset(str(file.path) for file in self.archives)
        read_step = ReadStep(tuple(step), apart, is_first, begin)
        summary = run_ingest(job, replace(self.options, step=read_step), self.progress)
        self.held_back.update(summary.held_back)
        if summary.fault is None:
            for source in pieces.keys() - self.held_back:
                self.readings[source].files |= dict(map(_describe, pieces[source]))
                self.readings[source].save(self.lake)
        return summary

    def _tell_begun(self) -> Iterator[str]:
        read, begun = 0, []
        for file in self.archives:
            size, changed, done = self.readings[file.source].files.get(file.key, (0, 0.0, 0))
            if (size, changed) != (file.size, file.changed):
                continue
            if done >= size:
                read += 1
            else:
                begun.append(f"{file.key} at {done / size:.0%}")
        if read or begun:
            before = [f"{show_count(read, 'archive')} read"] if read else []
            yield f"went on where an earlier run was stopped: {', '.join([*before, *begun])}"


def _take(pieces: Iterator[FoundFile], size: int) -> list[FoundFile]:
    """The next pieces, of ``size`` bytes together, or a little more."""
    taken = []
    while size > 0 and (piece := next(pieces, None)) is not None:
        taken.append(piece)
        size -= _end(piece) - piece.stretch.first
    return taken


def find_step_size(size: int, seconds: float) -> int:
    """How many bytes the next step reads, as one of ``size`` bytes took ``seconds``."""
    change = _STEP_SECONDS / max(seconds, 0.001)
    return max(_STRETCH, int(size * min(4.0, max(0.25, change))))
