"""What newsbeam raises where somebody outside can do something about it: one tree."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath


class NewsbeamError(Exception):
    """An expected failure. Its message is a sentence that says what to do.

    ``is_usage`` says that the question was wrong, and not the answer: the command line ends with
    2 then, else with 1.
    """

    is_usage = False


class NoLakeError(NewsbeamError):
    """The folder holds no lake."""

    is_usage = True

    def __init__(self, folder: object) -> None:
        super().__init__(f"{folder} holds no lake: there is no table `articles`")


class UnreadableLakeError(NewsbeamError):
    """The lake's tables cannot be read."""


class DamagedLake(UnreadableLakeError):
    """A file of the lake is missing or cannot be read.

    The message names ``file``, what it held, and the command that helps (docs/damage.md).
    """

    def __init__(self, message: str, file: PurePath | None = None) -> None:
        super().__init__(message, file)
        self.file = file

    def __str__(self) -> str:
        return str(self.args[0])


class PlaceRefused(NewsbeamError):
    """A lake cannot be in this folder."""

    is_usage = True


class LakeBusy(NewsbeamError):
    """Others wrote to the lake faster every time, or took away what a commit has to look at."""


class UnknownSourceError(NewsbeamError):
    """No source of this id is where it was looked for."""

    is_usage = True


class RejectedError(NewsbeamError):
    """There is no article (or no feed) in what was given.

    ``reason`` is the stable word that stands in the table `rejects` when a run meets the same,
    ``detail`` says what was found and what to do.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def iterate_causes(error: BaseException | None) -> Iterator[BaseException]:
    """``error`` and what it was raised from, each once: a chain can lead back into itself."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__
