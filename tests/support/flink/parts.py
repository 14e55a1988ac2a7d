"""The parts of a Flink cluster that runs Beam, downloaded once into build/flink.

Flink itself comes from the package index (its distribution is what PyFlink is made with), Beam's
job server from a Maven repository; pip and mvn are used as they are set up on the machine.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.engines.downloads import copy_jars, find_command, run_client
from tests.support.workplace import ROOT

FOLDER = ROOT / "build" / "flink"
FLINK = "1.19.3"
_PACKAGE = (
    f"apache-flink-libraries=={FLINK} --hash=sha256:"
    "4a58e3a1fb7d83340bc96b6c080624c6d792d69fae5d294b96224775204a9c60"
)
_POM = Path(__file__).with_name("pom.xml")
# What Flink's distribution has itself; twice on one class path, they would not agree.
_IN_FLINK = "org.apache.flink,org.slf4j,org.apache.logging.log4j,ch.qos.logback,log4j"


@dataclass(frozen=True, slots=True)
class Parts:
    """Paths: ``flink_dist`` goes first on every class path; it holds the logging API, too."""

    java: str
    flink_dist: Path
    flink_logging: tuple[Path, ...]
    memory_calculator: Path
    beam: tuple[Path, ...]

    @property
    def class_path(self) -> str:
        """Of all processes: they run the same jars, so that jobs need not bring any."""
        return os.pathsep.join(map(str, (self.flink_dist, *self.flink_logging, *self.beam)))


def obtain_parts(folder: Path = FOLDER) -> Parts:
    """The parts, downloaded if they are not in ``folder`` yet (some 350 MB, two minutes).

    Raises:
        PartsMissing: no Java or Maven, or a download failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    java = find_command("java", "default-jre-headless")
    deps = _obtain_flink(folder)
    beam = copy_jars(_POM, folder, "beam", _IN_FLINK)
    library = deps / "lib"
    return Parts(
        java=java,
        flink_dist=library / f"flink-dist-{FLINK}.jar",
        flink_logging=tuple(
            path for path in sorted(library.glob("log4j-*.jar")) if "1.2-api" not in path.name
        ),
        memory_calculator=deps / "bin" / "bash-java-utils.jar",
        beam=tuple(sorted(beam.glob("*.jar"))),
    )


def _obtain_flink(folder: Path) -> Path:
    target = folder / f"flink-{FLINK}"
    if target.is_dir():
        return target / "deps"
    wanted = folder / "flink.txt"
    wanted.write_text(_PACKAGE + "\n", encoding="utf-8")
    run_client([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes",
          "--requirement", str(wanted), "--dest", str(folder)])  # fmt: skip
    (archive,) = folder.glob(f"apache*flink*libraries-{FLINK}.tar.gz")
    unpacked = folder / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(unpacked, filter="data")
    (inner,) = unpacked.iterdir()
    inner.rename(target)
    unpacked.rmdir()
    archive.unlink()
    return target / "deps"


if __name__ == "__main__":
    print(obtain_parts().flink_dist)
