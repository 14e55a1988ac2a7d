"""Tracebacks go to a file that the error's sentence names, not to the terminal."""

from __future__ import annotations

import logging
import os
import tempfile
import time
import traceback
from collections import deque
from importlib.metadata import version
from pathlib import Path

from newsbeam.pipelines.state_folder import state_folder
from newsbeam.transforms.errors import iterate_causes

# Ours: of what Beam said, the last records; of such files, the newest.
_MOST_RECORDS, _MOST_FILES = 50, 20


class TraceKeeper(logging.Handler):
    """Keeps what Beam logs with a traceback, in case that the command fails."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.kept: deque[str] = deque(maxlen=_MOST_RECORDS)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, where it is one."""
        if is_trace(record):
            self.kept.append(self.format(record))


KEEPER = TraceKeeper()


def is_trace(record: logging.LogRecord) -> bool:
    """Whether ``record`` is a traceback of Beam's, or what an engine says of its end."""
    if record.module == "portable_runner" and record.levelno >= logging.ERROR:
        return True  # Java's stacks, and those of workers; the error's sentence has the cause
    is_beam = record.name.partition(".")[0] == "apache_beam"
    has_trace = bool(record.exc_info) or "Traceback (most recent call last)" in record.getMessage()
    return is_beam and has_trace


def name_trace(error: BaseException | None = None) -> str:
    """Write the traceback of ``error``, and those that Beam logged, to a file; returns the end of a
    sentence that names it. Empty where a plain refusal has no more to say."""
    if not (KEEPER.kept or _is_deep(error)):
        return ""
    told = [f"newsbeam {version('newsbeam')}, {time.strftime('%Y-%m-%d %H:%M:%S %z')}"]
    told += [text.replace("\\n", "\n") for text in KEEPER.kept]
    if error is not None:
        told.append("".join(traceback.format_exception(error)))
    KEEPER.kept.clear()
    for folder in (state_folder() / "failures", Path(tempfile.gettempdir())):
        file = folder / f"newsbeam-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file.write_text("\n\n".join(told), encoding="utf-8")
            for old in sorted(folder.glob("newsbeam-*-*.log"))[:-_MOST_FILES]:
                old.unlink(missing_ok=True)
        except OSError:
            continue
        return f". The traceback is in {file}"
    return ". Its traceback could not be written anywhere"


def _is_deep(error: BaseException | None) -> bool:
    """Whether a runner's error is behind ``error``: not one of ours or of the system's."""
    return any(isinstance(cause, RuntimeError) for cause in iterate_causes(error))
