"""What a foreign scheduler is to start, and how often."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from newsbeam.transforms.lake.object_path import LakePath

_MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
_HOURS = (1, 2, 3, 4, 6, 8, 12, 24)
# The strictest of those who take it: a name in Kubernetes, with room for what we add to it, and
# the 52 characters of a CronJob (kubernetes.io/docs/concepts/workloads/controllers/cron-jobs).
_NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start: absolute paths, without control characters.

    ``newsbeam`` is the words of the command itself. ``run_options`` go to ``newsbeam run``,
    ``schedule_options`` to ``newsbeam schedule``. ``user`` is the one to run as, ``name`` that of
    the service, ``image`` the container's. ``secrets`` are what the configs, and the object
    store of ``output``, need of the environment: variables, and ``file:`` with a path.

    Raises:
        ValueError: with what to do instead.
    """

    newsbeam: tuple[str, ...]
    configs: tuple[Path, ...]
    output: LakePath
    user: str
    every: timedelta = timedelta(minutes=5)
    run_options: tuple[str, ...] = ()
    schedule_options: tuple[str, ...] = ()
    name: str = "newsbeam"
    image: str = "newsbeam:latest"
    secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for path in (Path(self.newsbeam[0]), self.output, *self.configs):
            if isinstance(path, Path) and not path.is_absolute():
                raise ValueError(f"{path}: wants an absolute path")
        for word in (*self.run, *self.schedule):
            # Line breaks end an entry in all formats but one, and none is worth the trap.
            if any(ord(c) < 32 or ord(c) == 127 for c in word):
                raise ValueError(f"{word!r}: control characters cannot be written; rename it")
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"{self.name!r} is no name for it: lower-case letters, digits and -, at most 40, "
                "a letter first"
            )
        name_interval(self.every)

    @property
    def run(self) -> tuple[str, ...]:
        """The words of one run."""
        configs = map(str, self.configs)
        return (
            *self.newsbeam, "run", *configs, "--output", str(self.output), *self.run_options,
        )  # fmt: skip

    @property
    def schedule(self) -> tuple[str, ...]:
        """The words that start the scheduler."""
        configs = map(str, self.configs)
        return (
            *self.newsbeam, "schedule", *configs, "--output", str(self.output),
            *self.run_options, *self.schedule_options,
        )  # fmt: skip

    @property
    def minutes(self) -> int:
        """The interval."""
        return self.every // timedelta(minutes=1)


def name_interval(every: timedelta) -> str:
    """``every`` as the five fields of a crontab.

    Raises:
        ValueError: it does not divide an hour or a day, so that cron cannot say it.
    """
    minutes, rest = divmod(every, timedelta(minutes=1))
    if not rest and minutes in _MINUTES:
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    hours, rest = divmod(every, timedelta(hours=1))
    if not rest and hours in _HOURS:
        return {1: "0 * * * *", 24: "0 0 * * *"}.get(hours, f"0 */{hours} * * *")
    choices = ", ".join([*(f"{n}m" for n in _MINUTES), *(f"{n}h" for n in _HOURS)])
    raise ValueError(f"should divide an hour or a day: {choices}")
