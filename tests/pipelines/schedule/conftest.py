"""What tests of the scheduler share: a place for one to run in."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsbeam.pipelines.schedule.plan import Plan
from tests.support.planned import AWKWARD
from tests.support.scheduled import Place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    place.configure("avis")
    place.plan()
    yield place
    for process in place.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(params=["plain", AWKWARD], ids=["plain", "awkward"])
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> Plan:
    """A plan whose newsbeam notes its arguments, in a folder with a plain or an awkward name."""
    folder = tmp_path / request.param
    (folder / "configs").mkdir(parents=True)
    (folder / "configs" / "avis.yaml").write_text("id: avis\nfeeds: [http://avis.example/rss]\n")
    # systemd starts no command whose own path has quotes or backslashes.
    script = tmp_path / re.sub(r"[\"'\\]", "", request.param) / "newsbeam"
    script.parent.mkdir(exist_ok=True)
    script.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        "from pathlib import Path\n"
        "Path(__file__).with_name('said').write_text(json.dumps(sys.argv))\n"
        "print('æøå from newsbeam')\n"
        "sys.exit(3 if '--fail' in sys.argv else 0)\n"
    )
    script.chmod(0o755)
    return Plan(
        (str(script),), (folder / "configs",), folder / "lake", user="root",
        run_options=("--workers", "2"), schedule_options=("--files-every", "30m"),
    )  # fmt: skip
