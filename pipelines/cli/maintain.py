"""``newsbeam maintain``: compacts and cleans a lake's tables."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import Console

from newsbeam.pipelines.cli.arguments import (
    CountOption,
    DurationOption,
    Json,
    LakePlace,
    read_by,
    read_duration,
)
from newsbeam.pipelines.cli.shared import DONE, FAILED, failing, say
from newsbeam.transforms.text.counts import show_count

if TYPE_CHECKING:
    from newsbeam.pipelines.maintain import TableReport

_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_LONGEST = timedelta(days=7)


def parse_retain(text: str) -> timedelta:
    """The value of ``--retain``: 0s to 7d."""
    retain = timedelta() if re.fullmatch(r"0+\s*[smhd]?", text) else read_duration(text)
    if retain > _LONGEST:
        raise ValueError("at most 7d: Delta's log does not tell more for sure")
    return retain


def parse_size(text: str) -> int:
    """The value of ``--target-size``: bytes (1 MB is 1,048,576 of them)."""
    found = re.fullmatch(r"(\d{1,9})\s*([KMG]?)(i?B)?", text, re.IGNORECASE)
    if found is None or not int(found[1]):
        raise ValueError(f"{text!r} should be a number and a unit: 64MB or 1GB")
    return int(found[1]) * _UNITS[found[2].upper()]


def maintain(
    lake: LakePlace,
    /,
    *,
    retain: Annotated[
        timedelta, Parameter(metavar="TIME", converter=read_by(parse_retain))
    ] = timedelta(hours=24),
    target_size: Annotated[int, Parameter(metavar="SIZE", converter=read_by(parse_size))] = 128
    * 1024**2,
    dry_run: bool = False,
    partition: Annotated[
        Literal["day", "month", "year"] | None, Parameter(metavar="PERIOD")
    ] = None,
    least: CountOption = 2,
    stop_after: DurationOption | None = None,
    as_json: Json = False,
) -> int:
    """Make few large files of many small ones, while others write.

    Rewrites the small files of the tables under DIR as few large ones and deletes files that no
    reader needs any more. Safe while runs write and others read, and at any moment of a kill; run
    it once a day. See docs/maintenance.md.

        newsbeam maintain out --retain 12h

    Args:
        retain: what Delta readers have opened stays readable for this long: 0s to 7d (default 24h);
            0s for a lake that nobody reads now
        target_size: size of the files made, such as 64MB (default 128MB)
        dry_run: say what it would do
        partition: lay the articles out anew: a folder for each source and day, month or year
        least: merge the files of a month that goes on when N of them are small (default 2)
        stop_after: begin no merge after this time
        as_json: print JSON
    """
    import math

    from newsbeam.pipelines.maintain import MaintainOptions, maintain_lake
    from newsbeam.transforms.errors import LakeBusy

    seconds = stop_after.total_seconds() if stop_after else math.inf
    options = MaintainOptions(retain, target_size, dry_run, partition, least, seconds)
    errors = Console(stderr=True)
    with failing("the lake could not be maintained", LakeBusy), errors.status("") as line:
        reports = maintain_lake(lake, options, line.update)
    if as_json:
        _print_json(reports)
    else:
        _print_reports(reports, dry_run)
    damage = [sentence for report in reports for sentence in report.damage]
    for sentence in damage:
        say(f"newsbeam: {sentence}")
    return FAILED if damage else DONE


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
        f"{report.table}: {_show_files(report.files_before, report.bytes_before)}"
        + ("" if dry_run else f" -> {_show_files(report.files_after, report.bytes_after)}")
    ]
    if report.converted:
        lines.append(f"  {show_count(report.converted, 'file')} laid out anew")
    if report.merged:
        lines.append(f"  {show_count(report.merged, 'file')} {would}merged into {report.merges:,}")
    if report.shown:
        lines.append(
            f"  {show_count(report.shown, 'merged file')} {would}shown to readers of plain Parquet"
        )
    if report.deleted:
        size = _show_size(report.deleted_bytes)
        lines.append(f"  {show_count(report.deleted, 'file')} {would}deleted, {size}")
    if report.waiting and report.kept_until:
        lines.append(
            f"  {_show_files(report.waiting, report.waiting_bytes, 'old file')}, kept for readers "
            f"until {report.kept_until:%Y-%m-%d %H:%M} UTC"
        )
    return lines


def _show_files(count: int, size: int, noun: str = "file") -> str:
    return f"{show_count(count, noun)}, {_show_size(size)}"


def _show_size(size: int) -> str:
    """Bytes with a unit that a person reads at once."""
    if size < 1000:
        return show_count(size, "byte")
    if size < 1000**2:
        return f"{size / 1000:.0f} kB"
    return f"{size / 1000**2:,.1f} MB"
