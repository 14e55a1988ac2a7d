"""``newsbeam source rename``: a source of a lake under another id."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from datetime import datetime

from newsbeam.pipelines.archives import reading_place
from newsbeam.pipelines.backfill.alone import backfill_folder, hold_backfill
from newsbeam.pipelines.people.corrections_file import load_corrections
from newsbeam.pipelines.repair import hold_alone, show_merged
from newsbeam.pipelines.source_notes import SourceNotes, note_renamed, rename_note
from newsbeam.transforms.backfill.renamed import rename_past
from newsbeam.transforms.errors import NoLakeError, UnknownSourceError
from newsbeam.transforms.lake.guard import check_before_writing, leave_note
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.rename import RenameCount, count_source, rename_source
from newsbeam.transforms.lake.run import make_run_id
from newsbeam.transforms.lake.schema import ARTICLES, FEED_POLLS, REJECTS
from newsbeam.transforms.people.table import update_people
from newsbeam.transforms.stories.table import update_stories


def rename_in_lake(place: LakePath, old: str, new: str, now: datetime) -> RenameCount:
    """Give all that the lake at ``place`` has of the source ``old`` to ``new``.

    Raises:
        NoLakeError: there is none.
        UnknownSourceError: the lake has nothing of ``old``.
        CorrectionsError: its ``people.yaml`` cannot be read.
        LakeBusy: somebody is writing to it.
        DamagedLake: a file cannot be read.
        OSError: a file cannot be written.
    """
    lake = Lake(place.resolve())
    if lake.version(ARTICLES) < 0:
        raise NoLakeError(place)
    with ExitStack() as stack:
        hold_alone(lake, stack)
        if (past := backfill_folder(lake)).exists() or lake.is_remote:
            stack.enter_context(hold_backfill(lake))
        check_before_writing(lake)
        corrections = load_corrections(lake.place)
        lake.create()
        lake.clean()
        is_begun = (past / f"{old}.sqlite").exists()
        if not count_source(lake, old) and not is_begun:
            raise UnknownSourceError(f"nothing of a source {old!r} is in {place}")
        staging = lake.stage(make_run_id(now, "rename-"))
        stack.callback(leave_note, lake)
        with staging.create():
            show_merged(lake, staging, (ARTICLES, REJECTS, FEED_POLLS))
            count = rename_source(lake, staging, old, new)
            update_stories(lake, staging, now, rebuild=True)
            update_people(lake, staging, now, corrections, rebuild=True)
            staging.remove()
        rename_past(past, old, new, count.ids)
        for kind in SourceNotes:
            rename_note(lake.cache, kind, old, new)
        note_renamed(lake.cache, old, new)
        with suppress(OSError):  # it tells of rows by their source; archives are read again
            reading_place(lake.cache, old).unlink()
    return count
