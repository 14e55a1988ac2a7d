"""Parts of clusters that are downloaded once, by pip and mvn as they are set up on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


class PartsMissing(RuntimeError):
    """Something cannot be had; the message says what to do."""


def copy_jars(pom: Path, folder: Path, target: str, exclude: str = "") -> Path:
    """What ``pom`` depends on as jars in ``folder/target``, without groups in ``exclude``; fetched
    again only where the pom has changed."""
    mark, jars, cache = folder / "pom.xml", folder / target, folder / "maven"
    if mark.is_file() and mark.read_bytes() == pom.read_bytes():
        return jars
    maven = find_command("mvn", "maven")
    shutil.rmtree(jars, ignore_errors=True)
    run_client([maven, "--quiet", "--batch-mode", "--file", str(pom), _COPY,
                "-DincludeScope=runtime", f"-DexcludeGroupIds={exclude}",
                f"-DoutputDirectory={jars}", f"-Dmaven.repo.local={cache}"])  # fmt: skip
    shutil.rmtree(cache, ignore_errors=True)
    mark.write_bytes(pom.read_bytes())  # last: it says that all is there
    return jars


def find_command(name: str, package: str) -> str:
    """The path of the program ``name``, which root gets from Debian's ``package``.

    Raises:
        PartsMissing: it is not there.
    """
    if (found := shutil.which(name)) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        run_client(["apt-get", "install", "--yes", "--no-install-recommends", package])
        found = shutil.which(name)
    if found is None:
        raise PartsMissing(f"no `{name}`: install it (Debian's package {package})")
    return found


def run_client(command: list[str]) -> None:
    """Run a registry's client to its end.

    Raises:
        PartsMissing: it failed.
    """
    try:
        subprocess.run(command, check=True, timeout=1200, stdin=subprocess.DEVNULL)
    except (subprocess.SubprocessError, OSError) as error:
        raise PartsMissing(f"this failed; mend it and try again: {error}") from error
