"""``newsbeam learn-boilerplate``: rules to review, from what recurs in the lake."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import BeamArguments, Configs, CountOption, Place, Workers
from newsbeam.pipelines.cli.shared import failing, say


def learn_boilerplate_command(
    configs: Configs,
    /,
    *,
    output: Place,
    to: Annotated[Path, Parameter(metavar="FOLDER")] = Path(),
    most: CountOption = 5000,
    workers: Workers = 1,
    beam: BeamArguments = (),
) -> None:
    """Propose cleaning rules from what recurs in the articles that you have.

    Reads the newest articles of the configs' sources under DIR and writes rules for lines that
    recur into `FOLDER/<id>.boilerplate.yaml`, to be reviewed: nothing is applied. See
    docs/boilerplate.md.

    Everything after -- goes to Beam.

        newsbeam learn-boilerplate configs/avis.yaml --output out --to configs

    Args:
        output: folder of the tables, as in run
        to: where the rules are written (default: this folder); a file that is there is never
            overwritten
        most: articles to read of each source, the last ones published (default 5000)
    """
    from newsbeam.pipelines.config.load import load_job
    from newsbeam.pipelines.runners.log import configure_log

    job = load_job(configs)
    configure_log()
    # Beam takes seconds to import: not before the configuration is known to be right.
    from newsbeam.pipelines.config.rule_files import save_proposals
    from newsbeam.pipelines.learn import learn_boilerplate as learn
    from newsbeam.pipelines.runners.options import RunFailed
    from newsbeam.transforms.records import Clock

    with failing("learning failed", RunFailed):
        learned = learn(job, output, workers=workers, most=most, beam_arguments=beam)
        lines = save_proposals(learned, to, Clock().now().date().isoformat())
    for line in lines:
        say(line, Console())
