"""Machines that share no folder, made of one: each sees another folder at the same path."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# A mount that only the process and what it starts can see (unshare(1), mount_namespaces(7)).
_MOUNT = 'mount --bind "$0" "$1" && shift && exec "$@"'


def can_part() -> bool:
    """Whether this user may give processes folders of their own: root, mostly."""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", "mount --bind /tmp /tmp"],
        capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


@dataclass(frozen=True, slots=True)
class Machines:
    """``here`` is this machine's own folder. All others have theirs at that path, too, and do not
    see what lies here; from here it can be looked at in ``folder/name``.

    Homes, caches and temporary files lie in it; ``environment`` is what all need besides.
    """

    folder: Path
    environment: Mapping[str, str]

    @property
    def here(self) -> Path:
        return self.folder / "here"

    def make(self, name: str) -> Path:
        """The folder of the machine ``name``, as it is seen from here."""
        for part in ("home", "cache", "tmp"):
            (self.folder / name / part).mkdir(parents=True, exist_ok=True)
        return self.folder / name

    def variables(self) -> dict[str, str]:
        """What processes of any machine find in their environment."""
        return {
            **self.environment,
            "HOME": str(self.here / "home"),
            "XDG_CACHE_HOME": str(self.here / "cache"),
            "TMPDIR": str(self.here / "tmp"),
        }

    def place(self, name: str, command: Sequence[str]) -> list[str]:
        """``command`` as a process of the machine ``name``."""
        self.make("here")
        own = self.make(name)
        return ["unshare", "--mount", "sh", "-c", _MOUNT, str(own), str(self.here), *command]


def write_worker(path: Path) -> Path:
    """The command for workers of ``--environment_type=PROCESS``, as docs/scaling.md has it."""
    path.write_text(
        f'#!/bin/sh\nexec {sys.executable} -P -m newsbeam.pipelines.runners.worker "$@"\n', "utf-8"
    )
    path.chmod(0o755)
    return path


def process_arguments(worker: Path) -> list[str]:
    """Beam's arguments for such workers."""
    return [
        "--environment_type=PROCESS",
        f'--environment_config={{"command": "{os.fspath(worker)}"}}',
    ]
