"""Objects as files for DuckDB, which asks an fsspec file system for what lies at ``s3://…``.

Files of a lake never change, so that small ones are fetched whole and kept for the next question
of this process; of large ones DuckDB reads the parts that it needs.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from fsspec.spec import AbstractFileSystem  # type: ignore[import-untyped]

from newsbeam.transforms.lake.object_path import ObjectPath

# Ours: bytes of a file that is fetched whole, and of all that are kept.
_SMALL, _KEPT = 8_000_000, 256_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ObjectFiles(AbstractFileSystem):  # type: ignore[misc]
    """The files of a bucket, to be read. One instance a connection."""

    cachable = False

    def __init__(self, bucket: str) -> None:
        super().__init__()
        self.protocol = bucket.partition(":")[0]
        self._scheme = f"{self.protocol}://"
        self._bucket = bucket
        self._small: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._sizes: dict[str, int] = {}
        self._lock = Lock()

    def glob(self, path: str, **_: Any) -> list[str]:
        """The file itself: names of a lake's files are no patterns."""
        return [path.removeprefix(self._scheme)]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """As fsspec has it."""
        return {"name": path, "size": self._find_size(path), "type": "file"}

    def modified(self, _path: str) -> datetime:
        """Always the same: files of a lake never change."""
        return _EPOCH

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        if mode != "rb":
            raise PermissionError(f"{path} can only be read")
        key, place = self._key(path), self._place(path)
        with self._lock:
            data = self._small.get(key)
        if data is None:
            if self._find_size(path) > _SMALL:
                return place.open()
            data = place.read_bytes()
            with self._lock:
                if key not in self._small:
                    self._small[key] = data
                    self._size += len(data)
                while self._size > _KEPT:
                    self._size -= len(self._small.popitem(last=False)[1])
        return io.BytesIO(data)

    def _find_size(self, path: str) -> int:
        """The file's size; files never change, so that it is asked for once."""
        key = self._key(path)
        if key not in self._sizes:
            self._sizes[key] = self._place(path).read_size()
        return self._sizes[key]

    def _place(self, path: str) -> ObjectPath:
        return ObjectPath(self._bucket, self._key(path))

    def _key(self, path: str) -> str:
        return path.removeprefix(self._scheme).partition("/")[2]
