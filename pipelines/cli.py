"""The command line: ``newsbeam run`` and ``newsbeam annotate``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from pipelines.beam_log import configure_log
from pipelines.config import ConfigError, load_job

DONE, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 done, 1 failed, 2 wrong usage)."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    beam_arguments: list[str] = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, beam_arguments = arguments[:at], arguments[at + 1 :]
    options = _parse(arguments)
    options.beam_arguments = tuple(beam_arguments)
    errors = Console(stderr=True)
    try:
        code: int = options.command(options, errors)
    except ConfigError as error:
        for fault in error.faults:
            _print_error(errors, str(fault))
        count = len(error.faults)
        _print_error(errors, f"newsbeam: {count} fault{'s' * (count != 1)} in the configuration")
        return USAGE
    except KeyboardInterrupt:
        _print_error(errors, "newsbeam: interrupted")
        return FAILED
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough; keep Python from saying more.
        sys.stderr.close()
        return DONE
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="newsbeam",
        description="News in, clean Parquet out: articles with entities, quotes and speakers.",
        epilog="Example: newsbeam run configs/seeds.yaml --output out",
    )
    parser.add_argument("--version", action="version", version=f"newsbeam {version('newsbeam')}")
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="ingest the sources of one or more configs",
        description="Reads all sources of the configs and adds what is new or changed to the "
        "tables under DIR. What is known and unchanged is skipped.",
        epilog="Everything after -- goes to Beam, for instance -- --runner=FlinkRunner. "
        "Example: newsbeam run configs/ --output out --workers 2",
    )
    run.add_argument("configs", nargs="+", type=Path, metavar="CONFIG",
                     help="a source's YAML file, or a folder of them")  # fmt: skip
    run.add_argument("--output", required=True, type=_local_folder, metavar="DIR",
                     help="folder of the tables; made if it is not there")  # fmt: skip
    run.add_argument("--workers", type=_positive, default=1, metavar="N",
                     help="worker processes on this machine (default 1: this process)")  # fmt: skip
    run.add_argument("--dry-run", action="store_true",
                     help="do all but writing; say what would be written")  # fmt: skip
    run.add_argument("--reprocess", action="store_true",
                     help="read known files again; where the result differs it becomes a "
                     "new revision")  # fmt: skip
    run.add_argument("--json", action="store_true", help="print the summary as JSON")
    run.set_defaults(command=_run)

    annotate = commands.add_parser(
        "annotate",
        help="add entities and quotes to texts that you have",
        description='Reads JSON Lines {"id", "text", "language"?} and writes the same lines with '
        "`entities` and `quotes` computed from the text, in order. The text is never altered.",
        epilog="Example: newsbeam annotate articles.jsonl > annotated.jsonl",
    )
    annotate.add_argument("file", nargs="?", default="-", metavar="FILE",
                          help="JSON Lines, or - for standard input (default)")  # fmt: skip
    annotate.add_argument("--language", metavar="TAG",
                          help="language of lines without one; detected if left out")  # fmt: skip
    annotate.set_defaults(command=_annotate)
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace, errors: Console) -> int:
    job = load_job(options.configs)
    if options.output.exists() and not options.output.is_dir():
        _print_error(errors, f"newsbeam: {options.output} is a file; --output wants a folder")
        return USAGE
    configure_log()
    signal.signal(signal.SIGINT, lambda *_: _stop_at_once(errors))
    # Beam takes seconds to import: not before the configuration is known to be right.
    from deltalake.exceptions import CommitFailedError

    from pipelines.ingest import RunFailed, RunOptions, run_ingest
    from pipelines.progress import Progress
    from pipelines.summary import print_summary
    from transforms.staging import StagingLost

    run_options = RunOptions(
        output=options.output,
        workers=options.workers,
        dry_run=options.dry_run,
        reprocess=options.reprocess,
        beam_arguments=options.beam_arguments,
    )
    try:
        with errors.status("starting …") as status:
            progress = (
                Progress(status.update, seconds=0.5)
                if errors.is_terminal
                else Progress(lambda line: _print_error(errors, line), seconds=15)
            )
            summary = run_ingest(job, run_options, progress)
    except (RunFailed, CommitFailedError, StagingLost, OSError) as error:
        _print_error(errors, f"newsbeam: the run failed: {error}")
        return FAILED
    if options.json:
        print(json.dumps(summary.to_json(), ensure_ascii=False, indent=2))
    else:
        print_summary(summary, Console())
    return DONE


def _annotate(options: argparse.Namespace, errors: Console) -> int:
    from pipelines.annotate import annotate_lines

    try:
        stream = (
            sys.stdin.buffer if options.file == "-" else Path(options.file).open("rb")  # noqa: SIM115
        )
    except OSError as error:
        _print_error(errors, f"newsbeam: {options.file}: {error.strerror}")
        return USAGE
    with stream:
        failed = annotate_lines(
            stream, sys.stdout, lambda message: _print_error(errors, message), options.language
        )
    return FAILED if failed else DONE


def _stop_at_once(errors: Console) -> None:
    """End the process: Beam would turn an exception here into pages of its own.

    Whatever a run is doing, it may be killed: the next run cleans up after it.
    """
    _print_error(errors, "newsbeam: interrupted; what was not committed is not in the table")
    os._exit(FAILED)


def _local_folder(text: str) -> Path:
    if "://" in text:
        raise argparse.ArgumentTypeError(f"{text}: only a local folder can be written yet")
    return Path(text)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("should be 1 or more")
    return number


def _print_error(errors: Console, message: str) -> None:
    errors.print(message, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
