"""``--log-json``: what a command says on standard error as JSON lines, for log collectors."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

FLAG = "--log-json"
# How lines begin that are more than news of progress: those of logging, and the commands' own.
_LEVELS = re.compile(r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) |(newsbeam(?: [\w-]+)*): ")


class JsonLines(io.TextIOBase):
    """Writes each line as an object with ``at`` (ISO 8601), ``level`` and ``message``."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._begun = out, ""

    def write(self, text: str) -> int:
        """Take ``text``; what is no whole line yet waits for its end."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._say(line)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._out.flush()

    def fileno(self) -> int:
        """That of the stream below, which child processes get."""
        return self._out.fileno()

    def finish(self) -> None:
        """Say a last line that had no end."""
        self._say(self._begun)
        self._begun = ""

    def _say(self, line: str) -> None:
        line = line.rpartition("\r")[2].rstrip()
        if line:
            found = _LEVELS.match(line)
            level = "info" if found is None else (found[1] or "error").lower()
            said = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level}
            self._out.write(json.dumps(said | {"message": line}, ensure_ascii=False) + "\n")


@contextmanager
def log_as_json(is_wanted: bool) -> Iterator[None]:
    """Let all that this process says on standard error be JSON while the block runs."""
    if not is_wanted:
        yield
        return
    before = sys.stderr
    lines = JsonLines(before)
    sys.stderr = lines
    try:
        yield
    finally:
        lines.finish()
        sys.stderr = before


def take_flag(arguments: list[str]) -> bool:
    """Whether ``--log-json`` is among ``arguments``, before any ``--``; takes it away."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    if FLAG not in arguments[:end]:
        return False
    arguments.remove(FLAG)
    return True
