"""Places on an object store (S3, Azure, Google), asked as far as possible like those on a disk.

An ``ObjectPath`` has the few methods of ``Path`` that the lake's code uses, so that reading a
file of a table is one piece of code for both. What differs has functions of its own: writing on
a condition, listing with what tells versions apart, copying, deleting many at once. Credentials
come from the environment of each process, by the names that Delta's library takes them by; they
are neither held nor pickled here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from newsbeam.transforms.errors import NewsbeamError, PlaceRefused
from newsbeam.transforms.lake.store_faults import is_of_bucket, name_fault

if TYPE_CHECKING:
    from datetime import timedelta

_SCHEMES = ("s3", "az", "gs")
# What stands behind the bucket, of characters that no library reads as part of an address.
_KEY = re.compile(r"[\w.=~-]+(?:/[\w.=~-]+)*", re.ASCII)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]+")
# Ours: a server that is gone is given up within half a minute, and one that is silent, whose
# requests time out after 30 seconds, within two; by themselves the libraries would take longer.
_RETRIES, _PATIENCE = 6, 75
# Bytes that a request asks for where parts of an object are read. Ours.
_READ_AT_ONCE = 1_000_000


class ObjectChanged(NewsbeamError):
    """An object is there already, or is not as it was when it was looked at."""


@dataclass(frozen=True, slots=True)
class ObjectEntry:
    """An object in a listing: where it is below the place that was listed, its size in bytes, a tag
    that another content does not have, and when it was written (ms since 1970, by the store)."""

    place: str
    size: int
    tag: str
    written_at: int


@dataclass(frozen=True, slots=True, order=True)
class ObjectPath:
    """The place ``key`` (without slashes around it) in a ``bucket`` (``s3://name``).

    What asks the store may raise ``StoreFault``.
    """

    bucket: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}" if self.key else self.bucket

    def __truediv__(self, part: str) -> ObjectPath:
        return ObjectPath(self.bucket, f"{self.key}/{part}" if self.key else part)

    @property
    def name(self) -> str:
        """What stands behind the last slash."""
        return self.key.rpartition("/")[2]

    @property
    def parent(self) -> ObjectPath:
        """The place before the last slash."""
        return ObjectPath(self.bucket, self.key.rpartition("/")[0])

    def as_posix(self) -> str:
        """As text."""
        return str(self)

    def resolve(self) -> ObjectPath:
        """Itself: there are no links."""
        return self

    def read_bytes(self) -> bytes:
        """The whole object.

        Raises:
            FileNotFoundError: there is none.
        """
        return self.read_tagged()[0]

    def read_tagged(self) -> tuple[bytes, str]:
        """The whole object and its tag; errors as ``read_bytes``."""
        import obstore

        with _asking(self):
            found = obstore.get(_open_store(self.bucket), self.key)
            return bytes(found.bytes()), str(found.meta["e_tag"])

    def read_tag(self) -> str | None:
        """The tag of the object; ``None`` where there is none."""
        import obstore

        try:
            with _asking(self):
                return str(obstore.head(_open_store(self.bucket), self.key)["e_tag"])
        except FileNotFoundError:
            return None

    def read_size(self) -> int:
        """The object's size in bytes.

        Raises:
            FileNotFoundError: there is none.
        """
        import obstore

        with _asking(self):
            return int(obstore.head(_open_store(self.bucket), self.key)["size"])

    def open(self, mode: str = "rb", buffering: int = _READ_AT_ONCE) -> BinaryIO:
        """A file to read parts of the object from, ``buffering`` bytes a request.

        Raises:
            FileNotFoundError: there is none.
        """
        if mode != "rb":
            raise ValueError("objects are written whole")
        return io.BufferedReader(_Reader(self, self.read_size()), buffering)

    def glob(self, pattern: str) -> Iterator[ObjectPath]:
        """The objects below that ``pattern`` matches, in order. ``*`` stands for a name, or a part
        of one, ``**`` for any number of names."""
        fixed = pattern.partition("*")[0].rpartition("/")[0]
        parts = (
            "(?:[^/]+/)*" if part == "**" else re.escape(part).replace(r"\*", "[^/]*") + "/"
            for part in pattern.removeprefix(fixed).lstrip("/").split("/")
        )
        wanted, place = re.compile("".join(parts)), self / fixed if fixed else self
        for entry in place.list():
            if wanted.fullmatch(f"{entry.place}/"):
                yield place / entry.place

    def exists(self) -> bool:
        """Whether there is an object."""
        return self.read_tag() is not None

    def write_bytes(self, data: bytes) -> None:
        """Put ``data`` there, whatever was there before."""
        import obstore

        with _asking(self, "written"):
            # In one request: what is put in parts could be left half on the way.
            obstore.put(_open_store(self.bucket), self.key, data, use_multipart=len(data) > 1 << 28)

    def write_file(self, file: Path) -> None:
        """Put what a local ``file`` holds there."""
        import obstore

        with _asking(self, "written"):
            obstore.put(_open_store(self.bucket), self.key, file)

    def write_new(self, data: bytes, over: str | None = None) -> str:
        """Put ``data`` there where nothing is, or what has the tag ``over``; returns its tag.

        Raises:
            ObjectChanged: another one is there. It may be this one, whose answer got lost.
        """
        import obstore

        with _asking(self, "written"):
            return str(
                obstore.put(
                    _open_store(self.bucket),
                    self.key,
                    data,
                    mode="create" if over is None else {"e_tag": over},
                    use_multipart=False,
                )["e_tag"]
            )

    def list(self, after: str | None = None) -> list[ObjectEntry]:
        """All objects below, in order; with ``after``, those behind that place below."""
        import obstore

        with _asking(self):
            offset = None if after is None else f"{self.key}/{after}".lstrip("/")
            found = obstore.list(_open_store(self.bucket), self.key or None, offset=offset)
            start = len(self.key) + 1 if self.key else 0
            return [
                ObjectEntry(
                    meta["path"][start:],
                    meta["size"],
                    str(meta["e_tag"]),
                    int(meta["last_modified"].timestamp() * 1000),
                )
                for batch in found
                for meta in batch
            ]

    def copy_to(self, place: ObjectPath) -> None:
        """Let the store copy the object to ``place``, over what is there.

        Raises:
            FileNotFoundError: there is none.
        """
        import obstore

        with _asking(place, "written"):
            obstore.copy(_open_store(self.bucket), self.key, place.key)


# Where a lake, or something in it, may be.
LakePath: TypeAlias = Path | ObjectPath


class _Reader(io.RawIOBase):
    """An object of ``size`` bytes as a file; each read is a request."""

    def __init__(self, path: ObjectPath, size: int) -> None:
        self._path, self._size, self._at = path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        import obstore

        length = min(len(buffer), self._size - self._at)
        if length <= 0:
            return 0
        with _asking(self._path):
            store = _open_store(self._path.bucket)
            data = obstore.get_range(store, self._path.key, start=self._at, length=length)
        buffer[:length] = memoryview(data)
        self._at += length
        return length


def delete_objects(paths: Iterable[ObjectPath]) -> None:
    """Delete objects, by as few requests as the store allows; those that are gone are no error.

    Raises:
        StoreFault: the store refuses, or does not answer.
    """
    import obstore

    by_bucket: dict[str, list[str]] = {}
    for path in paths:
        by_bucket.setdefault(path.bucket, []).append(path.key)
    for bucket, keys in by_bucket.items():
        with _asking(ObjectPath(bucket, keys[0]), "deleted"):
            try:
                obstore.delete(_open_store(bucket), keys)
            except FileNotFoundError:  # stores differ: one by one, each that is there goes
                for key in keys:
                    _delete_one(ObjectPath(bucket, key))


def _delete_one(path: ObjectPath) -> None:
    import obstore

    try:
        obstore.delete(_open_store(path.bucket), path.key)
    except FileNotFoundError:
        return


def is_object_place(text: str) -> bool:
    """Whether ``text`` names a place by an address and not by a path."""
    return "://" in text


def read_place(text: str) -> LakePath:
    """The folder or, as ``s3://bucket/lake``, the place on an object store that ``text`` names.

    Raises:
        PlaceRefused: no lake can be there.
    """
    if not is_object_place(text):
        return Path(text)
    scheme, _, rest = text.partition("://")
    bucket, _, key = rest.rstrip("/").partition("/")
    if scheme not in _SCHEMES:
        raise PlaceRefused(
            f"{text}: a lake can be in a folder or at s3://, az:// or gs://, not at {scheme}://"
        )
    if not _BUCKET.fullmatch(bucket) or (key and not _KEY.fullmatch(key)):
        shown = f"{scheme}://…" if "@" in rest else text  # what stands before it is a secret
        raise PlaceRefused(
            f"{shown}: give a bucket and a name of letters, digits and . _ = - ~ with slashes "
            f"between, as in {scheme}://bucket/lake"
        )
    return ObjectPath(f"{scheme}://{bucket}", key)


def local_folder(place: LakePath) -> Path:
    """``place`` for whoever needs a folder, or a file, of this machine.

    Raises:
        PlaceRefused: it is on an object store.
    """
    if isinstance(place, Path):
        return place
    raise PlaceRefused(f"{place} is on an object store, and this needs a lake in a local folder")


def delta_options(place: LakePath) -> dict[str, str] | None:
    """What Delta's library is told beyond the environment: to give up a silent server in time."""
    if isinstance(place, Path):
        return None
    return {"max_retries": str(_RETRIES), "retry_timeout": f"{_PATIENCE}s"}


@contextmanager
def _asking(place: ObjectPath, wanted: str = "read") -> Iterator[None]:
    """Turn the library's errors into ours."""
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

    try:
        yield
    except (AlreadyExistsError, PreconditionError) as error:
        raise ObjectChanged(f"{place} was changed by somebody else") from error
    except FileNotFoundError as error:
        if is_of_bucket(error):
            raise name_fault(place, error, wanted) from None
        raise
    except (BaseError, OSError, ValueError) as error:
        raise name_fault(place, error, wanted) from None


@lru_cache(maxsize=8)
def _open_store(bucket: str) -> Any:
    """The client for ``bucket``, one a process."""
    from obstore.store import from_url

    return from_url(
        bucket,
        retry_config={"max_retries": _RETRIES, "retry_timeout": _make_patience()},
    )


def _make_patience() -> timedelta:
    from datetime import timedelta

    return timedelta(seconds=_PATIENCE)
