"""Files that come and grow: at every tick, those that are new or have changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
from apache_beam.coders import BytesCoder
from apache_beam.io.filesystems import FileSystems
from apache_beam.transforms.userstate import ReadModifyWriteStateSpec

from newsbeam.transforms.read.files import FileSet, FoundFile, match_files
from newsbeam.transforms.stage import REJECTED, route

# Size and time of change, and whether the file was handed on so.
Seen = tuple[int, float, bool]


def find_file_changes(
    found: Mapping[str, tuple[int, float]], seen: Mapping[str, Seen]
) -> tuple[list[str], dict[str, Seen]]:
    """The paths to read now, and what is seen after that.

    ``found`` gives size (bytes) and time of change (Unix seconds) by path. A file is read once
    it looked the same at two ticks, so that one which is being written is not read too early.
    """
    ready: list[str] = []
    after: dict[str, Seen] = {}
    for path, facts in found.items():
        before = seen.get(path)
        is_settled = before is not None and before[:2] == facts
        if before is not None and is_settled and not before[2]:
            ready.append(path)
        after[path] = (*facts, is_settled)
    return ready, after


_SEEN = beam.DoFn.StateParam(ReadModifyWriteStateSpec("seen", BytesCoder()))


class _WatchFiles(beam.DoFn):  # type: ignore[misc]
    def __init__(self, files: Sequence[FileSet]) -> None:
        self._files = files

    def process(self, tick: tuple[str, Any], kept: Any = _SEEN) -> Iterator[Any]:
        packed = json.loads(kept.read() or b"{}")
        seen = {path: (size, at, done) for path, (size, at, done) in packed.items()}
        files: dict[str, FoundFile] = {}
        for outcome in (o for files_of in self._files for o in match_files(files_of)):
            if isinstance(outcome, FoundFile):
                files[str(outcome.path)] = outcome
            elif outcome.reason != "no_files":  # there may be some later
                mark = f"unreadable {outcome.origin}"
                if mark not in seen:
                    yield from route(outcome)
                seen[mark] = (0, 0.0, True)
        ready, after = find_file_changes(_look_at(files), seen)
        for path in ready:
            yield files[path]
        after |= {mark: facts for mark, facts in seen.items() if mark.startswith("unreadable ")}
        kept.write(json.dumps(after).encode())


def _look_at(paths: Mapping[str, FoundFile]) -> dict[str, tuple[int, float]]:
    return {
        match.path: (match.size_in_bytes, match.last_updated_in_seconds)
        for result in FileSystems.match(list(paths))
        for match in result.metadata_list
    }


class WatchFiles(beam.PTransform):  # type: ignore[misc]
    """Ticks to ``FoundFile`` s; output ``REJECTED``."""

    def __init__(self, files: Sequence[FileSet]) -> None:
        super().__init__()
        self._do_fn = _WatchFiles(files)

    def expand(self, ticks: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return (
            ticks
            | "ToWatcher" >> beam.Map(lambda tick: ("watcher", tick))
            | "Watch" >> beam.ParDo(self._do_fn).with_outputs(REJECTED, main="files")
        )
