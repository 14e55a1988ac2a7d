"""A crontab line that starts ``newsbeam run``."""

from __future__ import annotations

import shlex

from newsbeam.pipelines.schedule.plan import Plan, name_interval
from newsbeam.transforms.lake.machine import cache_folder

# Vixie cron, which Debian has, takes no longer command (MAX_COMMAND in its cron.h, with the NUL).
LONGEST = 999


def write_crontab(plan: Plan) -> dict[str, str]:
    """The line for ``crontab``, by file name.

    flock keeps a run from starting beside one that still goes on. cron takes ``%`` for a line
    break unless it is escaped, in quotes too (crontab(5)).

    Raises:
        ValueError: the command is longer than cron reads.
    """
    folder = cache_folder(plan.output)
    lock, log = (shlex.quote(str(folder / name)) for name in ("cron.lock", "cron.log"))
    command = (
        f"mkdir -p {shlex.quote(str(folder))} && "
        f"flock --nonblock {lock} {shlex.join(plan.run)} >>{log} 2>&1"
    ).replace("%", r"\%")
    size = len(command.encode())
    if size > LONGEST:
        raise ValueError(
            f"cron takes commands of {LONGEST} bytes and this one has {size}: name a folder of "
            "configs in place of its files"
        )
    return {f"{plan.name}.crontab": f"{name_interval(plan.every)} {command}\n"}
