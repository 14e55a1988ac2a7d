"""Answers of servers that are kept until what they brought is in the lake.

What a feed tells can be asked for again; a backfill must not ask anything twice. So each answer is
a file from the moment that it came, and a run that is killed begins again with the answers that it
had, in place of requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from newsbeam.transforms.files import move, write_file
from newsbeam.transforms.packing import pack, unpack
from newsbeam.transforms.records import FetchFault, Response

_ENDING = ".answer"
Answered = Response | FetchFault


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """The answers in ``folder``, by names that are safe in a file system. Cheap, to be packed.

    ``keep`` and ``forget`` raise OSError where the disk cannot be written.
    """

    folder: Path

    def find(self, name: str) -> Answered | None:
        """The answer that is kept as ``name``; one that cannot be read is none."""
        with suppress(OSError, ValueError):
            head, _, body = self._path(name).read_bytes().partition(b"\n")
            kind, _, record = head.partition(b" ")
            if kind == b"fault":
                return unpack(FetchFault, record)
            if kind == b"response":
                return replace(unpack(Response, record), body=body)
        return None

    def keep(self, name: str, answer: Answered) -> None:
        """Keep ``answer``, or put it in the place of the one before."""
        if isinstance(answer, Response):
            head, body = f"response {pack(replace(answer, body=b''))}\n", answer.body
        else:
            head, body = f"fault {pack(answer)}\n", b""
        write_file(self._path(name), head.encode("ascii") + body)

    def forget(self, name: str) -> None:
        """Drop the answer, if there is one."""
        self._path(name).unlink(missing_ok=True)

    def keep_as(self, name: str, now: str) -> None:
        """Keep what is kept as ``name`` as ``now``, if it is there."""
        with suppress(FileNotFoundError):
            move(self._path(name), self._path(now))

    def names(self) -> Iterator[str]:
        """The names of what is kept."""
        for path in sorted(self.folder.glob(f"*{_ENDING}")):
            yield path.name.removesuffix(_ENDING)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{_ENDING}"
