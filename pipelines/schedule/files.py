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

from newsbeam.pipelines.schedule.airflow_dag import write_dag
from newsbeam.pipelines.schedule.crontab import write_crontab
from newsbeam.pipelines.schedule.kubernetes_manifest import write_cronjob
from newsbeam.pipelines.schedule.plan import Plan
from newsbeam.pipelines.schedule.systemd_units import write_service, write_timer
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath

# What object stores and their libraries read of the environment, by scheme.
_STORE_VARIABLES = {"s3": "AWS_", "az": "AZURE_", "gs": "GOOGLE_"}


@dataclass(frozen=True, slots=True)
class PrintedFormat:
    """A foreign scheduler. ``write`` gives files by name; ``hint`` says what to do with them, and
    ``secrets`` where variables come from that the configs name."""

    write: Callable[[Plan], dict[str, str]]
    hint: str
    secrets: str


PRINTED_FORMATS: dict[str, PrintedFormat] = {
    "systemd": PrintedFormat(
        write_service,
        "sudo cp {files} /etc/systemd/system/ && sudo systemctl enable --now {name}.service",
        "lines NAME=value in /etc/{name}.env",
    ),
    "systemd-timer": PrintedFormat(
        write_timer,
        "sudo cp {files} /etc/systemd/system/ && sudo systemctl enable --now {name}.timer",
        "lines NAME=value in /etc/{name}.env",
    ),
    "cron": PrintedFormat(
        write_crontab,
        "(crontab -l; cat {files}) | crontab -",
        "lines NAME=value before it in the crontab, or better ${{file:...}} in the configs",
    ),
    "airflow": PrintedFormat(
        write_dag, "cp {files} into Airflow's folder of DAGs", "the environment of Airflow's worker"
    ),
    "kubernetes": PrintedFormat(
        write_cronjob, "kubectl apply -f {files}", "the Secret that its first lines make"
    ),
}


def find_newsbeam() -> tuple[str, ...]:
    """The words that start the newsbeam of this environment from anywhere."""
    script = Path(sys.executable).with_name("newsbeam")
    if script.is_file():
        return (str(script),)
    return (sys.executable, "-P", "-m", "newsbeam")


def find_user() -> str:
    """The name of the user who asks, before ``sudo``; the number where it has no name."""
    try:
        return os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def list_store_variables(output: LakePath) -> tuple[str, ...]:
    """The names of the variables by which this process reaches the object store of ``output``;
    none where it needs none, as on a machine that has a role of its own."""
    if not isinstance(output, ObjectPath):
        return ()
    prefix = _STORE_VARIABLES[output.bucket.partition(":")[0]]
    return tuple(sorted(name for name in os.environ if name.startswith(prefix)))


def print_files(
    kind: str, plan: Plan, folder: Path | None, out: TextIO, log: Callable[[str], None]
) -> None:
    """Print the files of a ``PRINTED_FORMATS``, or save them in ``folder`` and say what comes next.

    Older files of the same names are replaced. The output, where it is a folder, is made, too,
    when files are saved: a systemd service may not make it.

    Raises:
        ValueError: the plan cannot be said in this format.
        ConfigError: a config is not there.
        OSError: a file cannot be written.
    """
    files = PRINTED_FORMATS[kind].write(plan)
    if folder is None:
        # More than one: with a line that names each, a comment wherever it is pasted.
        heads = len(files) > 1
        out.write("\n".join(f"# {name}\n{text}" if heads else text for name, text in files.items()))
        return
    if isinstance(plan.output, Path):
        plan.output.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        log(f"wrote {folder / name}")
    paths = shlex.join(str(folder / name) for name in files)
    if plan.secrets:
        where = PRINTED_FORMATS[kind].secrets.format(name=plan.name)
        log(f"newsbeam reads {', '.join(plan.secrets)} there; variables come from {where}")
    log(f"next: {PRINTED_FORMATS[kind].hint.format(files=paths, name=plan.name)}")
