"""``newsbeam maintain``: compacts and cleans a lake's tables."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console

from pipelines.commands.shared import (
    DONE,
    FAILED,
    USAGE,
    Commands,
    add_lake,
    duration,
    print_error,
)

if TYPE_CHECKING:
    from pipelines.maintain import TableReport

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_LONGEST = timedelta(days=7)


def add_maintain(commands: Commands) -> None:
    """The command ``maintain``."""
    maintain = commands.add_parser(
        "maintain",
        help="make few large files of many small ones, while others write",
        description="Rewrites the small files of the tables under DIR as few large ones and "
        "deletes files that no reader needs any more. Safe while runs write and others read, and "
        "at any moment of a kill; run it once a day. See docs/maintenance.md.",
        epilog="Example: newsbeam maintain out --retain 12h",
    )
    add_lake(maintain)
    maintain.add_argument("--retain", type=parse_retain, default=timedelta(hours=24),
                          metavar="TIME", help="what Delta readers have opened stays readable "
                          "for this long: 0s to 7d (default 24h); 0s for a lake that nobody "
                          "reads now")  # fmt: skip
    maintain.add_argument("--target-size", type=parse_size, default=128 * 1024**2,
                          metavar="SIZE", help="size of the files made, such as 64MB "
                          "(default 128MB)")  # fmt: skip
    maintain.add_argument("--dry-run", action="store_true", help="say what it would do")
    maintain.add_argument("--json", action="store_true", help="print JSON")
    maintain.set_defaults(command=_maintain)


def parse_retain(text: str) -> timedelta:
    """The value of ``--retain``, for argparse: 0s to 7d."""
    retain = timedelta() if re.fullmatch(r"0+\s*[smhd]?", text) else duration(text)
    if retain > _LONGEST:
        raise argparse.ArgumentTypeError("at most 7d: Delta's log does not tell more for sure")
    return retain


def parse_size(text: str) -> int:
    """The value of ``--target-size``, for argparse: bytes (1 MB is 1,048,576 of them)."""
    found = re.fullmatch(r"(\d{1,9})\s*([KMG]?)(i?B)?", text, re.IGNORECASE)
    if found is None or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} should be a number and a unit: 64MB or 1GB")
    return int(found[1]) * _UNITS[found[2].upper()]


def _maintain(options: argparse.Namespace, errors: Console) -> int:
    from deltalake.exceptions import CommitFailedError

    from pipelines.maintain import (
        CannotSwap,
        MaintainOptions,
        MaintenanceHeld,
        NoLake,
        maintain_lake,
    )
    from transforms.tables.table_state import UnknownFeatures

    chosen = MaintainOptions(options.retain, options.target_size, options.dry_run)
    try:
        with errors.status("") as status:
            reports = maintain_lake(options.lake, chosen, status.update)
    except NoLake as error:
        print_error(errors, f"newsbeam: {error}")
        return USAGE
    except (MaintenanceHeld, CannotSwap, UnknownFeatures) as error:
        print_error(errors, f"newsbeam: {error}")
        return FAILED
    except (CommitFailedError, OSError) as error:
        print_error(errors, f"newsbeam: the lake could not be maintained: {error}")
        return FAILED
    if options.json:
        _print_json(reports)
    else:
        _print_reports(reports, options.dry_run)
    return DONE


def _print_json(reports: list[TableReport]) -> None:
    import json
    from dataclasses import asdict

    found = {}
    for report in reports:
        values = asdict(report)
        until = values.pop("kept_until")
        found[values.pop("table")] = values | {"kept_until": until and until.isoformat()}
    print(json.dumps({"tables": found}, indent=2))


def _print_reports(reports: list[TableReport], dry_run: bool) -> None:
    for report in reports:
        print("\n".join(_describe(report, dry_run)))


def _describe(report: TableReport, dry_run: bool) -> list[str]:
    """Lines for a table: files and bytes, what was done, what waits."""
    would = "would be " if dry_run else ""
    lines = [
        f"{report.table}: {report.files_before:,} files, {_show_size(report.bytes_before)}"
        + ("" if dry_run else f" -> {report.files_after:,} files, "
           f"{_show_size(report.bytes_after)}")
    ]  # fmt: skip
    if report.merged:
        lines.append(f"  {report.merged:,} files {would}merged into {report.merges:,}")
    if report.shown:
        lines.append(f"  {report.shown:,} merged files {would}shown to readers of plain Parquet")
    if report.deleted:
        lines.append(
            f"  {report.deleted:,} files {would}deleted, {_show_size(report.deleted_bytes)}"
        )
    if report.waiting and report.kept_until:
        lines.append(
            f"  {report.waiting:,} old files, {_show_size(report.waiting_bytes)}, kept for readers "
            f"until {report.kept_until:%Y-%m-%d %H:%M} UTC"
        )
    return lines


def _show_size(size: int) -> str:
    """Bytes with a unit that a person reads at once."""
    if size < 1000:
        return f"{size} bytes"
    if size < 1000**2:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1000**2:,.1f} MB"
