"""``newsbeam repair``: mends a damaged lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console

from newsbeam.pipelines.cli.arguments import Json, LakePlace
from newsbeam.pipelines.cli.shared import failing, say
from newsbeam.transforms.text.counts import show_count

if TYPE_CHECKING:
    from newsbeam.pipelines.repair import LakeRepair


def repair(
    lake: LakePlace,
    /,
    *,
    apply: bool = False,
    as_json: Json = False,
) -> None:
    """Mend a damaged lake.

    Makes the logs of the tables under DIR readable again, takes in files that no log names and
    leaves out what cannot be read; every row that can be read comes back, none twice. What goes is
    moved to DIR/_damaged. Says what is lost and how to fetch it again. Changes nothing without
    --apply. Stop runs and schedulers first. See docs/damage.md.

        newsbeam repair out --apply

    Args:
        apply: do it
        as_json: print JSON
    """
    import json

    from newsbeam.pipelines.repair import repair_lake
    from newsbeam.transforms.records import Clock

    with failing("the lake could not be mended"), Console(stderr=True).status("") as line:
        done = repair_lake(lake, Clock().now(), apply=apply, show=line.update)
    if as_json:
        print(json.dumps(done.to_json(), ensure_ascii=False, indent=2))
    else:
        say("\n".join(_describe(done)), Console())


def _describe(repair: LakeRepair) -> list[str]:
    if repair.is_empty:
        return ["nothing is to be mended"]
    would = "" if repair.is_applied else "would be "
    lines = []
    for plan in repair.plans:
        name = plan.table.name
        if plan.is_rebuilt:
            lines.append(f"{name}: the log {would}written anew, as version {plan.version}")
        lines += [f"{name}: {would}left out: {path} {why}" for path, why in plan.removed.items()]
        lines += [
            f"{name}: {would}taken in: {path} ({show_count(count, 'row')})"
            for path, count in plan.taken.items()
        ]
        rescued = plan.rows_rescued - sum(plan.taken.values())
        if rescued:
            lines.append(f"{name}: {show_count(rescued, 'row')} {would}rescued into new files")
        extra = [path for path in plan.aside if path not in plan.removed]
        lines += [f"{name}: {would}put aside: {path} {plan.aside[path]}" for path in extra]
        lines += [
            f"{name}: merged files {would}shown to plain readers at once: {path} {what}"
            for path, what in plan.unshown.items()
        ]
        for lost in plan.lost:
            rows = "rows" if lost.rows is None else show_count(lost.rows, "row")
            lines.append(f"{name}: lost: {rows} of {lost.path}")
    lines += [f"{would}put aside: {each.file} {each.what}" for each in repair.beside]
    for source, count in repair.lost.items():
        again = (
            f"newsbeam retry {repair.root} --lost reads them from the archive"
            if source in repair.archived
            else f"the next run asks its feeds and files again; newsbeam retry {repair.root} "
            "--lost fetches those whose addresses are known"
        )
        lines.append(f"{source}: lost: {show_count(count, 'row')} of articles; {again}")
    if repair.is_applied:
        lines.append("mended; newsbeam check --deep says whether all is well")
    else:
        lines.append("nothing was changed: --apply does it")
    return lines
