"""What commands share: exit codes, errors, and how things are said."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from newsbeam.pipelines.terminal_text import join_causes, show_safe
from newsbeam.transforms.errors import NewsbeamError

DONE, FAILED, USAGE = 0, 1, 2


class UsageError(NewsbeamError):
    """The command was given something that it cannot work with."""

    is_usage = True


class CommandFailed(NewsbeamError):
    """The command could not do what it was asked."""


@contextmanager
def failing(what: str, *errors: type[Exception]) -> Iterator[None]:
    """Say ``what`` failed where the system refuses, by a full disk or a missing permission.

    Raises:
        CommandFailed: in place of an ``OSError`` and of ``errors``.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except Exception as error:
        if not isinstance(error, (OSError, *errors)):
            raise
        told = join_causes(str(error))
        raise CommandFailed(f"{what}: {told}{_advise(told)}") from error


def _advise(said: str) -> str:
    """What to do about it, as the end of a sentence. Runners hand on the system's words alone."""
    if os.strerror(errno.ENOSPC) in said or os.strerror(errno.EDQUOT) in said:
        return "; make room on that disk and start it again: nothing was left half done"
    if os.strerror(errno.EACCES) in said or os.strerror(errno.EROFS) in said:
        return "; let this user write there, or name another folder"
    return ""


def say(message: str, console: Console | None = None) -> None:
    """Print ``message``, which may hold words of strangers, on standard error or ``console``."""
    text = show_safe(join_causes(message), keep_newlines=True)
    (console or Console(stderr=True)).print(
        text, markup=False, emoji=False, highlight=False, soft_wrap=True
    )
