"""Compares the speed of extraction and cleaning with other extractors, on the same pages.

usage: python benchmarks/bench_extract.py [FOLDER ...] [--rounds 3] [--others PYTHON]

FOLDER holds saved pages (.html or .html.gz); by default those of ../shared/pages, and where there
are none, generated ones. PYTHON is the interpreter of an environment that has newspaper4k and
news-please (default build/bench-venv, which `make bench-extract` sets up from
constraints-extract.txt); where it is not there, only trafilatura is compared.

Each round runs the systems in turn, each as a process of its own that times one pass over all
pages (CPU seconds, start-up not counted). Ratios are taken within a round; figures are medians.
Aims: at most 1.0 x trafilatura; 3 x faster than newspaper4k, 5 x than news-please.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
# newsbeam's seconds as a multiple of the other's.
AIMS = {"trafilatura": 1.0, "newspaper4k": 1 / 3, "news-please": 1 / 5}
OURS = ("newsbeam", "trafilatura")


def find_pages(scratch: Path) -> list[Path]:
    """The folders of saved pages, or one of generated pages."""
    shared = [ROOT.parent / "shared" / "pages" / name for name in ("publishers", "aeb")]
    if all(folder.is_dir() for folder in shared):
        return shared
    print("there is no ../shared/pages: pages are generated")
    command = [sys.executable, HERE / "generate_articles.py", scratch, "--count", "200"]
    subprocess.run([*command, "--format", "html"], check=True)
    return [scratch]


def measure(system: str, python: Path, folders: list[Path]) -> dict[str, float]:
    """Seconds, pages and failed pages of one pass of ``system``."""
    command = [python, HERE / "extract_pages.py", system, *folders]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment, cwd=ROOT)
    figures: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return figures


def main() -> int:
    """Run the rounds; the exit code is 1 where an aim is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--others", type=Path, default=ROOT / "build" / "bench-venv" / "bin" / "python"
    )
    options = parser.parse_args()
    systems = dict.fromkeys(OURS, Path(sys.executable))
    if options.others.is_file():
        systems |= dict.fromkeys(set(AIMS) - set(OURS), options.others)
    else:
        print(f"there is no {options.others}: run make bench-extract")
    seconds: dict[str, list[float]] = {system: [] for system in systems}
    with tempfile.TemporaryDirectory() as scratch:
        folders = [f.resolve() for f in options.folders] or find_pages(Path(scratch))
        for number in range(options.rounds):
            for system, python in systems.items():
                figures = measure(system, python, folders)
                seconds[system].append(figures["seconds"])
                line = f"round {number + 1}  {system:<12} {figures['seconds']:7.2f} s"
                print(f"{line}  {figures['pages']} pages, {figures['failed']} failed", flush=True)
    print(f"\nCPU seconds, median of {options.rounds}:")
    missed = []
    for system, times in seconds.items():
        line = f"  {system:<12} {median(times):7.2f} s"
        if system in AIMS:
            pairs = zip(seconds["newsbeam"], times, strict=True)
            ratio = median(ours / theirs for ours, theirs in pairs)
            line += f"  newsbeam takes {ratio:.2f} of it (aim <= {AIMS[system]:.2f})"
            missed += [system] if ratio > AIMS[system] else []
        print(line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
