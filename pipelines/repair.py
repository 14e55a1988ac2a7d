"""``newsbeam repair``: mends a damaged lake, as far as its files tell what it held."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from newsbeam.pipelines.check import examine_archives, is_lake, list_frames
from newsbeam.pipelines.people.corrections_file import load_corrections
from newsbeam.pipelines.schedule.state import is_scheduled
from newsbeam.transforms.errors import LakeBusy, NewsbeamError, NoLakeError
from newsbeam.transforms.fetch.archive import has_archive
from newsbeam.transforms.files import take_lock, write_file
from newsbeam.transforms.lake.committer import Committer
from newsbeam.transforms.lake.damage import LOG_FOLDER
from newsbeam.transforms.lake.examine import examine_caches, examine_staging
from newsbeam.transforms.lake.findings import Finding, forget_check
from newsbeam.transforms.lake.guard import leave_note
from newsbeam.transforms.lake.known import KnownVersion, load_known
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.lake_files import is_file, move_file
from newsbeam.transforms.lake.leases import hold_leases
from newsbeam.transforms.lake.live_files import TableState
from newsbeam.transforms.lake.object_path import LakePath, ObjectPath
from newsbeam.transforms.lake.object_staging import find_oldest_area
from newsbeam.transforms.lake.object_vacuum import vacuum_objects
from newsbeam.transforms.lake.places import DAMAGED_FOLDER, partition_values
from newsbeam.transforms.lake.repair import TablePlan, apply_plan, plan_table
from newsbeam.transforms.lake.run import Run
from newsbeam.transforms.lake.schema import APPEARANCES, ARTICLES, PEOPLE, STORIES, TABLES, Table
from newsbeam.transforms.lake.staging import Staging, find_oldest_run
from newsbeam.transforms.lake.vacuum import vacuum_table
from newsbeam.transforms.people.table import update_people
from newsbeam.transforms.poll.round import read_states
from newsbeam.transforms.records import Clock
from newsbeam.transforms.stories.table import update_stories

LOST_FILE = "lost.jsonl"


class CannotMend(NewsbeamError):
    """What is damaged cannot be mended where it is."""


@dataclass(frozen=True, slots=True)
class LakeRepair:
    """What is to be done, or was: a plan a table, and what is put aside of all else.

    ``lost`` counts the articles' rows that cannot be had back, by source (``None``: not known).
    ``archived`` are sources of these whose pages are archived.
    """

    root: LakePath
    is_applied: bool
    plans: tuple[TablePlan, ...]
    beside: tuple[Finding, ...]
    lost: dict[str, int] = field(default_factory=dict)
    archived: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.beside and all(plan.is_empty for plan in self.plans)

    def to_json(self) -> dict[str, Any]:
        """For scripts; keys are stable."""
        return {
            "output": str(self.root),
            "applied": self.is_applied,
            "tables": {
                plan.table.name: {
                    "log_rebuilt": plan.is_rebuilt,
                    "removed": plan.removed,
                    "taken": plan.taken,
                    "rows_back": plan.rows_rescued,
                    "aside": plan.aside,
                    "unshown": plan.unshown,
                    "lost": [
                        {"file": lost.path, "what": lost.what, "rows": lost.rows}
                        for lost in plan.lost
                    ],
                }
                for plan in self.plans
            },
            "beside": [{"file": str(f.file), "what": f.what} for f in self.beside],
            "lost": self.lost,
            "archived": list(self.archived),
        }


def repair_lake(
    place: LakePath,
    now: datetime,
    *,
    apply: bool = False,
    show: Callable[[str], None] = lambda _: None,
) -> LakeRepair:
    """Plan the repair of the lake at ``place``, and carry it out where ``apply`` is given.

    Raises:
        NoLakeError: there is none.
        CannotMend: a log is damaged, on an object store.
        LakeBusy: somebody is writing to it.
        OSError: a file cannot be read, written or moved.
    """
    lake = Lake(place.resolve())
    if not is_lake(lake.place):
        raise NoLakeError(place)
    with ExitStack() as stack:
        if apply:
            hold_alone(lake, stack)
        plans = tuple(plan_table(lake.place, table, show) for table in TABLES)
        if lake.is_remote:
            _refuse_logs(lake, plans)
        beside = (
            *examine_staging(lake.place),
            *examine_caches(lake.place, deep=True),
            *examine_archives(lake.place, deep=True, show=show),
        )
        lost = _count_lost(plans)
        archived = tuple(source for source in lost if has_archive(lake.place, source))
        repair = LakeRepair(lake.place, apply, plans, beside, lost, archived)
        if apply:
            _apply(lake, repair, now, show)
    return repair


def hold_alone(lake: Lake, stack: ExitStack) -> None:
    """Be the only one that writes.

    Raises:
        LakeBusy: somebody else does.
    """
    place = lake.place
    if isinstance(place, ObjectPath):
        _hold_leases(lake, place, stack)
        return
    try:
        stack.enter_context(take_lock(place, wait=False))
    except BlockingIOError:
        raise LakeBusy(f"`newsbeam maintain` or `repair` is at work on {place}; wait") from None
    if find_oldest_run(place) is not None or is_scheduled(place):
        raise LakeBusy(f"a run or a scheduler is at work on {place}; stop it first")


def _hold_leases(lake: Lake, place: ObjectPath, stack: ExitStack) -> None:
    """As ``hold_alone`` on an object store, where who died holds what it had for a while yet."""
    names = ["maintain", "schedule"]
    if len(stack.enter_context(hold_leases(place / "_claims", lake.cache, names))) < len(names):
        raise LakeBusy(
            f"`newsbeam maintain`, `repair` or a scheduler is at work on {place}; stop it, or "
            "wait a minute after it was killed"
        )
    lake.clean()
    if find_oldest_area(place) is not None:
        raise LakeBusy(
            f"a run is at work on {place}; stop it, or wait a minute after it was killed"
        )


def _apply(lake: Lake, repair: LakeRepair, now: datetime, show: Callable[[str], None]) -> None:
    root, stamp = lake.place, f"{now:%Y%m%dT%H%M%SZ}"
    for finding in repair.beside:
        file = finding.file
        if finding.kind == "archive":
            _mend_archive(root, file, stamp)
        elif isinstance(file, Path) and lake.is_remote:
            file.unlink(missing_ok=True)  # a copy in this machine's cache
        elif file.exists():
            move_file(file, _place_aside(root, file, stamp))
    touched = [plan.table for plan in repair.plans if not plan.is_empty]
    for plan in repair.plans:
        show(f"{plan.table.name}: mending")
        if not plan.is_empty:
            apply_plan(lake, plan, stamp)
    lake.create()
    lake.clean()
    _note_lost(root, repair, now)
    run = Run.begin(lake, now, {}, Clock())
    with run.staging.create():
        if lake.is_remote and any(plan.unshown for plan in repair.plans):
            show_merged(lake, run.staging, [plan.table for plan in repair.plans if plan.unshown])
        if ARTICLES in touched or STORIES in touched:
            show("telling stories anew")
            update_stories(lake, run.staging, now, rebuild=True)
        if any(table in touched for table in (ARTICLES, APPEARANCES, PEOPLE)):
            show("telling people anew")
            update_people(lake, run.staging, now, load_corrections(root), rebuild=True)
        if repair.lost:
            _ask_again(lake, run, set(repair.lost), now)
        run.staging.remove()
    forget_check(lake.cache)
    leave_note(lake)


def _refuse_logs(lake: Lake, plans: tuple[TablePlan, ...]) -> None:
    """
    Raises:
        CannotMend: a log would have to be written anew: a run that is asleep could go on with the
            old one.
    """
    for plan in plans:
        if plan.is_rebuilt:
            faults = plan.state.faults
            file = faults[0].file if faults else lake.folder(plan.table) / LOG_FOLDER
            raise CannotMend(
                f"{file} {faults[0].what if faults else 'is missing'}: on an object store no log "
                "is written anew; put back an older version of the object, or copy the lake into a "
                "folder, repair it there, and copy it to a new place"
            )


def show_merged(lake: Lake, staging: Staging, tables: Sequence[Table]) -> None:
    """Let what was merged take its place at once; nobody else writes."""
    instant = time.time_ns() // 1_000_000
    for table in tables:
        state = TableState.read(lake, table, 0)
        if lake.is_remote:
            vacuum_objects(lake, lake.table(table), state, lambda: instant, staging)
        else:
            vacuum_table(lake, table, state, lambda: instant)


def _ask_again(lake: Lake, run: Run, sources: set[str], now: datetime) -> None:
    """Let feeds be asked anew whose articles are lost: they may still tell of them."""
    known = load_known(KnownVersion(lake, lake.version(ARTICLES)))
    states = [
        replace(
            state,
            polled_at=now,
            seen={k: e for k, e in state.seen.items() if known.document(e.document_id)},
            knows_more=True,
            new=0,
            changed=0,
            failed_pages=0,
            etag=None,
            last_modified=None,
            body_hash=None,
            next_poll_at=None if state.outcome == "gone" else now,
        )
        for state in read_states(lake, []).values()
        if state.source in sources
    ]
    Committer(run).commit_polls(states)


def _count_lost(plans: tuple[TablePlan, ...]) -> dict[str, int]:
    found = Counter[str]()
    for plan in plans:
        for lost in plan.lost if plan.table.name == ARTICLES.name else ():
            found[partition_values(lost.path).get("source", "?")] += lost.rows or 0
    return dict(sorted(found.items()))


def _note_lost(root: LakePath, repair: LakeRepair, now: datetime) -> None:
    """Keep what is known of lost articles, for ``newsbeam retry --lost``."""
    lines = [line for plan in repair.plans for line in _list_lost(plan, now)]
    if not lines:
        return
    path = root / DAMAGED_FOLDER / LOST_FILE
    before = path.read_bytes() if path.exists() else b""
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    _write(path, before + text.encode("utf-8", "replace"))


def _list_lost(plan: TablePlan, now: datetime) -> Iterator[dict[str, Any]]:
    for lost in plan.lost:
        about = {
            "at": now.isoformat(),
            "table": plan.table.name,
            "source": partition_values(lost.path).get("source"),
            "file": lost.path,
            "what": lost.what,
        }
        count = max(map(len, lost.columns.values()), default=0)
        if not count:
            yield about | {"rows": lost.rows}
        for number in range(count):
            yield about | {"rows": 1, **{k: v[number] for k, v in lost.columns.items()}}


def _mend_archive(root: LakePath, path: LakePath, stamp: str) -> None:
    """Put a damaged archive aside, and its sound records in its place."""
    aside = _place_aside(root, path, stamp)
    frames = list_frames(path, deep=True) if is_file(path) else []
    starts = [int(frame.offset.partition("+")[0]) for frame in frames]
    kept = b""
    if frames:
        data = path.read_bytes()
        ends = [*starts[1:], len(data)]
        bad = {at for at, frame in zip(starts, frames, strict=True) if frame.fault is not None}
        kept = b"".join(
            data[at:end] for at, end in zip(starts, ends, strict=True) if at not in bad and end > at
        )
    move_file(path, aside)
    if kept:
        _write(path, kept)


def _write(path: LakePath, data: bytes) -> None:
    if isinstance(path, ObjectPath):
        path.write_bytes(data)
    else:
        write_file(path, data)


def _place_aside(root: LakePath, path: LakePath, stamp: str) -> LakePath:
    inside = path.as_posix().removeprefix(f"{root.as_posix()}/")
    return root / DAMAGED_FOLDER / stamp / inside
