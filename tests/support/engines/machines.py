"""Machines that share no folder, made of one: each sees another folder at the same path."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.engines.downloads import PartsMissing
from tests.support.s3.server import BUCKET, PROGRAM, Server, run_server

# A mount that only the process and what it starts can see (unshare(1), mount_namespaces(7)).
_MOUNT = 'mount --bind "$0" "$1" && shift && exec "$@"'


@dataclass(frozen=True, slots=True)
class Machines:
    """``here`` is this machine's own folder. All others have theirs at that path, too, and do not
    see what lies here; from here it can be looked at in ``folder/name``.

    Homes, caches and temporary files lie in it. Their lakes are on ``server``.
    """

    folder: Path
    server: Server
    lease_seconds: float

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
            **self.server.environment(self.here / "cache", self.lease_seconds),
            "HOME": str(self.here / "home"),
            "TMPDIR": str(self.here / "tmp"),
        }

    def place(self, name: str, command: Sequence[str]) -> list[str]:
        """``command`` as a process of the machine ``name``."""
        self.make("here")
        own = self.make(name)
        return ["unshare", "--mount", "sh", "-c", _MOUNT, str(own), str(self.here), *command]

    def find_lake(self, name: str) -> tuple[str, Path]:
        """The address of the lake ``name``, and the folder of the server that has its objects."""
        return f"s3://{BUCKET}/{name}", self.server.folder / BUCKET / name

    def count_kept_files(self) -> dict[str, int]:
        """How many files each machine keeps of lakes, by its name."""
        return {
            folder.name: sum(one.is_file() for one in (folder / "cache" / "newsbeam").rglob("*"))
            for folder in sorted(self.folder.iterdir())
        }


@contextmanager
def run_machines(folder: Path, lease_seconds: float = 10.0) -> Iterator[Machines]:
    """Machines with their folders in ``folder``, and an S3 server for all of them.

    Raises:
        PartsMissing: there is no server, or this user may not part machines (only root may).
    """
    if not PROGRAM.exists():
        raise PartsMissing("no S3 server is here: make get-s3")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", "mount --bind /tmp /tmp"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise PartsMissing(f"no folders for processes of their own (root only): {done.stderr}")
    (folder / "machines").mkdir(parents=True)
    with run_server(folder / "s3") as server:
        machines = Machines(folder / "machines", server, lease_seconds)
        machines.make("here")
        yield machines


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
