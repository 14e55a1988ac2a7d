"""The wheel carries all that the installed command needs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
def test_installed_wheel_runs_away_from_the_checkout(tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--wheel-dir",
            tmp_path,
            ROOT,
        ],
        check=True,
    )
    (wheel,) = tmp_path.glob("newsbeam-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for code in ("nb", "nn", "da", "sv", "en"):
        assert f"configs/languages/{code}.yaml" in names
    assert any(name.startswith("nb_newsbeam/") and name.endswith("/ner/model") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "training/", "benchmarks/"))]

    # Only what the wheel holds is importable from here, beside the dependencies of this Python.
    installed = tmp_path / "installed"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            installed,
            wheel,
        ],
        check=True,
    )
    (tmp_path / "a.txt").write_text("Kari Dahl er ordfører i Bodø.\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text("id: avis\nfiles: [a.txt]\n", encoding="utf-8")
    script = f"""
import sys
sys.path[:] = [{str(installed)!r}] + [p for p in sys.path if p != {str(ROOT)!r}]
import pipelines
assert pipelines.__file__.startswith({str(installed)!r}), pipelines.__file__
from pipelines.cli import main
sys.exit(main(["run", "a.yaml", "--output", "out"]))
"""
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert "1 │" in run.stdout
