"""What is printed for schedulers, read and started as they do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsbeam.pipelines.schedule.kubernetes_manifest import write_cronjob
from newsbeam.pipelines.schedule.plan import Plan

AWKWARD = 'Nyheter på 100 % & $HOME\'s "beste" \\n {{ x }}; #1'


def skip_without(tool: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed")


def said(plan: Plan) -> list[str]:
    words: list[str] = json.loads(Path(plan.newsbeam[0]).with_name("said").read_text())
    return words


def start_as_cron_does(line: str) -> subprocess.CompletedProcess[str]:
    """cron's own reading of a line (crontab(5)), then the shell's."""
    *_, command = line.rstrip("\n").split(" ", 5)
    unescaped = re.split(r"(?<!\\)%", command)
    assert len(unescaped) == 1, "a % that cron takes for a line break"
    return subprocess.run(
        ["/bin/sh", "-c", command.replace(r"\%", "%")],
        env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def read_manifest(plan: Plan) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    (text,) = write_cronjob(plan).values()
    config_map, claim, job = yaml.safe_load_all(text)
    return config_map, claim, job
