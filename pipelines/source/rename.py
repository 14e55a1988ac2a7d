"""``newsbeam source rename``: a source of a lake under another id."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

from newsbeam.pipelines.archives import reading_place
from newsbeam.pipelines.people.corrections_file import load_corrections
from newsbeam.pipelines.repair import hold_alone
from newsbeam.pipelines.source_notes import SourceNotes, rename_note
from newsbeam.transforms.backfill.alone import hold_backfill
from newsbeam.transforms.backfill.renamed import rename_past
from newsbeam.transforms.errors import NoLakeError, UnknownSourceError
from newsbeam.transforms.lake.guard import check_before_writing, leave_note
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.live_files import TableState
from newsbeam.transforms.lake.places import BACKFILL_FOLDER
from newsbeam.transforms.lake.rename import RenameCount, count_source, rename_source
from newsbeam.transforms.lake.run import make_run_id
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS
from newsbeam.transforms.lake.staging import Staging
from newsbeam.transforms.lake.vacuum import vacuum_table
from newsbeam.transforms.people.table import update_people
from newsbeam.transforms.stories.table import update_stories


def rename_in_lake(folder: Path, old: str, new: str, now: datetime) -> RenameCount:
    """Give all that the lake in ``folder`` has of the source ``old`` to ``new``.

    Raises:
        NoLakeError: the folder holds no lake.
        UnknownSourceError: the lake has nothing of ``old``.
        CorrectionsError: its ``people.yaml`` cannot be read.
        LakeBusy: somebody is writing to it.
        DamagedLake: a file cannot be read.
        OSError: a file cannot be written.
    """
    lake = Lake(folder.resolve())
    if lake.version(ARTICLES) < 0:
        raise NoLakeError(folder)
    with ExitStack() as stack:
        hold_alone(lake.root, stack)
        if (past := lake.root / BACKFILL_FOLDER).exists():
            stack.enter_context(hold_backfill(past))
        check_before_writing(lake)
        corrections = load_corrections(lake.root)
        lake.create()
        lake.clean()
        is_begun = (past / f"{old}.sqlite").exists()
        if not count_source(lake, old) and not is_begun:
            raise UnknownSourceError(f"nothing of a source {old!r} is in {folder}")
        instant = time.time_ns() // 1_000_000
        for table in (ARTICLES, REJECTS, FEED_POLLS):  # nothing waits for its place then
            state = TableState.read(lake, table, 0)
            vacuum_table(lake, table, state, lambda: instant)
        staging = Staging(lake.root, make_run_id(now, "rename-"))
        stack.callback(leave_note, lake)
        with staging.create():
            count = rename_source(lake, staging, old, new)
            update_stories(lake, staging, now, rebuild=True)
            update_people(lake, staging, now, corrections, rebuild=True)
            staging.remove()
        rename_past(past, old, new, count.ids)
        for kind in SourceNotes:
            rename_note(lake.cache, kind, old, new)
        with suppress(OSError):  # it tells of rows by their source; archives are read again
            reading_place(lake.cache, old).unlink()
    return count
