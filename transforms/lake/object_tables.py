"""Delta tables on an object store: opened once by each thread that uses them, then kept current.

Opening one fetches every entry of its log since the last checkpoint; bringing it up to date
fetches what is new.
"""

from __future__ import annotations

from contextlib import suppress
from threading import local

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from newsbeam.transforms.lake.object_path import ObjectPath, delta_options
from newsbeam.transforms.lake.store_faults import name_fault

_OPENED = local()


def open_object_table(place: ObjectPath, version: int | None = None) -> DeltaTable:
    """The Delta table at ``place``, at ``version`` or as it is now.

    Raises:
        TableNotFoundError: there is none (yet).
        StoreFault: the store refuses, or does not answer, or its log cannot be read.
    """
    opened: dict[ObjectPath, DeltaTable] = _OPENED.__dict__.setdefault("tables", {})
    handle = opened.get(place)
    if handle is not None and version is not None and handle.version() == version:
        return handle
    if handle is not None and version is None:
        with suppress(DeltaError, OSError):  # made anew, say: see below
            handle.update_incremental()
            return handle
    try:
        handle = DeltaTable(str(place), version=version, storage_options=delta_options(place))
    except TableNotFoundError:
        raise
    except (DeltaError, OSError, ValueError) as error:
        raise name_fault(place, error) from error
    if version is None:
        opened[place] = handle
    return handle
