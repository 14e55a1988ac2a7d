"""``newsbeam check``: what is damaged in a lake."""

from __future__ import annotations

from rich.console import Console

from newsbeam.pipelines.cli.arguments import Json, LakePlace
from newsbeam.pipelines.cli.shared import DONE, FAILED, say


def check_command(
    lake: LakePlace,
    /,
    *,
    deep: bool = False,
    as_json: Json = False,
) -> int:
    """Look for damage in a lake.

    Reads the logs, files, caches, staging areas and archives under DIR; says what is wrong, where,
    what it means for the rows and what to do. Changes nothing. Exits with 1 where something is
    damaged. See docs/damage.md.

        newsbeam check out --deep

    Args:
        deep: read every page of every file, and all archives
        as_json: print JSON
    """
    import json

    from newsbeam.pipelines.check import check_lake
    from newsbeam.transforms.records import Clock

    now = Clock().now()
    with Console(stderr=True).status("") as line:
        findings = check_lake(lake, now, deep=deep, show=line.update)
    damage = [finding for finding in findings if finding.is_damage]
    if as_json:
        found = [
            {
                "kind": finding.kind,
                "file": str(finding.file),
                "what": finding.what,
                "meaning": finding.meaning,
                "remedy": finding.remedy,
                "rows": finding.rows,
                "is_damage": finding.is_damage,
            }
            for finding in findings
        ]
        text = {"output": str(lake), "at": now.isoformat(), "deep": deep, "findings": found}
        print(json.dumps(text, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            say(str(finding), Console())
        kind = "" if deep else "; not every page was read (--deep)"
        say(f"{len(damage)} damaged{kind}" if damage else f"nothing is damaged{kind}", Console())
    return FAILED if damage else DONE
