"""Brings the tables of people of a lake up to its articles, also apart from a run."""

from __future__ import annotations

from newsbeam.pipelines.people.corrections_file import load_corrections
from newsbeam.transforms.errors import NoLakeError
from newsbeam.transforms.lake.guard import check_before_writing, leave_note
from newsbeam.transforms.lake.lake import Lake
from newsbeam.transforms.lake.object_path import LakePath
from newsbeam.transforms.lake.run import make_run_id
from newsbeam.transforms.lake.schema import ARTICLES
from newsbeam.transforms.people.table import PeopleUpdate, update_people
from newsbeam.transforms.records import Clock


def refresh_people(
    place: LakePath, *, rebuild: bool = False, clock: Clock | None = None
) -> PeopleUpdate:
    """Bring the people of the lake at ``place`` up to its articles; as ``update_people``.

    Raises:
        NoLakeError: there is none.
        CorrectionsError: its ``people.yaml`` cannot be read.
    """
    lake = Lake(place.resolve())
    if lake.version(ARTICLES) < 0:
        raise NoLakeError(place)
    corrections = load_corrections(lake.place)
    now = (clock or Clock()).now()
    check_before_writing(lake)
    lake.create()
    lake.clean()
    staging = lake.stage(make_run_id(now, "people-"))
    try:
        with staging.create():
            return update_people(lake, staging, now, corrections, rebuild=rebuild)
    finally:
        lake.clean()
        leave_note(lake)
