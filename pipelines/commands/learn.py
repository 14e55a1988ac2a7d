"""``newsbeam learn-boilerplate``: rules to review, from what recurs in the lake."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from pipelines.beam_log import configure_log
from pipelines.commands.shared import (
    DONE,
    FAILED,
    Commands,
    add_configs,
    add_workers,
    local_folder,
    positive,
    print_error,
)
from pipelines.config import load_job
from transforms.clock import Clock


def add_learn(commands: Commands) -> None:
    """The command ``learn-boilerplate``."""
    learn = commands.add_parser(
        "learn-boilerplate",
        help="propose cleaning rules from what recurs in the articles that you have",
        description="Reads the newest articles of the configs' sources under DIR and writes rules "
        "for lines that recur into FOLDER/<id>.boilerplate.yaml, to be reviewed: nothing is "
        "applied. See docs/boilerplate.md.",
        epilog="Everything after -- goes to Beam. "
        "Example: newsbeam learn-boilerplate configs/avis.yaml --output out --to configs",
    )
    add_configs(learn)
    learn.add_argument("--output", required=True, type=local_folder, metavar="DIR",
                       help="folder of the tables, as in run")  # fmt: skip
    learn.add_argument("--to", type=Path, default=Path(), metavar="FOLDER",
                       help="where the rules are written (default: this folder); a file that is "
                       "there is never overwritten")  # fmt: skip
    learn.add_argument("--most", type=positive, default=5000, metavar="N",
                       help="articles to read of each source, the last ones published "
                       "(default 5000)")  # fmt: skip
    add_workers(learn)
    learn.set_defaults(command=_learn)


def _learn(options: argparse.Namespace, errors: Console) -> int:
    job = load_job(options.configs)
    configure_log()
    # Beam takes seconds to import: not before the configuration is known to be right.
    from pipelines.learn import learn_boilerplate
    from pipelines.rule_files import save_proposals
    from pipelines.run_options import RunFailed

    try:
        learned = learn_boilerplate(
            job,
            options.output,
            workers=options.workers,
            most=options.most,
            beam_arguments=options.beam_arguments,
        )
        lines = save_proposals(learned, options.to, Clock().now().date().isoformat())
    except (RunFailed, OSError) as error:
        print_error(errors, f"newsbeam: learning failed: {error}")
        return FAILED
    for line in lines:
        print_error(Console(), line)
    return DONE
