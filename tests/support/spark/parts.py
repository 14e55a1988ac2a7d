"""The parts of a Spark cluster that runs Beam, downloaded once into build/spark by Maven."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.support.engines.downloads import copy_jars, find_command
from tests.support.workplace import ROOT

FOLDER = ROOT / "build" / "spark"
SPARK = "3.5.0"
_POM = Path(__file__).with_name("pom.xml")


@dataclass(frozen=True, slots=True)
class Parts:
    """``home`` is what Spark calls SPARK_HOME; its folder ``jars`` has Beam's, too, so that jobs
    need not bring any."""

    java: str
    home: Path

    @property
    def class_path(self) -> str:
        """Of all processes."""
        return f"{self.home / 'jars'}/*"


def obtain_parts(folder: Path = FOLDER) -> Parts:
    """The parts, downloaded if they are not in ``folder`` yet (some 310 MB, 80 seconds).

    Raises:
        PartsMissing: no Java or Maven, or a download failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    java = find_command("java", "default-jre-headless")
    copy_jars(_POM, folder, "jars")
    # By this file Spark knows its own home.
    (folder / "RELEASE").write_text(f"Spark {SPARK}\n", encoding="utf-8")
    return Parts(java, folder)


if __name__ == "__main__":
    print(obtain_parts().home)
