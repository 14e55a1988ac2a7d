"""What commands share: exit codes, types of arguments, how errors are said."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from rich.console import Console

from pipelines.scheduling.pace import parse_interval
from pipelines.terminal_text import show_safe

DONE, FAILED, USAGE = 0, 1, 2

# Of ``ArgumentParser.add_subparsers``.
Commands = Any
Run = Callable[[argparse.Namespace, Console], int]


def add_configs(parser: argparse.ArgumentParser) -> None:
    """The arguments CONFIG…"""
    parser.add_argument("configs", nargs="+", type=Path, metavar="CONFIG",
                        help="a source's YAML file, or a folder of them")  # fmt: skip


def add_output(parser: argparse.ArgumentParser) -> None:
    """The option --output."""
    parser.add_argument("--output", required=True, type=local_folder, metavar="DIR",
                        help="folder of the tables; made if it is not there")  # fmt: skip


def add_workers(parser: argparse.ArgumentParser) -> None:
    """The option --workers."""
    parser.add_argument("--workers", type=positive, default=1, metavar="N",
                        help="worker processes (default 1: this process)")  # fmt: skip


def add_lake(parser: argparse.ArgumentParser) -> None:
    """The argument DIR of commands that look at what is there."""
    parser.add_argument("lake", type=local_folder, metavar="DIR",
                        help="folder of the tables")  # fmt: skip


def local_folder(text: str) -> Path:
    """A folder of this machine."""
    if "://" in text:
        raise argparse.ArgumentTypeError(f"{text}: only a local folder can be written yet")
    return Path(text)


def positive(text: str) -> int:
    """A whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("should be 1 or more")
    return number


def duration(text: str) -> timedelta:
    """A time such as 30s, 10m, 6h or 1d."""
    try:
        return parse_interval(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def network(text: str) -> str:
    """An IP address or network."""
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no IP address or network; use one like 127.0.0.1 or 10.1.0.0/16"
        ) from None


def print_error(errors: Console, message: str) -> None:
    """Say ``message``, which may hold words of strangers, as ``show_safe`` does."""
    text = show_safe(message, keep_newlines=True)
    errors.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)
