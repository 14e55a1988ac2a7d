"""``newsbeam schedule --print``: files for the schedulers that people have already."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pipelines.scheduling.airflow_dag import write_dag
from pipelines.scheduling.crontab import write_crontab
from pipelines.scheduling.kubernetes_manifest import write_cronjob
from pipelines.scheduling.schedule_plan import Plan
from pipelines.scheduling.systemd_units import write_service, write_timer


@dataclass(frozen=True, slots=True)
class Format:
    """A foreign scheduler. ``write`` gives files by name; ``hint`` says what to do with them."""

    write: Callable[[Plan], dict[str, str]]
    hint: str


FORMATS: dict[str, Format] = {
    "systemd": Format(
        write_service,
        "sudo cp {files} /etc/systemd/system/ && sudo systemctl enable --now {name}.service",
    ),
    "systemd-timer": Format(
        write_timer,
        "sudo cp {files} /etc/systemd/system/ && sudo systemctl enable --now {name}.timer",
    ),
    "cron": Format(write_crontab, "(crontab -l; cat {files}) | crontab -"),
    "airflow": Format(write_dag, "cp {files} into Airflow's folder of DAGs"),
    "kubernetes": Format(write_cronjob, "kubectl apply -f {files}"),
}


def find_newsbeam() -> tuple[str, ...]:
    """The words that start the newsbeam of this environment from anywhere."""
    script = Path(sys.executable).with_name("newsbeam")
    if script.is_file():
        return (str(script),)
    return (sys.executable, "-P", "-m", "pipelines.cli")


def find_user() -> str:
    """The name of the user who asks, before ``sudo``; the number where it has no name."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def print_files(
    kind: str, plan: Plan, folder: Path | None, out: TextIO, log: Callable[[str], None]
) -> None:
    """Print the files of one of ``FORMATS``, or save them in ``folder`` and say what comes next.

    Older files of the same names are replaced. The output's folder is made, too, when files are
    saved: a systemd service may not make it.

    Raises:
        ValueError: the plan cannot be said in this format.
        ConfigError: a config is not there.
        OSError: a file cannot be written.
    """
    files = FORMATS[kind].write(plan)
    if folder is None:
        # More than one: with a line that names each, a comment wherever it is pasted.
        heads = len(files) > 1
        out.write("\n".join(f"# {name}\n{text}" if heads else text for name, text in files.items()))
        return
    plan.output.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        log(f"wrote {folder / name}")
    paths = shlex.join(str(folder / name) for name in files)
    log(f"next: {FORMATS[kind].hint.format(files=paths, name=plan.name)}")
